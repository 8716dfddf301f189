import Dispatch
import KeyMaterial
import Ledger
import Platform
import Synchronization
import Wire

// Where operations get key material from, and what they say when it can't be used.

/// Where RSA keys are made: one after another, on a thread of their own, because one takes up to some seconds.
private enum SlowWork {
    /// How many may wait, so that nobody keeps all others out for long.
    private static let most = 64
    private static let queue = DispatchQueue(label: "gatehouse.kms.generate")
    private static let waiting = Mutex(0)

    /// - Throws: ThrottlingException when too many wait already.
    static func run<T: Sendable>(
        _ body: @escaping @Sendable () throws(KeyMaterialError) -> T
    ) async throws(ServiceError) -> T {
        let isAdmitted = waiting.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw ServiceError("ThrottlingException", "Rate exceeded") }
        let result: Result<T, KeyMaterialError> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(KeyMaterialError) in try body() })
            }
        }
        waiting.withLock { $0 -= 1 }
        do throws(KeyMaterialError) { return try result.get() } catch { throw ServiceError(error) }
    }
}

extension KeyMaterial {
    /// A new one. RSA keys wait for each other.
    static func making(_ spec: KeySpec) async throws(ServiceError) -> KeyMaterial {
        switch spec {
        case .rsa2048, .rsa3072, .rsa4096:
            try await SlowWork.run { () throws(KeyMaterialError) in try KeyMaterial.generate(spec) }
        default: try using { () throws(KeyMaterialError) in try KeyMaterial.generate(spec) }
        }
    }
}

extension WrappingKey {
    /// A new one.
    static func making(_ spec: WrappingKeySpec) async throws(ServiceError) -> WrappingKey {
        try await SlowWork.run { () throws(KeyMaterialError) in try WrappingKey.generate(spec) }
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
        let material = try using { () throws(KeyMaterialError) in try stored.material(as: key.spec) }
        entry.keep(material, id)
        return material
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
