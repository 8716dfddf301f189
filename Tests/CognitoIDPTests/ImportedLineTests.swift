import Testing

@testable import CognitoIDPService

@Suite("Files of users")
struct ImportedLineTests {
    @Test("Commas part fields, but for those with a backslash before them")
    func fields() {
        #expect(importedFields(#"a, b\, c ,,d\e\"#) == ["a", "b, c", "", #"d\e\"#])
        #expect(importedFields("") == [""])
    }

    @Test("Lines are the same, wherever the pieces are parted", arguments: 1...9)
    func lines(_ size: Int) {
        let text = Array("één\r\ntwo\n\nfour".utf8)
        var (reader, lines) = (LineReader(), [String?]())
        for start in stride(from: 0, to: text.count, by: size) {
            lines += reader.lines(with: Array(text[start..<min(start + size, text.count)]))
        }
        #expect(lines + reader.last() == ["één", "two", "", "four"])
    }

    @Test("Long lines, and what is no UTF-8, are none")
    func isNone() {
        var reader = LineReader()
        #expect(reader.lines(with: [0x61, 0xff, 0x0a]) == [nil])
        for _ in 0..<10 { #expect(reader.lines(with: [UInt8](repeating: 0x78, count: 30_000)) == []) }
        #expect(reader.lines(with: [0x0a, 0x61, 0x0a]) == [nil, "a"])
    }
}

@Suite("What addresses look like")
struct AddressFormatTests {
    @Test("E-mail addresses", arguments: ["a@b.c", "first.last+tag@sub.example.com", "é@exämple.com"])
    func isEmail(_ text: String) { #expect(AddressFormat.isEmail(text)) }

    @Test(
        "What is none",
        arguments: [
            "", "@", "a@", "@b.c", "a@b", "a@b..c", "a@.b.c", "a@b.c.", "a b@c.d", "a@b@c.d", "a\r\n@b.c", "a@-b.c",
            "<a@b.c>", "a,b@c.d",
        ])
    func isNoEmail(_ text: String) { #expect(!AddressFormat.isEmail(text)) }

    @Test("Phone numbers")
    func isPhoneNumber() {
        #expect(AddressFormat.isPhoneNumber("+14325551212"))
        for text in ["14325551212", "+", "+1", "+0123456789", "+1 432 555", "+1234567890123456", "+1234x5678", ""] {
            #expect(!AddressFormat.isPhoneNumber(text))
        }
    }

    @Test("Dates")
    func isDate() {
        #expect(AddressFormat.isDate("1985-02-01"))
        for text in ["1985-13-01", "1985-02-32", "85-02-01", "1985/02/01", "1985-2-1", "", "--", "+985-02-01"] {
            #expect(!AddressFormat.isDate(text))
        }
    }
}
