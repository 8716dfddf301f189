import Testing

@testable import Documents

@Suite struct DocumentTests {
    @Test func textIsInWindows1252() {
        #expect(WindowsText.bytes("Aé–€") == [0x41, 0xE9, 0x96, 0x80])
        // What it lacks, and what would end a text.
        #expect(WindowsText.bytes("中\u{0}\n\u{7f}\u{81}") == [0x3F, 0x20, 0x20, 0x20, 0x3F])
    }

    @Test(.enabled(if: Document.problem == nil, "libharu is not installed"))
    func manyRowsTakeManyPages() throws {
        var document = Document(title: "Rows", author: "Tests", time: 1_796_083_200)
        document.heading("All")
        for row in 0..<400 { document.row(["\(row)", String(repeating: "word ", count: 40)], widths: [1, 5]) }
        document.paragraph(String(repeating: "unbroken", count: 400))
        document.fixed(String(repeating: "0", count: 300))
        document.rule()
        let bytes = try document.pdf()
        #expect(bytes.starts(with: Array("%PDF-".utf8)))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("D:20261201000000Z"))
        #expect(text.split(separator: "/Type /Page\n").count > 10)
    }

    @Test(.enabled(if: Document.problem == nil, "libharu is not installed"))
    func thereIsADocumentOfNothing() throws {
        let bytes = try Document(title: "", author: "", time: -1).pdf()
        #expect(bytes.starts(with: Array("%PDF-".utf8)))
    }
}
