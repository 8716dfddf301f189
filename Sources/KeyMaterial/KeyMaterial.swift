import CLibCrypto
import Crypto
import Keyring
import SwiftASN1

/// What a KMS key is made of: a secret, or a key pair.
///
/// ```swift
/// let key = try KeyMaterial.generate(.eccNISTP256)
/// let signature = try key.sign(Array("hello".utf8), .raw, .ecdsaSHA256)
/// ```
///
/// It knows no policies and no states: who may use it for what is for the service to decide. It may be used from any number
/// of threads. Its descriptions show nothing secret. Reading a private key costs about as much as a signature, so it is
/// worth keeping.
public struct KeyMaterial: Sendable, CustomStringConvertible, CustomReflectable {
    enum Key: Sendable {
        /// Of AES-GCM, and what messages are encrypted with.
        case symmetric(SymmetricKey, MessageKeys)
        case secret(SymmetricKey)
        case pair(KeyPair)
        case lattice(ModuleLatticeKey)
    }

    /// What kind of key it is.
    public let spec: KeySpec

    let key: Key

    /// Makes new key material. RSA keys take from a tenth of a second to some seconds, all others less than a millisecond:
    /// not on an event loop.
    ///
    /// - Throws: ``KeyMaterialError/unsupported(_:)`` when ``KeySpec/isSupported`` is false.
    public static func generate(_ spec: KeySpec) throws(KeyMaterialError) -> KeyMaterial {
        if let sizes = spec.secretSizes {
            return KeyMaterial(spec, Self.secret(try RandomBytes.make(sizes.lowerBound), spec))
        }
        if let kind = spec.pairKind {
            guard let pair = KeyPair(generating: kind) else { throw .failed }
            return KeyMaterial(spec, .pair(pair))
        }
        guard spec.isSupported, let key = try ModuleLatticeKey(generating: spec) else { throw spec.isUnsupported }
        return KeyMaterial(spec, .lattice(key))
    }

    /// Takes key material that somebody else made: the bytes of a secret, or a private key as PKCS #8 (RFC 5208) in DER.
    ///
    /// Everything about it is verified: that it is of the right kind and size, that primes are primes, that the public key in
    /// it is its own. For RSA that takes up to a second.
    ///
    /// - Throws: ``KeyMaterialError/wrongMaterial(_:)``, ``KeyMaterialError/unsupported(_:)``.
    public init(importing bytes: [UInt8], as spec: KeySpec) throws(KeyMaterialError) {
        try self.init(bytes, spec, isChecked: true)
    }

    /// Takes back what ``stored()`` gave, without verifying again what was verified when it was made.
    ///
    /// - Throws: ``KeyMaterialError/wrongMaterial(_:)``, ``KeyMaterialError/unsupported(_:)``.
    public init(stored bytes: [UInt8], as spec: KeySpec) throws(KeyMaterialError) {
        try self.init(bytes, spec, isChecked: false)
    }

    private init(_ bytes: [UInt8], _ spec: KeySpec, isChecked: Bool) throws(KeyMaterialError) {
        guard spec.isSupported else { throw spec.isUnsupported }
        if let sizes = spec.secretSizes {
            guard sizes.contains(bytes.count) else {
                throw .wrongMaterial("key material for \(spec.rawValue) has \(sizes.text) bytes")
            }
            self.init(spec, Self.secret(bytes, spec))
        } else if let kind = spec.pairKind {
            guard let pair = KeyPair(privateKey: bytes, kind, isChecked: isChecked) else {
                throw Self.noPrivateKey(spec)
            }
            self.init(spec, .pair(pair))
        } else {
            guard let key = ModuleLatticeKey(privateKey: bytes, spec) else { throw Self.noPrivateKey(spec) }
            self.init(spec, .lattice(key))
        }
    }

    private init(_ spec: KeySpec, _ key: Key) {
        self.spec = spec
        self.key = key
    }

