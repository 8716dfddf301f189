import CLibCrypto

/// The size of a key that key material is wrapped with on its way here. The raw value is AWS's name.
public enum WrappingKeySpec: String, Sendable, CaseIterable {
    case rsa2048 = "RSA_2048"
    case rsa3072 = "RSA_3072"
    case rsa4096 = "RSA_4096"

    var keySpec: KeySpec {
        switch self {
        case .rsa2048: .rsa2048
        case .rsa3072: .rsa3072
        case .rsa4096: .rsa4096
        }
    }
}

/// How key material is wrapped on its way here. The raw value is AWS's name.
///
/// `RSAES_PKCS1_V1_5` is missing: AWS has not accepted it since October 2023.
public enum WrappingAlgorithm: String, Sendable, CaseIterable {
    /// RSA-OAEP of the material itself.
    case rsaesOAEPSHA1 = "RSAES_OAEP_SHA_1"
    case rsaesOAEPSHA256 = "RSAES_OAEP_SHA_256"
    /// RSA-OAEP of a new AES-256 key, followed by the material that is wrapped with it (RFC 5649).
    case rsaAESKeyWrapSHA1 = "RSA_AES_KEY_WRAP_SHA_1"
    case rsaAESKeyWrapSHA256 = "RSA_AES_KEY_WRAP_SHA_256"

    /// Whether material for such a key can come this way: RSA-OAEP alone has no room for an RSA key, nor with 2,048 bits for one
    /// of P-521.
    public func accepts(_ spec: KeySpec, wrappedBy wrappingKey: WrappingKeySpec) -> Bool {
        switch (self, spec) {
        case (.rsaAESKeyWrapSHA1, _), (.rsaAESKeyWrapSHA256, _): true
        case (_, .rsa2048), (_, .rsa3072), (_, .rsa4096): false
        case (_, .eccNISTP521): wrappingKey != .rsa2048
        default: true
        }
    }

    fileprivate var hash: libcrypto_hash {
        switch self {
        case .rsaesOAEPSHA1, .rsaAESKeyWrapSHA1: libcrypto_sha1
        case .rsaesOAEPSHA256, .rsaAESKeyWrapSHA256: libcrypto_sha256
        }
    }
}

/// The RSA key whose public half key material is wrapped with on its way here.
///
/// ```swift
/// let material = try key.unwrap(wrapped, .rsaesOAEPSHA256, as: .symmetricDefault)
/// ```
///
/// https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
public struct WrappingKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// Its size.
    public let spec: WrappingKeySpec

    private let pair: KeyPair

    private init(_ spec: WrappingKeySpec, _ pair: KeyPair?) throws(KeyMaterialError) {
        guard let pair else { throw .failed }
        self.spec = spec
        self.pair = pair
    }

    /// Makes a new pair, in a tenth of a second to some seconds: not on an event loop.
    public static func generate(_ spec: WrappingKeySpec) throws(KeyMaterialError) -> WrappingKey {
        try WrappingKey(spec, spec.keySpec.pairKind.flatMap { KeyPair(generating: $0) })
    }

    /// Takes back what ``stored()`` gave.
    ///
    /// - Throws: ``KeyMaterialError/failed`` when it is something else.
    public init(stored bytes: [UInt8], as spec: WrappingKeySpec) throws(KeyMaterialError) {
        try self.init(spec, spec.keySpec.pairKind.flatMap { KeyPair(privateKey: bytes, $0, isChecked: false) })
    }

    /// The private key in the clear, as PKCS #8 in DER. Whoever keeps it seals it.
    public func stored() throws(KeyMaterialError) -> [UInt8] {
        try pair.privateKey()
    }

    /// The public key as SubjectPublicKeyInfo in DER.
    public func publicKey() throws(KeyMaterialError) -> [UInt8] {
        try pair.publicKey()
    }

    /// Unwraps key material.
    ///
    /// - Throws: ``KeyMaterialError/notAuthentic`` when it was not wrapped with this key, or was changed: the padding of RSA
    ///   and the check of the key wrap are told apart neither by the error nor, as far as possible, by the time that it takes;
    ///   ``KeyMaterialError/wrongMaterial(_:)`` when what was in it is no key of the kind;
    ///   ``KeyMaterialError/unsupported(_:)`` when the kind can't come this way.
    public func unwrap(
        _ wrapped: [UInt8], _ algorithm: WrappingAlgorithm, as keySpec: KeySpec
    ) throws(KeyMaterialError) -> KeyMaterial {
        guard algorithm.accepts(keySpec, wrappedBy: spec) else {
            throw .unsupported(
                "key material for \(keySpec.rawValue) can't be wrapped by \(algorithm.rawValue) with \(spec.rawValue)")
        }
        var material =
            switch algorithm {
            case .rsaesOAEPSHA1, .rsaesOAEPSHA256: try pair.decrypt(wrapped, algorithm.hash)
            case .rsaAESKeyWrapSHA1, .rsaAESKeyWrapSHA256: try unwrapTwice(wrapped, algorithm.hash)
            }
        defer { libcrypto_cleanse(&material, material.count) }
        return try KeyMaterial(importing: material, as: keySpec)
    }

    private func unwrapTwice(_ wrapped: [UInt8], _ hash: libcrypto_hash) throws(KeyMaterialError) -> [UInt8] {
        // Where RSA finds no key, one that fits nothing takes its place, and the rest goes the same way.
        var key = try RandomBytes.make(32)
        if let decrypted = try? pair.decrypt(Array(wrapped.prefix(spec.keySpec.modulusSize)), hash),
            decrypted.count == 32
        {
            key = decrypted
        }
        defer { libcrypto_cleanse(&key, key.count) }
        let inner = Array(wrapped.dropFirst(spec.keySpec.modulusSize))
        do {
            return try bytes(max(inner.count, 8)) { output, _ in
                libcrypto_unwrap(key, key.count, inner, inner.count, output)
            }
        } catch {
            throw .notAuthentic
        }
    }

    public var description: String { "WrappingKey(\(spec.rawValue))" }
    public var customMirror: Mirror { Mirror(self, children: ["spec": spec]) }
}
