import HardwareToken
import KMSAPI
import KeyMaterial
import Platform
import Policy
import Wire

// Data keys, data key pairs, random bytes.

extension Key {
    /// - Throws: InvalidKeyUsageException for a key that does not encrypt symmetrically.
    fileprivate func checkEncryptsDataKeys() throws(ServiceError) {
        guard isSymmetricEncryptionKey else { throw mismatch(EncryptionAlgorithm.symmetricDefault.rawValue) }
    }
}

/// How many bytes a data key is to have.
private func dataKeyLength(_ spec: String?, _ count: Int?) throws(ServiceError) -> Int {
    switch (spec, count) {
    case ("AES_256"?, nil): 32
    case ("AES_128"?, nil): 16
    case (nil, let count?): count
    default: throw .invalid("Please specify either number of bytes or key spec.")
    }
}

private func randomBytes(_ count: Int) throws(ServiceError) -> [UInt8] {
    try using { () throws(KeyMaterialError) in try RandomBytes.make(count) }
}

extension KMS.GenerateDataKey: KeyUseOperation {
    static var usage: KeyUsage { .encryptDecrypt }
    static func keys(_ input: Input) -> [String: ContextValue] { encryptionAlgorithmKey(nil) }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard input.recipient == nil else { throw .recipientsAreNotBuilt }
        let key = target.key
        try key.checkEncryptsDataKeys()
        let plaintext = try randomBytes(try dataKeyLength(input.keySpec, input.numberOfBytes))
        let (blob, materialID) = try await call.encrypt(plaintext, with: target.entry, context: input.encryptionContext)
        guard input.dryRun != true else { throw .dryRun }
        return Output {
            $0.ciphertextBlob = Blob(blob)
            $0.plaintext = Blob(plaintext)
            $0.keyId = target.entry.arn
            $0.keyMaterialId = key.told(materialID)
        }
    }
}

extension KMS.GenerateDataKeyWithoutPlaintext: KeyUseOperation {
    static var usage: KeyUsage { .encryptDecrypt }
    static func keys(_ input: Input) -> [String: ContextValue] { encryptionAlgorithmKey(nil) }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let key = target.key
        try key.checkEncryptsDataKeys()
        let plaintext = try randomBytes(try dataKeyLength(input.keySpec, input.numberOfBytes))
        let (blob, materialID) = try await call.encrypt(plaintext, with: target.entry, context: input.encryptionContext)
        guard input.dryRun != true else { throw .dryRun }
        return Output(
            ciphertextBlob: Blob(blob), keyId: target.entry.arn, keyMaterialId: key.told(materialID))
    }
}

/// A key pair for use outside of KMS, its private key once more under a KMS key.
private struct DataKeyPair {
    let privateKey: [UInt8]
    let publicKey: [UInt8]
    let ciphertext: [UInt8]
    let materialID: String

    init(_ specName: String, _ entry: KeyEntry, context: [String: String]?, dryRun: Bool?, _ call: Call)
        async throws(ServiceError)
    {
        try entry.key.checkEncryptsDataKeys()
        guard entry.key.keyStoreID == nil else { throw .invalidOrigin(entry.key) }
        guard let spec = KeySpec(rawValue: specName), spec.isSupported, !spec.isSymmetric else {
            throw .unsupported("KeyPairSpec \(specName) is not supported.")
        }
        guard dryRun != true else { throw .dryRun }
        let material = try await KeyMaterial.making(spec)
        privateKey = try using { () throws(KeyMaterialError) in try material.stored() }
        publicKey = try using { () throws(KeyMaterialError) in try material.publicKey() }
        (ciphertext, materialID) = try await call.encrypt(privateKey, with: entry, context: context)
    }
}

extension KMS.GenerateDataKeyPair: KeyUseOperation {
    static var usage: KeyUsage { .encryptDecrypt }

    static func keys(_ input: Input) -> [String: ContextValue] {
        encryptionAlgorithmKey(nil).merging(["kms:datakeypairspec": .one(input.keyPairSpec)]) { $1 }
    }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard input.recipient == nil else { throw .recipientsAreNotBuilt }
        let pair = try await DataKeyPair(
            input.keyPairSpec, target.entry, context: input.encryptionContext, dryRun: input.dryRun, call)
        return Output {
            $0.privateKeyCiphertextBlob = Blob(pair.ciphertext)
            $0.privateKeyPlaintext = Blob(pair.privateKey)
            $0.publicKey = Blob(pair.publicKey)
            $0.keyId = target.entry.arn
            $0.keyPairSpec = input.keyPairSpec
            $0.keyMaterialId = pair.materialID
        }
    }
}

extension KMS.GenerateDataKeyPairWithoutPlaintext: KeyUseOperation {
    static var usage: KeyUsage { .encryptDecrypt }

    static func keys(_ input: Input) -> [String: ContextValue] {
        encryptionAlgorithmKey(nil).merging(["kms:datakeypairspec": .one(input.keyPairSpec)]) { $1 }
    }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let pair = try await DataKeyPair(
            input.keyPairSpec, target.entry, context: input.encryptionContext, dryRun: input.dryRun, call)
        return Output {
            $0.privateKeyCiphertextBlob = Blob(pair.ciphertext)
            $0.publicKey = Blob(pair.publicKey)
            $0.keyId = target.entry.arn
            $0.keyPairSpec = input.keyPairSpec
            $0.keyMaterialId = pair.materialID
        }
    }
}

extension KMS.GenerateRandom: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutKey() }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard input.recipient == nil else { throw .recipientsAreNotBuilt }
        guard let count = input.numberOfBytes else { throw .invalid("NumberOfBytes is required.") }
        if let id = input.customKeyStoreId {
            let store = try call.connectedKeyStore(id)
            guard store.type == .cloudHSM else {
                throw .unsupported("The custom key store \(id) is an external key store, which makes no random bytes.")
            }
            let bytes = try await call.environment.withToken { (token) throws(HardwareTokenError) in
                try token.random(count)
            }
            return Output(plaintext: Blob(bytes), ciphertextForRecipient: nil)
        }
        return Output(plaintext: Blob(try randomBytes(count)), ciphertextForRecipient: nil)
    }
}
