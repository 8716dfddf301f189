/// The name of a body: 128 random bits, as 32 hexadecimal digits in lower case. Only a ``BodyStore`` makes new ones.
public struct BodyID: Sendable, Hashable, Comparable, LosslessStringConvertible {
    public let description: String

    static let digits = 32

    /// Of each, in characters.
    public static let length = digits

    /// Draws a new one.
    static func random() -> BodyID {
        var random = SystemRandomNumberGenerator()
        let text = (0..<2).map { _ in
            let half = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: digits / 2 - half.utf8.count) + half
        }
        return BodyID(unchecked: text.joined())
    }

    private init(unchecked text: String) {
        description = text
    }

    /// Reads one; nil for anything else, so that an id is always safe as the name of a file.
    public init?(_ text: String) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
        guard text.utf8.count == Self.digits,
            text.utf8.allSatisfy({ digits.contains($0) || letters.contains($0) })
        else { return nil }
        description = text
    }

    /// The digits' values, 16 bytes.
    var bytes: [UInt8] {
        let values = description.utf8.map {
            $0 < UInt8(ascii: "a") ? $0 &- UInt8(ascii: "0") : $0 &- UInt8(ascii: "a") &+ 10
        }
        return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }

    public static func < (left: BodyID, right: BodyID) -> Bool { left.description < right.description }
}

extension BodyID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = BodyID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the id of a body")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
