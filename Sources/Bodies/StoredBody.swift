public import Crypto
import FoundationEssentials

/// What a record or a row keeps of a body, to read it again: some 120 bytes of JSON, however long the body is.
///
/// Whoever has it, and the key that the body was stored with, if there was one, can read the body. So it belongs into what
/// the ledger seals, a row or a record: that is sealed anew when the root key is rotated, and the body stays as it is. Its
/// descriptions, and what a mirror shows, have no secret.
public struct StoredBody: Sendable, Hashable, Codable, CustomStringConvertible, CustomReflectable {
    /// Where the key comes from that the body's own is derived from.
    enum Secret: Sendable, Hashable {
        /// From here: a random one, of this body alone.
        case own([UInt8])
        /// From the caller; this tells the right one from others.
        case given(check: [UInt8])
        /// From here, wrapped by a key of the caller's (RFC 3394).
        case wrapped([UInt8])
    }

    /// The longest body, in bytes: 2^50. It keeps sums of lengths, and offsets in files, within bounds.
    static let longest = 1 << 50

    /// The body's name.
    public let id: BodyID
    /// The plaintext's length in bytes.
    public let length: Int
    var secret: Secret
    /// Until when a transaction that makes the body part of something may be committed; nil: that does not matter. It is
    /// not kept: whoever reads it from a row finds it committed.
    private var lasting = Lasting()

    /// Whether the caller has to give a key: it gave one when the body was stored, or had it wrapped since.
    public var needsKey: Bool {
        if case .own = secret { false } else { true }
    }

    /// The same body for readers who give a key: the body's own key, under which its bytes are and stay sealed, is wrapped by it.
    /// Whoever kept the body as it was before can still read it.
    ///
    /// - Parameter key: 32 bytes.
    /// - Throws: ``BodyError``: `key` when the key has another length; `invalid` for a body that needs a key already.
    /// - Complexity: constant, however long the body is.
    public func wrapped(by key: SymmetricKey) throws(BodyError) -> StoredBody {
        guard key.bitCount == 8 * BodySeal.keySize else {
            throw BodyError(.key, "The key for a body has \(key.bitCount) bits instead of \(8 * BodySeal.keySize).")
        }
        guard case .own(let own) = secret, let wrapped = try? AES.KeyWrap.wrap(SymmetricKey(data: own), using: key)
        else {
            throw BodyError(.invalid, "The body \(id) has no key of its own that could be wrapped.")
        }
        var body = self
        body.secret = .wrapped(Array(wrapped))
        return body
    }

    private enum CodingKeys: String, CodingKey {
        case id, length, key, check, wrapped
    }

    /// - Parameter end: see ``checkIsFresh()``.
    init(id: BodyID, length: Int, secret: Secret, until end: ContinuousClock.Instant? = nil) {
        self.id = id
        self.length = length
        self.secret = secret
        lasting.end = end
    }

    /// Call it in the transaction that puts the body into a row, each time that it is run: where a sweep can't ask whether
    /// a body's writer still lives, a body may be waiting for its transaction for half a day only.
    ///
    /// - Throws: ``BodyError`` of kind `invalid` for one that a sweep may have taken.
    public func checkIsFresh() throws(BodyError) {
        guard let end = lasting.end, ContinuousClock.now > end else { return }
        throw BodyError(.invalid, "The body \(id) was written too long ago to be made part of anything now.")
    }

    public var description: String { "StoredBody(\(id), \(length) bytes)" }
    public var customMirror: Mirror { Mirror(self, children: ["id": id.description, "length": length]) }

    /// Equal to any other: it says nothing of the body.
    private struct Lasting: Hashable {
        var end: ContinuousClock.Instant?

        static func == (_: Self, _: Self) -> Bool { true }
        func hash(into _: inout Hasher) {}
    }

    /// The same in 57 bytes instead of 120 of JSON, for who writes its rows without.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(57)
        let key: [UInt8]
        switch secret {
        case .own(let own):
            bytes.append(0)
            key = own
        case .given(let check):
            bytes.append(1)
            key = check
        case .wrapped(let wrapped):
            bytes.append(2)
            key = wrapped
        }
        bytes += id.bytes
        withUnsafeBytes(of: UInt64(length).bigEndian) { bytes.append(contentsOf: $0) }
        return bytes + key
    }

    /// Takes back what ``bytes`` gave; nil for anything else.
    public init?(bytes: [UInt8]) {
        guard bytes.count >= 25, let id = BodyID(bytes: bytes[1..<17]),
            let length = Int(exactly: bytes[17..<25].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }),
            length <= Self.longest
        else { return nil }
        let key = Array(bytes[25...])
        switch (bytes[0], key.count) {
        case (0, BodySeal.keySize): self.init(id: id, length: length, secret: .own(key))
        case (1, _): self.init(id: id, length: length, secret: .given(check: key))
        case (2, _): self.init(id: id, length: length, secret: .wrapped(key))
        default: return nil
        }
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
        if let own = try bytes(.key), own.count == BodySeal.keySize {
            secret = .own(own)
        } else if let check = try bytes(.check) {
            secret = .given(check: check)
        } else if let wrapped = try bytes(.wrapped) {
            secret = .wrapped(wrapped)
        } else {
            throw DecodingError.dataCorruptedError(forKey: .key, in: members, debugDescription: "no key")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id, forKey: .id)
        try members.encode(length, forKey: .length)
        switch secret {
        case .own(let own): try members.encode(Data(own).base64EncodedString(), forKey: .key)
        case .given(let check): try members.encode(Data(check).base64EncodedString(), forKey: .check)
        case .wrapped(let wrapped): try members.encode(Data(wrapped).base64EncodedString(), forKey: .wrapped)
        }
    }
}
