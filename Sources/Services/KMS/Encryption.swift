import KMSAPI
import KeyMaterial
import Platform
import Policy
import Wire

// Encrypt, Decrypt, ReEncrypt.

extension KMS.Encrypt: KeyUseOperation {
    static var usage: KeyUsage { .encryptDecrypt }
    static func keys(_ input: Input) -> [String: ContextValue] { encryptionAlgorithmKey(input.encryptionAlgorithm) }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let key = target.key
        let context = input.encryptionContext
        let algorithm = try key.encryptionAlgorithm(input.encryptionAlgorithm, context: context)
        let (blob, _) = try await call.encrypt(input.plaintext.bytes, with: target.entry, algorithm, context: context)
        guard input.dryRun != true else { throw .dryRun }
        return Output(
            ciphertextBlob: Blob(blob), keyId: target.entry.arn, encryptionAlgorithm: algorithm.rawValue)
    }
}

extension KMS.Decrypt: ComputeOperation {
    public static var secretMembers: Set<String> { KMSSecrets.members }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let context = input.encryptionContext
        try EncryptionContexts.check(context)
        let target = try await call.target(
            ofCiphertext: input.ciphertextBlob, input.encryptionAlgorithm, key: input.keyId,
            mayIgnoreCiphertext: ignoresCiphertext(input.dryRun, input.dryRunModifiers), "Decrypt")
        return .required(
            try await call.need(
                target, encryptionAlgorithmKey(input.encryptionAlgorithm), tokens: input.grantTokens,
                context: context))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard input.recipient == nil else { throw .recipientsAreNotBuilt }
        let target = try call.target()
        let key = target.key
        try RefusedStates.unusable.check(key, call)
        try key.check(.encryptDecrypt, for: call.operation)
        let context = input.encryptionContext
        let algorithm = try key.encryptionAlgorithm(input.encryptionAlgorithm, context: context)
        guard let blob = input.ciphertextBlob else { throw .dryRun }
        let (plaintext, materialID) = try await call.decrypt(blob.bytes, target, algorithm, context: context)
        guard input.dryRun != true else { throw .dryRun }
        call.countUse(of: target.entry)
        return Output {
            $0.keyId = target.entry.arn
            $0.plaintext = Blob(plaintext)
            $0.encryptionAlgorithm = algorithm.rawValue
            if algorithm == .symmetricDefault { $0.keyMaterialId = key.told(materialID) }
        }
    }
}

private func ignoresCiphertext(_ dryRun: Bool?, _ modifiers: [String]?) -> Bool {
    dryRun == true && modifiers?.contains("IGNORE_CIPHERTEXT") == true
}

/// It needs two permissions: to take the ciphertext out of one key, and to put it under another.
extension KMS.ReEncrypt: ComputeOperation {
    public static var secretMembers: Set<String> { KMSSecrets.members }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try EncryptionContexts.check(input.sourceEncryptionContext)
        try EncryptionContexts.check(input.destinationEncryptionContext)
        let source = try await call.target(
            ofCiphertext: input.ciphertextBlob, input.sourceEncryptionAlgorithm, key: input.sourceKeyId,
            mayIgnoreCiphertext: ignoresCiphertext(input.dryRun, input.dryRunModifiers), "ReEncryptFrom")
        let destination = try await call.target(input.destinationKeyId, [.aliases, .otherAccounts])
        let isSame = ContextValue.one(String(source.entry.arn == destination.entry.arn))
        var from = encryptionAlgorithmKey(input.sourceEncryptionAlgorithm)
        from["kms:reencryptonsamekey"] = isSame
        var to = encryptionAlgorithmKey(input.destinationEncryptionAlgorithm)
        to["kms:reencryptonsamekey"] = isSame
        let first = try await call.need(
            source, action: "ReEncryptFrom", from, tokens: input.grantTokens, context: input.sourceEncryptionContext)
        var second = try await call.need(
            destination, action: "ReEncryptTo", to, tokens: input.grantTokens,
            context: input.destinationEncryptionContext)
        if let target = second.learnt as? KeyTarget { second.learnt = SecondTarget(target: target) }
        return .required([first, second])
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let source = try call.target()
        guard let second = call.learnt(SecondTarget.self) else { throw .internalFailure }
        let entry = try await call.existing(second.target).entry
        let destination = entry.key
        for key in [source.key, destination] {
            try RefusedStates.unusable.check(key, call)
            try key.check(.encryptDecrypt, for: call.operation)
        }
        let from = try source.key.encryptionAlgorithm(
            input.sourceEncryptionAlgorithm, context: input.sourceEncryptionContext)
        let to = try destination.encryptionAlgorithm(
            input.destinationEncryptionAlgorithm, context: input.destinationEncryptionContext)
        guard let blob = input.ciphertextBlob else { throw .dryRun }
        let (plaintext, sourceID) = try await call.decrypt(
            blob.bytes, source, from, context: input.sourceEncryptionContext)
        let (made, destinationID) = try await call.encrypt(
            plaintext, with: entry, to, context: input.destinationEncryptionContext)
        guard input.dryRun != true else { throw .dryRun }
        call.countUse(of: source.entry, into: entry)
        return Output {
            $0.ciphertextBlob = Blob(made)
            $0.sourceKeyId = source.entry.arn
            $0.keyId = entry.arn
            $0.sourceEncryptionAlgorithm = from.rawValue
            $0.destinationEncryptionAlgorithm = to.rawValue
            if from == .symmetricDefault { $0.sourceKeyMaterialId = source.key.told(sourceID) }
            if to == .symmetricDefault { $0.destinationKeyMaterialId = destination.told(destinationID) }
        }
    }
}

/// What never reaches CloudTrail: plaintexts and ciphertexts, messages, tokens and what is imported.
enum KMSSecrets {
    static let members: Set<String> = [
        "CiphertextBlob", "EncryptedKeyMaterial", "GrantTokens", "ImportToken", "Mac", "Message", "PublicKey",
        "Signature", "Recipient",
    ]
}