    /// Its bytes in the clear, for ``init(stored:as:)`` and for callers who are given data keys: those of a secret, or the
    /// private key as PKCS #8 in DER. Whoever keeps them seals them.
    public func stored() throws(KeyMaterialError) -> [UInt8] {
        switch key {
        case .symmetric(let secret, _), .secret(let secret): secret.withUnsafeBytes { Array($0) }
        case .pair(let pair): try pair.privateKey()
        case .lattice(let key): try key.privateKey()
        }
    }

    /// The public key as SubjectPublicKeyInfo (RFC 5280) in DER.
    ///
    /// - Throws: ``KeyMaterialError/unsupported(_:)`` when ``KeySpec/isSymmetric``.
    public func publicKey() throws(KeyMaterialError) -> [UInt8] {
        switch key {
        case .symmetric, .secret: throw .unsupported("a key of \(spec.rawValue) has no public key")
        case .pair(let pair): try pair.publicKey()
        case .lattice(let key): try key.publicKey()
        }
    }

    /// The public key of an RSA key as RSAPublicKey (PKCS #1, RFC 8017, appendix A.1.1) in DER.
    ///
    /// - Throws: ``KeyMaterialError/unsupported(_:)`` for a key of any other kind.
    public func rsaPublicKey() throws(KeyMaterialError) -> [UInt8] {
        guard spec.modulusSize > 0 else { throw .unsupported("a key of \(spec.rawValue) is no RSA key") }
        let info = try publicKey()
        do {
            // A SubjectPublicKeyInfo is the algorithm, and the key in a bit string.
            return try DER.sequence(try DER.parse(info), identifier: .sequence) { nodes in
                _ = nodes.next()
                return Array(try ASN1BitString(derEncoded: &nodes).bytes)
            }
        } catch {
            throw .failed
        }
    }

    /// The ID of the material, 64 hexadecimal digits: the same whenever the same material belongs to the same key. It does
    /// not give the material away.
    public func id(of keyID: String) throws(KeyMaterialError) -> String {
        let bytes = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: try stored()), salt: Array("gatehouse key material id 1".utf8),
            info: Array(keyID.utf8), outputByteCount: MaterialID.size)
        return bytes.withUnsafeBytes { MaterialID.text($0) }
    }

    private static func secret(_ bytes: [UInt8], _ spec: KeySpec) -> Key {
        let secret = SymmetricKey(data: bytes)
        return spec == .symmetricDefault
            ? .symmetric(secret, MessageKeys(of: secret, label: "gatehouse kms 1", purpose: "message"))
            : .secret(secret)
    }

    private static func noPrivateKey(_ spec: KeySpec) -> KeyMaterialError {
        .wrongMaterial("key material for \(spec.rawValue) is a private key of that kind, as PKCS #8 in DER")
    }

    public var description: String { "KeyMaterial(\(spec.rawValue))" }
    public var customMirror: Mirror { Mirror(self, children: ["spec": spec]) }
}

extension KeySpec {
    /// What libcrypto calls it; nil for keys that are not its.
    var pairKind: libcrypto_kind? {
        switch self {
        case .rsa2048: libcrypto_rsa_2048
        case .rsa3072: libcrypto_rsa_3072
        case .rsa4096: libcrypto_rsa_4096
        case .eccNISTP256: libcrypto_p256
        case .eccNISTP384: libcrypto_p384
        case .eccNISTP521: libcrypto_p521
        case .eccSECGP256K1: libcrypto_secp256k1
        case .eccNISTEdwards25519: libcrypto_ed25519
        case .symmetricDefault, .hmac224, .hmac256, .hmac384, .hmac512, .mlDSA44, .mlDSA65, .mlDSA87, .sm2: nil
        }
    }

    var isUnsupported: KeyMaterialError {
        .unsupported("keys of \(rawValue) are not supported: the cryptographic libraries do not have them")
    }

    /// What an operation throws that keys of this kind don't have.
    func cannot(_ algorithm: some RawRepresentable<String>) -> KeyMaterialError {
        .unsupported("a key of \(rawValue) can't be used with \(algorithm.rawValue)")
    }
}

extension ClosedRange<Int> {
    fileprivate var text: String {
        lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)"
    }
}
