import Testing
import Wire

@Suite struct MultipartFormTests {
    private static let kind = "multipart/form-data; boundary=\"a b\""

    /// What comes of a form that comes in pieces of a size.
    private func events(_ form: String, _ size: Int, _ kind: String = kind) throws -> [MultipartFormParser.Event] {
        var parser = try MultipartFormParser(contentType: kind)
        var events: [MultipartFormParser.Event] = []
        var rest = Array(form.utf8)[...]
        while !rest.isEmpty {
            parser.take(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let event = try parser.next() {
                if case .content(let more) = event, case .content(let bytes)? = events.last {
                    events[events.count - 1] = .content(bytes + more)
                } else {
                    events.append(event)
                }
            }
        }
        return events
    }

    private func part(_ headers: String, _ value: String) -> String {
        "--a b\r\nContent-Disposition: form-data; \(headers)\r\n\r\n\(value)\r\n"
    }

    @Test(arguments: [1, 2, 3, 7, 64, 10_000])
    func formsInPieces(_ size: Int) throws {
        // All that looks like a boundary, and is none.
        let content = "x\r\n--a \r\n-a b\n--a b\r\n\r\n--\r"
        let form =
            "preamble\r\n" + part("name=\"key\"", "in/${filename}") + part("name=empty", "")
            + part("name=\"file\"; filename=\"a \\\"b\\\".txt\"\r\nContent-Type: text/plain", content)
            + part("name=\"late\"", "1") + "--a b--\r\nepilogue"
        let found = try events(form, size)
        #expect(found.first == .field(name: "key", value: Array("in/${filename}".utf8)))
        #expect(found.dropFirst().first == .field(name: "empty", value: []))
        #expect(found.dropFirst(2).first == .file(name: "a \"b\".txt", type: "text/plain"))
        #expect(found.dropFirst(3).first == .content(Array(content.utf8)))
        #expect(Array(found.dropFirst(4)) == [.fileEnd, .end])
    }

    @Test func anEmptyFile() throws {
        let form = part("name=\"FILE\"; filename=\"\"", "") + "--a b--"
        #expect(try events(form, 5) == [.file(name: "", type: nil), .fileEnd, .end])
    }

    @Test func whatHasNotEnded() throws {
        let form = String(part("name=\"file\"; filename=f", "hello").dropLast())
        #expect(try !events(form, 5).contains(.fileEnd) && !events(form, 5).contains(.end))
    }

    @Test(arguments: [
        "--a b!\r\n", "--a b\r\nContent-Disposition: form-data\r\n\r\n", "--a b\r\nno colon\r\n\r\n",
        "--a b\r\nContent-Disposition: attachment; name=x\r\n\r\n",
        "--a b\r\nContent-Disposition: form-data; name=\"x\r\n\r\n",
        "--a b\r\nA: " + String(repeating: "a", count: 9_000),
    ])
    func formsThatAreNone(_ form: String) {
        #expect(throws: MultipartFormParser.Fault.malformed) { try events(form, 100) }
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"x"])
    func boundariesThatAreNone(_ kind: String) {
        #expect(throws: MultipartFormParser.Fault.malformed) { try events("", 1, kind) }
        #expect(throws: MultipartFormParser.Fault.malformed) {
            _ = try MultipartFormParser(
                contentType: "multipart/form-data; boundary=" + String(repeating: "x", count: 71))
        }
    }

    @Test func fieldsThatAreTooLong() {
        let form = part("name=x", String(repeating: "a", count: MultipartFormParser.mostFields))
        #expect(throws: MultipartFormParser.Fault.tooLong) { try events(form, 1_000) }
        let many = (0..<1_000).map { part("name=x\($0)", "") }.joined()
        #expect(throws: MultipartFormParser.Fault.tooLong) { try events(many, 1_000) }
    }
}
