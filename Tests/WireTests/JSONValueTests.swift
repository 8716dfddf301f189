import Testing

@testable import Wire

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    @Test func values() throws {
        #expect(
            try parse(" {\"b\" : [1, -2.5e1, true,false,null], \"a\":\"x\\/\\u0041\\t\"}\n")
                == .object([
                    JSONMember(
                        key: "b",
                        value: .array([.integer(1), .double(-25), .boolean(true), .boolean(false), .null])),
                    JSONMember(key: "a", value: .string("x/A\t")),
                ]))
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try parse("-0") == .integer(0))
        #expect(try parse("[]") == .array([]))
        #expect(try parse("{\"a\":{\"b\":1}}")["a"]?["b"] == .integer(1))
    }

    @Test(arguments: [
        ("", JSONError.Reason.unexpectedEnd), ("{", .unexpectedEnd), ("[1,]", .unexpectedCharacter),
        ("{\"a\":1,}", .unexpectedCharacter), ("01", .invalidNumber), ("-", .invalidNumber), ("1.", .invalidNumber),
        ("1e", .invalidNumber), ("1e999", .invalidNumber), ("+1", .unexpectedCharacter), (".5", .unexpectedCharacter),
        ("NaN", .unexpectedCharacter), ("tru", .unexpectedEnd), ("trux", .unexpectedCharacter),
        ("1 2", .unexpectedCharacter),
        ("\"\\x\"", .invalidString), ("\"\\ud800\"", .invalidString), ("\"\\ud800\\u0041\"", .invalidString),
        ("\"\\udc00\"", .invalidString), ("\"\\u12\"", .invalidString), ("\"\u{1}\"", .invalidString),
        ("\"abc", .unexpectedEnd), ("\"abc\\", .unexpectedEnd), ("{\"a\":1,\"\\u0061\":2}", .duplicateKey),
        ("{1:2}", .unexpectedCharacter), ("{\"a\" 1}", .unexpectedCharacter), ("// x\n1", .unexpectedCharacter),
    ])
    func faults(text: String, reason: JSONError.Reason) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.reason == reason)
    }

    @Test func invalidUTF8() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
            #expect(error?.reason == .invalidUTF8)
        }
    }

    @Test func duplicatesAmongManyKeys() throws {
        let members = (0..<5000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        guard case .object(let object) = try parse("{\(members)}") else { throw Missing() }
        #expect(object.count == 5000)
        #expect(throws: JSONError.self) { try parse("{\(members),\"k77\":0}") }
    }

    private struct Missing: Error {}

    @Test func depthIsLimited() throws {
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try parse(deepest) }
        let tooDeep = String(repeating: "{\"a\":", count: 1_000_000)
        #expect(throws: JSONError(reason: .tooDeep, offset: 64 * 5)) { try parse(tooDeep) }
    }

    @Test func writerEscapesAndSeparates() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", "\"\\\n\r\t\u{8}\u{1F}é")
        writer.member("absent", nil)
        writer.key("b")
        writer.beginArray()
        writer.integer(-1)
        writer.double(.infinity)
        writer.double(0.5)
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.key("c")
        writer.raw("[true]")
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == "{\"a\":\"\\\"\\\\\\n\\r\\t\\u0008\\u001fé\",\"b\":[-1,\"Infinity\",0.5,null,{}],\"c\":[true]}")
        #expect(try JSONValue(parsing: writer.bytes)["a"] == .string("\"\\\n\r\t\u{8}\u{1F}é"))
    }
}
