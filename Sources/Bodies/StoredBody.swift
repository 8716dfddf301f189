import FoundationEssentials

/// What a record keeps of a body, to read it again: some 180 bytes of JSON, however long the body is.
///
/// Whoever has it, and the root key or the key that the body was stored with, can read the body. Keep it in a sealed
/// record.
public struct StoredBody: Sendable, Hashable, Codable {
    /// Where the key comes from that the body's own is derived from.
    enum Secret: Sendable, Hashable {
        /// From here: it is sealed by the keyring.
        case sealed([UInt8])
        /// From the caller; this tells the right one from others.
        case given(check: [UInt8])
    }

    /// The longest body, in bytes: 2^50. It keeps sums of lengths, and offsets in files, within bounds.
    static let longest = 1 << 50

    /// The body's name.
    public let id: BodyID
    /// The plaintext's length in bytes.
    public let length: Int
    var secret: Secret

    /// Whether the caller has to give the key, because it gave one when the body was stored.
    public var needsKey: Bool {
        if case .given = secret { true } else { false }
    }

    private enum CodingKeys: String, CodingKey {
        case id, length, key, check
    }

    init(id: BodyID, length: Int, secret: Secret) {
        self.id = id
        self.length = length
        self.secret = secret
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.decode(BodyID.self, forKey: .id)
        length = try members.decode(Int.self, forKey: .length)
        guard (0...Self.longest).contains(length) else {
            throw DecodingError.dataCorruptedError(
                forKey: .length, in: members, debugDescription: "not the length of a body")
        }
        func bytes(_ key: CodingKeys) throws -> [UInt8]? {
            guard let text = try members.decodeIfPresent(String.self, forKey: key) else { return nil }
            guard let data = Data(base64Encoded: text) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: members, debugDescription: "not base64")
            }
            return [UInt8](data)
        }
        if let sealed = try bytes(.key) {
            secret = .sealed(sealed)
        } else if let check = try bytes(.check) {
            secret = .given(check: check)
        } else {
            throw DecodingError.dataCorruptedError(forKey: .key, in: members, debugDescription: "no key")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id, forKey: .id)
        try members.encode(length, forKey: .length)
        switch secret {
        case .sealed(let sealed): try members.encode(Data(sealed).base64EncodedString(), forKey: .key)
        case .given(let check): try members.encode(Data(check).base64EncodedString(), forKey: .check)
        }
    }
}
