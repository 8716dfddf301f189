import Foundation
import Testing

@testable import Ledger

/// Records are written as a `JSONEncoder` wrote them, and read as a `JSONDecoder` read them: data directories have records of
/// both.
@Suite struct RecordCodingTests {
    private struct Part: Codable, Equatable {
        var name: String
        var parts: [Part]
    }

    private enum Kind: String, Codable { case one, two }

    private enum Choice: Codable, Equatable {
        case number(Int)
        case named(name: String, Double)
        case nothing
    }

    /// What an object and an array look like that are put together by hand.
    private struct ByHand: Codable, Equatable {
        var numbers: [Int]
        var text: String

        private enum Keys: String, CodingKey { case outer, inner, list, text, double }

        init(numbers: [Int], text: String) {
            self.numbers = numbers
            self.text = text
        }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Keys.self)
            var outer = object.nestedContainer(keyedBy: Keys.self, forKey: .outer)
            var list = object.nestedUnkeyedContainer(forKey: .list)
            try object.encode("first", forKey: .double)
            // One after the other, as nothing forbids.
            for number in numbers {
                var inner = list.nestedContainer(keyedBy: Keys.self)
                try inner.encode(number, forKey: .inner)
                try outer.encode(text, forKey: .text)
                try list.encode(number)
                try inner.encodeNil(forKey: .double)
                var innermost = list.nestedUnkeyedContainer()
                try innermost.encode(text)
            }
            try object.encode("last", forKey: .double)
            try numbers.encode(to: object.superEncoder())
        }

        init(from decoder: any Decoder) throws {
            let object = try decoder.container(keyedBy: Keys.self)
            let outer = try object.nestedContainer(keyedBy: Keys.self, forKey: .outer)
            var list = try object.nestedUnkeyedContainer(forKey: .list)
            numbers = []
            while !list.isAtEnd {
                let inner = try list.nestedContainer(keyedBy: Keys.self)
                #expect(try inner.decodeNil(forKey: .double))
                numbers.append(try inner.decode(Int.self, forKey: .inner))
                #expect(try list.decode(Int.self) == numbers.last)
                var innermost = try list.nestedUnkeyedContainer()
                _ = try innermost.decode(String.self)
                #expect(innermost.isAtEnd)
            }
            text = try outer.decodeIfPresent(String.self, forKey: .text) ?? ""
            #expect(try object.decode(String.self, forKey: .double) == "last")
            #expect(try [Int](from: object.superDecoder()) == numbers)
        }
    }

    private struct Everything: Codable, Equatable {
        var zebra: String
        var integers: [Int64]
        var unsigned: UInt64
        var bytes: [UInt8]
        var double: Double
        var float: Float
        var isSet: Bool
        var text: String?
        var number: Int?
        var data: Data
        var date: Date
        var byName: [String: Int]
        var byNumber: [Int: String]
        var nested: [[String: [Part]]]
        var kind: Kind
        var choices: [Choice]
        var texts: [String?]
        var datas: [String: Data]
        var byKind: [Kind: Int]
        var set: Set<Int8>
        var byHand: ByHand
    }

    private static func text(_ random: inout SystemRandomNumberGenerator) -> String {
        let letters: [Unicode.Scalar] = ["é", "\u{1F600}", "\"", "\\", "/", "\u{2028}", "a", "z", " "]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let plain = Unicode.Scalar(UInt8.random(in: 0...127, using: &random))
            text.append(Bool.random(using: &random) ? plain : letters.randomElement(using: &random) ?? plain)
        }
        return String(text)
    }

    private static func name(_ random: inout SystemRandomNumberGenerator) -> String {
        String(
            (0..<Int.random(in: 0...9, using: &random)).map { _ in "abXYZ09_-é:".randomElement(using: &random) ?? "a" })
    }

    private static func everything(_ random: inout SystemRandomNumberGenerator) -> Everything {
        let doubles = [
            0, -0.0, 1.5, 1e16, 9_007_199_254_740_993, 123_456_789_012.25, 1e-7, 1e300, -5, 1_764_387_000.123, 0.1,
            4_503_599_627_370_496.5, 2_147_483_648, .random(in: -1e9...1e9, using: &random),
        ]
        let double = doubles.randomElement(using: &random) ?? 0
        let parts = [Part(name: text(&random), parts: [Part(name: "inner", parts: [])])]
        return Everything(
            zebra: text(&random), integers: [.min, .max, 0, .random(in: .min ... .max, using: &random)],
            unsigned: .random(in: 0 ... .max, using: &random), bytes: [0, 1, 255], double: double,
            float: Float(double).isFinite ? Float(double) : 0, isSet: .random(using: &random),
            text: Bool.random(using: &random) ? text(&random) : nil,
            number: Bool.random(using: &random) ? .random(in: -9...9, using: &random) : nil,
            data: Data((0..<Int.random(in: 0...20, using: &random)).map { _ in .random(in: 0...255, using: &random) }),
            date: Date(timeIntervalSinceReferenceDate: double),
            byName: Dictionary((0..<8).map { _ in (name(&random), .random(in: -1000...1000, using: &random)) }) { $1 },
            byNumber: [3: text(&random), 10: text(&random)],
            nested: [["x": parts + parts], [:], [name(&random): []]], kind: .two,
            choices: [.number(3), .named(name: text(&random), 2.5), .nothing], texts: [nil, text(&random)],
            datas: [name(&random): Data([1])], byKind: [.one: 3], set: [.min],
            byHand: ByHand(numbers: [1, 2, 3], text: text(&random)))
    }

    @Test func theBytesAreThoseOfJSONEncoder() throws {
        var random = SystemRandomNumberGenerator()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for _ in 0..<300 {
            let value = Self.everything(&random)
            let bytes = [UInt8](try encoder.encode(value))
            #expect(try RecordEncoder.encode(value) == bytes)
            #expect(try RecordEncoder.encode(value, after: [0, 7]) == [0, 7] + bytes)
            #expect(try RecordDecoder.decode(Everything.self, from: bytes) == value)
            #expect(try RecordDecoder.decode(Everything.self, from: [1, 2] + bytes, at: 2) == value)
        }
    }

    @Test func jsonOfOthersIsReadToo() throws {
        let text = #" { "\u0041\ud83d\ude00\/\ud800" : [ 1.0 , -2e1 , true , null, "\b\f\n\r\t" ] } "#
        #expect(
            try RecordDecoder.decode([String: [RecordField]].self, from: Array(text.utf8))
                == ["A😀/\u{fffd}": [.integer(1), .integer(-20), .boolean(true), .null, .text("\u{8}\u{c}\n\r\t")]])
    }

    @Test func whatIsNotJSONIsRefused() {
        let texts = [
            "", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "01", "1.", "tru", "\"a", #""\x""#, #""\u12""#, "[1 2]", "{}x",
            "\u{1}",
            "-", "1e", "{\"a\":1,}", "\"\u{1}\"", String(repeating: "[", count: 600),
        ]
        for text in texts {
            #expect(throws: DecodingError.self) { try RecordDecoder.decode(RecordField.self, from: Array(text.utf8)) }
        }
    }

    @Test(arguments: ["300", "-1", "1.5", "1e40", "true", "\"1\"", "null"]) func numbersThatDoNotFitAreRefused(
        _ text: String
    ) {
        #expect(throws: DecodingError.self) { try RecordDecoder.decode([UInt8].self, from: Array("[\(text)]".utf8)) }
    }

    @Test func aNumberThatIsNoneIsNotWritten() {
        for number in [Double.infinity, .nan] {
            #expect(throws: EncodingError.self) { try RecordEncoder.encode([number]) }
        }
    }
}
