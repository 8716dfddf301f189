import Testing

@testable import WAF

/// What AWS documents of each transformation, and what libmodsecurity 3.0.9 does where AWS leaves it open.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html>
@Suite struct TransformationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let transformation: TextTransformation
        let input: [UInt8]
        let output: [UInt8]

        var testDescription: String { "\(transformation.rawValue) \(String(decoding: input, as: UTF8.self))" }
    }

    /// Lines of a transformation, what it gets and what it gives; `\xHH` is a byte, `\_` a space at an end.
    static let rows: [Row] = {
        let table = #"""
            NONE | A b%41 | A b%41
            COMPRESS_WHITE_SPACE | a\x09\x0a\x0b\x0c\x0d  b\xa0\xa0c | a b c
            COMPRESS_WHITE_SPACE | \_ a | \_a
            HTML_ENTITY_DECODE | &quot;&lt;&gt;&nbsp; | "<>\xa0
            HTML_ENTITY_DECODE | &#x3c;&#60;&#X3C;&#60 | <<<<
            HTML_ENTITY_DECODE | &amp;lt; | &lt;
            HTML_ENTITY_DECODE | &LTx &unknown; &#; &#x; & | &LTx &unknown; &#; &#x; &
            HTML_ENTITY_DECODE | &#x3c3;&#x110000;&#99999999999; | \xcf\x83\xef\xbf\xbd\xef\xbf\xbd
            LOWERCASE | AZaz[@\xc3\x84 | azaz[@\xc3\x84
            CMD_LINE | c^m\x5c"d' /c | cmd/c
            CMD_LINE | CAT   /etc,;/passwd | cat/etc/passwd
            CMD_LINE | a,;\x09b (c | a b(c
            URL_DECODE | %41+%62%zz%4 | A b%zz%4
            URL_DECODE | %u0041 | %u0041
            URL_DECODE_UNI | %u0041%U0042+%uff23 | AB C
            URL_DECODE_UNI | %u0141%u00zz%u | A%u00zz%u
            BASE64_DECODE | YWJj | abc
            BASE64_DECODE | YWI= | ab
            BASE64_DECODE | YWI | ab
            BASE64_DECODE | no base 64 | no base 64
            BASE64_DECODE_EXT | P.HNjcmlwd!D4= | <script>
            BASE64_DECODE_EXT | YW Jj | abc
            HEX_DECODE | 414243 | ABC
            HEX_DECODE | 41zz | 41zz
            MD5 | abc | \x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72
            REPLACE_COMMENTS | a/*b*/c/**//**/d | a c  d
            REPLACE_COMMENTS | a*/b/* | a*/b\_
            REPLACE_COMMENTS | a/*/b*/c | a c
            ESCAPE_SEQ_DECODE | \x5ca\x5cb\x5cf\x5cn\x5cr\x5ct\x5cv | \x07\x08\x0c\x0a\x0d\x09\x0b
            ESCAPE_SEQ_DECODE | \x5c\x5c \x5c? \x5c' \x5c" | \x5c ? ' "
            ESCAPE_SEQ_DECODE | \x5cx41\x5c101 | AA
            ESCAPE_SEQ_DECODE | \x5cq\x5cx4 | \x5cq\x5cx4
            SQL_HEX_DECODE | 0x414243 0X41 | ABC A
            SQL_HEX_DECODE | select 0x61,0xzz | select a,0xzz
            CSS_DECODE | ja\x5cvascript | javascript
            CSS_DECODE | \x5c6a \x5c006a\x5c00006a7 | jjj7
            CSS_DECODE | \x5cff21\x5c0ff21\x5c1ff21 | AA!
            CSS_DECODE | a\x5c\x0ab\x5c | ab
            JS_DECODE | \x5cu0041\x5cuff21\x5cu0141 | AAA
            JS_DECODE | \x5cx41\x5c101\x5c777\x5cn\x5cq | AA?7\x0aq
            JS_DECODE | \x5cx4\x5cu00 | x4u00
            NORMALIZE_PATH | /a/../../b | /b
            NORMALIZE_PATH | ../a//b/./c/ | ../a/b/c/
            NORMALIZE_PATH | a/../../b | ../b
            NORMALIZE_PATH | /a/b/.. | /a
            NORMALIZE_PATH_WIN | \x5ca\x5c..\x5cb | /b
            REMOVE_NULLS | a\x00b\x00 | ab
            REPLACE_NULLS | a\x00b | a b
            UTF8_TO_UNICODE | a\xc3\xa9\xe2\x82\xac\xf0\x9d\x92\xb3 | a%u00e9%u20ac%u1d4b3
            UTF8_TO_UNICODE | \xc0\xaf\xff\xc3 | %u002f\xff\xc3
            """#
        return table.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "|", maxSplits: 2).map { bytes(String($0)) }
            guard parts.count == 3, let type = TextTransformation(rawValue: String(decoding: parts[0], as: UTF8.self))
            else { return nil }
            return Row(transformation: type, input: parts[1], output: parts[2])
        }
    }()

    private static func bytes(_ cell: String) -> [UInt8] {
        var result: [UInt8] = []
        var reader = ByteReader(Array(cell.utf8.drop { $0 == 0x20 }))
        while let byte = reader.next() {
            if byte == UInt8(ascii: "\\"), reader.current == UInt8(ascii: "x"), let value = reader.hexByte(at: 1) {
                result.append(value)
                reader.skip(3)
            } else if byte == UInt8(ascii: "\\"), reader.current == UInt8(ascii: "_") {
                result.append(0xFE)
                reader.skip()
            } else {
                result.append(byte)
            }
        }
        while result.last == 0x20 { result.removeLast() }
        return result.map { $0 == 0xFE ? 0x20 : $0 }
    }

    @Test(arguments: rows)
    func giveWhatIsDocumented(_ row: Row) {
        let output = row.transformation.apply(to: row.input)
        #expect(
            output == row.output,
            "\(String(decoding: output, as: UTF8.self).debugDescription), \(row.output.map { String($0, radix: 16) })")
    }

    @Test func eachIsInTheTable() {
        #expect(Self.rows.count == 50)
        #expect(Set(Self.rows.map(\.transformation)) == Set(TextTransformation.allCases))
    }

    /// Bytes of which many mean something to one transformation or another.
    static func noise(_ generator: inout some RandomNumberGenerator) -> [UInt8] {
        let alphabet = Array("\\%&#x0u/.*+;=aAfF19<'\"( ".utf8) + [0, 0xC3, 0xA9, 0xFF, 0xE2, 0x82, 0x0A]
        return (0..<Int.random(in: 0...40, using: &generator)).map { _ in
            alphabet.randomElement(using: &generator) ?? 0
        }
    }

    @Test(arguments: TextTransformation.allCases)
    func noBytesTrapAndNoneGrow(_ transformation: TextTransformation) {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            let input = Self.noise(&generator)
            let most =
                switch transformation {
                case .md5: 16
                case .utf8ToUnicode: input.count * 3
                default: input.count
                }
            if transformation.apply(to: input).count > most { Issue.record("\(input)") }
        }
    }

    /// What is normal already stays as it is.
    @Test(arguments: [
        TextTransformation.compressWhiteSpace, .lowercase, .normalizePath, .normalizePathWindows, .removeNulls,
        .replaceNulls,
        .none,
    ])
    func twiceIsOnce(_ transformation: TextTransformation) {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let once = transformation.apply(to: Self.noise(&generator))
            if transformation.apply(to: once) != once { Issue.record("\(once)") }
        }
    }

    @Test func severalAreDoneInOrder() {
        let text = Array("%253CSCRIPT%253E".utf8)
        let once = TextTransformation.apply([.urlDecode, .lowercase], to: text)
        let twice = TextTransformation.apply([.urlDecode, .urlDecode, .lowercase], to: text)
        #expect(String(decoding: once, as: UTF8.self) == "%3cscript%3e")
        #expect(String(decoding: twice, as: UTF8.self) == "<script>")
    }
}
