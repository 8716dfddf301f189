import Dispatch
import KeyMaterial
import Ledger
import Platform
import Wire

// Where operations get key material from, and what they say when it can't be used.

extension KeyMaterial {
    private static let queue = DispatchQueue(label: "gatehouse.kms.generate", attributes: .concurrent)

    /// A new one, made on a thread of its own: an RSA key takes a second or more.
    static func making(_ spec: KeySpec) async throws(ServiceError) -> KeyMaterial {
        let made: Result<KeyMaterial, KeyMaterialError> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: Result { () throws(KeyMaterialError) in try KeyMaterial.generate(spec) })
            }
        }
        do throws(KeyMaterialError) { return try made.get() } catch { throw ServiceError(error) }
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
    func material(of key: Key) async throws(ServiceError) -> (material: KeyMaterial, id: String) {
        guard let current = key.currentMaterial, current.isThere else {
            throw .invalidState("\(key.arn) is pending import.")
        }
        return (try await material(current.id, of: key), current.id)
    }

    /// One of a key's materials.
    /// - Throws: InvalidCiphertextException for one that it never had.
    func material(_ id: String, of key: Key) async throws(ServiceError) -> KeyMaterial {
        if let material = keys.materials.material(id, ofKey: key.arn) { return material }
        guard let known = key.materials.first(where: { $0.id == id }) else { throw .invalidCiphertext }
        guard known.isThere else { throw .invalidState("\(key.arn) is pending import.") }
        let stored = try await environment.read(key.scope) { (records) throws(ServiceError) in
            try records.get(StoredMaterial.self, StoredMaterial.id(id, of: key.id))
        }
        guard let stored else { throw .internalFailure }
        let material = try using { () throws(KeyMaterialError) in try stored.material(as: key.spec) }
        keys.materials.keep(material, id, ofKey: key.arn)
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
