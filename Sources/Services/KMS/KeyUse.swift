import KMSAPI
import KeyMaterial
import Platform
import Policy
import Wire

// What the cryptographic operations have in common.

/// Uses its key. DryRun is looked at last, so that it tells what would be.
protocol KeyUseOperation: KeyRead {
    /// What a key must be for.
    static var usage: KeyUsage { get }
}

extension KeyUseOperation {
    static var naming: KeyNaming { [.aliases, .otherAccounts] }
    static var refused: RefusedStates { .unusable }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let target = try await call.existing(try call.target())
        try refused.check(target.key, call)
        try target.key.check(usage, for: call.operation)
        let output = try await answer(target, input, call)
        call.countUse(of: target.entry)
        return output
    }
}

extension Key {
    /// - Throws: InvalidKeyUsageException.
    func check(_ wanted: KeyUsage, for operation: String) throws(ServiceError) {
        guard usage == wanted else {
            throw .kms(
                .invalidKeyUsageException,
                "\(arn) key usage is \(usage.rawValue) which is not valid for \(operation).")
        }
    }

    /// - Throws: InvalidKeyUsageException.
    func mismatch(_ algorithm: String) -> ServiceError {
        .kms(
            .invalidKeyUsageException, "Algorithm \(algorithm) is incompatible with key spec \(spec.rawValue).")
    }

    /// The algorithm of a request that encrypts or decrypts.
    /// - Throws: InvalidKeyUsageException.
    func encryptionAlgorithm(
        _ name: String?, context: [String: String]?
    ) throws(ServiceError) -> EncryptionAlgorithm {
        let name = name ?? EncryptionAlgorithm.symmetricDefault.rawValue
        guard let algorithm = EncryptionAlgorithm(rawValue: name), spec.encryptionAlgorithms.contains(algorithm)
        else { throw mismatch(name) }
        guard algorithm == .symmetricDefault || context?.isEmpty ?? true else {
            throw .invalid("An encryption context can be used with symmetric encryption KMS keys only.")
        }
        return algorithm
    }
}

/// The condition key of an algorithm; SYMMETRIC_DEFAULT unless the request says otherwise.
func encryptionAlgorithmKey(_ name: String?) -> [String: ContextValue] {
    ["kms:encryptionalgorithm": .one(name ?? EncryptionAlgorithm.symmetricDefault.rawValue)]
}

extension Call {
    /// Encrypts with a key's current material.
    func encrypt(
        _ plaintext: [UInt8], with entry: KeyEntry, _ algorithm: EncryptionAlgorithm = .symmetricDefault,
        context: [String: String]?
    ) async throws(ServiceError) -> (blob: [UInt8], materialID: String) {
        let key = entry.key
        let limit = algorithm.plaintextLimit(key.spec)
        guard plaintext.count <= limit else {
            throw .invalid(
                "Algorithm \(algorithm.rawValue) and key spec \(key.spec.rawValue) cannot encrypt data larger than "
                    + "\(limit) bytes.")
        }
        let (material, id) = try await material(of: entry)
        var blob = try using { () throws(KeyMaterialError) in
            algorithm == .symmetricDefault
                ? try material.encrypt(
                    plaintext, keyARN: entry.authenticatedARN, materialID: id, context: EncryptionContext(context))
                : try material.encrypt(plaintext, algorithm)
        }
        if key.origin == .externalKeyStore { blob = try await sealedExternally(blob, with: key) }
        return (blob, id)
    }

    /// Opens a ciphertext.
    /// - Throws: IncorrectKeyException where it was made with another key; InvalidCiphertextException.
    func decrypt(
        _ blob: [UInt8], _ target: KeyTarget, _ algorithm: EncryptionAlgorithm, context: [String: String]?
    ) async throws(ServiceError) -> (plaintext: [UInt8], materialID: String) {
        guard algorithm == .symmetricDefault else {
            let (material, id) = try await material(of: target.entry)
            return (try using { () throws(KeyMaterialError) in try material.decrypt(blob, algorithm) }, id)
        }
        guard let read = target.ciphertext else { throw .invalidCiphertext }
        guard read.keyARN == target.entry.authenticatedARN else { throw .incorrectKey }
        let ciphertext: Ciphertext
        switch (read, target.key.origin == .externalKeyStore) {
        case (.own(let own), false): ciphertext = own
        case (.external(let external), true): ciphertext = try await openedExternally(external, with: target.key)
        // What one of them is without the other opens nothing.
        default: throw .invalidCiphertext
        }
        let material = try await material(ciphertext.materialID, of: target.entry)
        let plaintext = try using { () throws(KeyMaterialError) in
            try material.decrypt(ciphertext, context: EncryptionContext(context))
        }
        return (plaintext, ciphertext.materialID)
    }

    /// The key of a request that decrypts: the one that it names, or that of the ciphertext.
    func target(
        ofCiphertext blob: Blob?, _ algorithm: String?, key text: String?, mayIgnoreCiphertext: Bool, _ action: String
    ) async throws(ServiceError) -> KeyTarget {
        guard let blob else {
            // What DryRunModifiers are for: nothing is opened, so that there need be nothing to open.
            guard mayIgnoreCiphertext, let text else { throw .invalid("CiphertextBlob is required.") }
            return try await target(text, [.aliases, .otherAccounts])
        }
        let name = algorithm ?? EncryptionAlgorithm.symmetricDefault.rawValue
        guard name == EncryptionAlgorithm.symmetricDefault.rawValue else {
            guard let text else { throw .invalid("KeyId is required with asymmetric KMS keys.") }
            return try await target(text, [.aliases, .otherAccounts])
        }
        if let text {
            let named = try await target(text, [.aliases, .otherAccounts])
            // Whoever may not use the key is not told what is wrong with the ciphertext.
            return KeyTarget(
                named.entry, alias: named.alias, isNew: named.isNew, ciphertext: try? KeyCiphertext(blob.bytes))
        }
        let ciphertext = try using { () throws(KeyMaterialError) in try KeyCiphertext(blob.bytes) }
        // A multi-Region key's ARN has no region in ciphertexts: here it is this one's.
        guard let arn = ciphertext.arn(in: region), let entry = try await knownKey(arn) else {
            throw .inaccessible(caller.arn, action)
        }
        return KeyTarget(entry, ciphertext: ciphertext, isOfCiphertext: true)
    }
}

extension KeyCiphertext {
    /// The key's ARN in a Region; nil for a key of another. A multi-Region key's ARN has no region in ciphertexts.
    fileprivate func arn(in region: String) -> String? {
        let anywhere = "arn:aws:kms::"
        if keyARN.utf8.starts(with: anywhere.utf8) {
            return "arn:aws:kms:\(region):\(keyARN.dropFirst(anywhere.count))"
        }
        return keyARN.utf8.starts(with: "arn:aws:kms:\(region):".utf8) ? keyARN : nil
    }
}

extension EncryptionContext {
    init(_ pairs: [String: String]?) {
        guard let pairs, !pairs.isEmpty else {
            self = .empty
            return
        }
        self.init(pairs.map { (key: $0.key, value: $0.value) })
    }
}
