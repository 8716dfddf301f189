/// The name of a body: 128 random bits, as 32 hexadecimal digits in lower case. Only a ``BodyStore`` makes new ones.
public struct BodyID: Sendable, Hashable, Comparable, LosslessStringConvertible {
    private let high: UInt64
    private let low: UInt64

    static let digits = 32

    /// Of each, in characters.
    public static let length = digits

    /// Draws a new one.
    static func random() -> BodyID {
        var random = SystemRandomNumberGenerator()
        return BodyID(high: random.next(), low: random.next())
    }

    private init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
    }

    /// Reads one; nil for anything else, so that an id is always safe as the name of a file.
    public init?(_ text: String) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
        guard text.utf8.count == Self.digits,
            text.utf8.allSatisfy({ digits.contains($0) || letters.contains($0) }),
            let high = UInt64(text.prefix(Self.digits / 2), radix: 16),
            let low = UInt64(text.suffix(Self.digits / 2), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// Takes back what ``bytes`` gave; nil for another number of bytes.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// The digits' values, 16 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

    public var description: String {
        [high, low].map { half in
            let text = String(half, radix: 16)
            return String(repeating: "0", count: Self.digits / 2 - text.utf8.count) + text
        }.joined()
    }

    public static func < (left: BodyID, right: BodyID) -> Bool { (left.high, left.low) < (right.high, right.low) }
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
