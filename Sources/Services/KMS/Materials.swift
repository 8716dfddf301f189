import HardwareToken
import KeyMaterial
import Ledger
import Platform
import Wire

// Where operations get key material from, and what they say when it can't be used.

extension SlowWork {
    /// Making RSA keys: one takes up to some seconds.
    private static let generation = SlowWork("gatehouse.kms.generate")

    fileprivate static func generate<T: Sendable>(
        _ body: @escaping @Sendable () throws(KeyMaterialError) -> T
    ) async throws(ServiceError) -> T {
        let result = try await generation.run(body)
        return try using { () throws(KeyMaterialError) in try result.get() }
    }
}

extension Environment {
    /// Does something with the hardware token.
    /// - Throws: KMSInvalidStateException when it is not there, or refuses.
    func withToken<T: Sendable>(
        _ body: @escaping @Sendable (HardwareToken) throws(HardwareTokenError) -> T
    ) async throws(ServiceError) -> T {
        guard let token else { throw .invalidState(ServiceError.hasNoToken) }
        let result = try await SlowWork.token.run { () throws(HardwareTokenError) in try body(token) }
        do throws(HardwareTokenError) { return try result.get() } catch { throw .tokenFailed(error) }
    }
}

extension Key {
    /// What the token authenticates with a material of the key.
    func tokenContext(_ materialID: String) -> [UInt8] { Array("\(arn)/\(materialID)".utf8) }
}

extension KeyMaterial {
    /// A new one. RSA keys wait for each other.
    static func making(_ spec: KeySpec) async throws(ServiceError) -> KeyMaterial {
        switch spec {
        case .rsa2048, .rsa3072, .rsa4096:
            try await SlowWork.generate { () throws(KeyMaterialError) in try KeyMaterial.generate(spec) }
        default: try using { () throws(KeyMaterialError) in try KeyMaterial.generate(spec) }
        }
    }
}

extension WrappingKey {
    /// A new one.
    static func making(_ spec: WrappingKeySpec) async throws(ServiceError) -> WrappingKey {
        try await SlowWork.generate { () throws(KeyMaterialError) in try WrappingKey.generate(spec) }
    }
}

extension ServiceError {
    /// What is not a caller's fault in any particular way, or whose text can be shown as it is.
    init(_ error: KeyMaterialError) {
        switch error {
        case .unsupported(let text): self = .unsupported(text)
        case .wrongLength(let text): self = .invalid(text)
        case .malformed, .notAuthentic: self = .invalidCiphertext
        case .wrongMaterial(let text): self = .kms(.incorrectKeyMaterialException, text)
        case .failed:
            self = .internalFailure
            cause = "a cryptographic library refused"
        }
    }
}

/// Runs what uses key material, with its errors as KMS words them.
func using<T>(_ body: () throws(KeyMaterialError) -> T) throws(ServiceError) -> T {
    do throws(KeyMaterialError) { return try body() } catch { throw ServiceError(error) }
}

extension KeyMaterial {
    /// What the material is called as a key's.
    func materialID(of key: Key) throws(ServiceError) -> String {
        try using { () throws(KeyMaterialError) in try id(of: key.id) }
    }
}

extension Call {
    /// The material that a key uses now.
    func material(of entry: KeyEntry) async throws(ServiceError) -> (material: KeyMaterial, id: String) {
        guard let current = entry.key.currentMaterial, current.isThere else {
            throw .invalidState("\(entry.key.arn) is pending import.")
        }
        return (try await material(current.id, of: entry), current.id)
    }

    /// One of a key's materials.
    /// - Throws: InvalidCiphertextException for one that it never had.
    func material(_ id: String, of entry: KeyEntry) async throws(ServiceError) -> KeyMaterial {
        if let material = entry.material(id) { return material }
        let key = entry.key
        guard let known = key.materials.first(where: { $0.id == id }) else { throw .invalidCiphertext }
        guard known.isThere else { throw .invalidState("\(key.arn) is pending import.") }
        let stored = try await environment.read(key.scope) { (records) throws(ServiceError) in
            try records.get(StoredMaterial.self, StoredMaterial.id(id, of: key.id))
        }
        guard let stored else { throw .internalFailure }
        if stored.isSealedByToken == true { return try await material(stored, of: key) }
        let material = try using { () throws(KeyMaterialError) in try stored.material(as: key.spec) }
        entry.keep(material, id)
        return material
    }
}

extension Call {
    /// A material that the token has sealed. It is asked each time, and nothing is kept: without it nobody can use the key.
    private func material(_ stored: StoredMaterial, of key: Key) async throws(ServiceError) -> KeyMaterial {
        let (sealed, context) = (Array(stored.secret), key.tokenContext(stored.materialID))
        let bytes = try await environment.withToken { (token) throws(HardwareTokenError) in
            try token.open(sealed, authenticating: context)
        }
        return try using { () throws(KeyMaterialError) in try KeyMaterial(stored: bytes, as: key.spec) }
    }
}

extension MutableRecords {
    /// Keeps a material of a key.
    func put(_ material: KeyMaterial, id: String, of keyID: String) throws(ServiceError) {
        try put(try using { () throws(KeyMaterialError) in try StoredMaterial(material, id: id, of: keyID) })
    }

    /// Deletes a material of a key, so that nobody can ever have it again.
    func deleteMaterial(_ id: String, of keyID: String) throws(ServiceError) {
        guard let stored = try get(StoredMaterial.self, StoredMaterial.id(id, of: keyID)) else { return }
        try delete(stored)
    }
}
