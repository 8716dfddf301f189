import KeyMaterial

/// A ciphertext of a key in an external key store: one of KMS's own, which the external key has encrypted once more.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/keystore-external.html#concept-double-encryption>
///
/// Form: version `2` (1 byte) · length of the key's ARN (1) · ARN · length of the initialization vector (1) · initialization
/// vector · tag (16) · length of the proxy's metadata (1) · metadata · ciphertext (as long as what is within it). The proxy
/// authenticates everything before the initialization vector's length.
struct ExternalCiphertext: Sendable, Equatable {
    let keyARN: String
    let sealed: ExternalKeyProxy.Sealed

    static let version: UInt8 = 2
    private static let tagSize = 16
    private static let longestMetadata = 20

    init(keyARN: String, _ sealed: ExternalKeyProxy.Sealed) {
        self.keyARN = keyARN
        self.sealed = sealed
    }

    /// Reads a ciphertext blob, which may come from anywhere.
    init(_ blob: [UInt8]) throws(KeyMaterialError) {
        guard blob.count <= Limits.ciphertext, blob.first == Self.version else { throw .malformed }
        var rest = blob.dropFirst()
        func take(_ count: Int) throws(KeyMaterialError) -> ArraySlice<UInt8> {
            guard rest.count >= count else { throw .malformed }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func takeCounted() throws(KeyMaterialError) -> ArraySlice<UInt8> {
            guard let count = rest.first else { throw .malformed }
            rest = rest.dropFirst()
            return try take(Int(count))
        }
        guard let name = String(validating: try takeCounted(), as: UTF8.self) else { throw .malformed }
        let vector = try takeCounted()
        let tag = try take(Self.tagSize)
        let metadata = try takeCounted()
        guard [12, 16].contains(vector.count), metadata.count <= Self.longestMetadata, !rest.isEmpty else {
            throw .malformed
        }
        keyARN = name
        sealed = ExternalKeyProxy.Sealed(
            initializationVector: Array(vector), authenticationTag: Array(tag), metadata: Array(metadata),
            ciphertext: Array(rest))
    }

    /// The blob as callers get it.
    var blob: [UInt8] {
        var blob = Self.header(keyARN)
        blob += Self.counted(sealed.initializationVector)
        blob += sealed.authenticationTag
        blob += Self.counted(sealed.metadata)
        return blob + sealed.ciphertext
    }

    /// What the proxy authenticates of it.
    static func header(_ keyARN: String) -> [UInt8] { [version] + counted(Array(keyARN.utf8)) }

    /// - Parameter bytes: 255 at most.
    private static func counted(_ bytes: [UInt8]) -> [UInt8] { [UInt8(clamping: bytes.count)] + bytes }
}

/// A ciphertext of a symmetric key, of which it is known by which key it was made.
enum KeyCiphertext: Sendable {
    case own(Ciphertext)
    case external(ExternalCiphertext)

    /// Reads a ciphertext blob, which may come from anywhere.
    init(_ blob: [UInt8]) throws(KeyMaterialError) {
        self =
            blob.first == ExternalCiphertext.version
            ? .external(try ExternalCiphertext(blob)) : .own(try Ciphertext(blob))
    }

    var keyARN: String {
        switch self {
        case .own(let ciphertext): ciphertext.keyARN
        case .external(let ciphertext): ciphertext.keyARN
        }
    }
}
