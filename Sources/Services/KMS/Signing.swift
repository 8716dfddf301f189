import KMSAPI
import KeyMaterial
import Platform
import Policy
import Wire

// Signatures, MACs, shared secrets and public keys.

/// What Sign and Verify have in common.
private struct Signing {
    let algorithm: SigningAlgorithm
    let type: MessageType

    /// - Throws: InvalidKeyUsageException, ValidationException.
    init(_ name: String, _ typeName: String?, _ message: [UInt8], _ key: Key) throws(ServiceError) {
        guard let algorithm = SigningAlgorithm(rawValue: name), key.spec.signingAlgorithms.contains(algorithm) else {
            throw key.mismatch(name)
        }
        let typeName = typeName ?? MessageType.raw.rawValue
        guard let type = MessageType(rawValue: typeName), algorithm.messageTypes.contains(type) else {
            throw .invalid("MessageType \(typeName) is incompatible with algorithm \(name).")
        }
        guard type == .raw || message.count == algorithm.digestLength else {
            throw .invalid("Digest is invalid length for algorithm \(name).")
        }
        guard algorithm.isSupported else { throw .unsupported("The algorithm \(name) is not supported.") }
        self.algorithm = algorithm
        self.type = type
    }

    static func keys(_ algorithm: String, _ type: String?) -> [String: ContextValue] {
        [
            "kms:signingalgorithm": .one(algorithm),
            "kms:messagetype": .one(type ?? MessageType.raw.rawValue),
        ]
    }
}

extension KMS.Sign: KeyUseOperation {
    static var usage: KeyUsage { .signVerify }
    static func keys(_ input: Input) -> [String: ContextValue] {
        Signing.keys(input.signingAlgorithm, input.messageType)
    }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let message = input.message.bytes
        let signing = try Signing(input.signingAlgorithm, input.messageType, message, target.key)
        let (material, _) = try await call.material(of: target.entry)
        guard input.dryRun != true else { throw .dryRun }
        let signature = try using { () throws(KeyMaterialError) in
            try material.sign(message, signing.type, signing.algorithm)
        }
        return Output(
            keyId: target.entry.arn, signature: Blob(signature), signingAlgorithm: signing.algorithm.rawValue)
    }
}

extension KMS.Verify: KeyUseOperation {
    static var usage: KeyUsage { .signVerify }
    static func keys(_ input: Input) -> [String: ContextValue] {
        Signing.keys(input.signingAlgorithm, input.messageType)
    }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let message = input.message.bytes
        let signing = try Signing(input.signingAlgorithm, input.messageType, message, target.key)
        let (material, _) = try await call.material(of: target.entry)
        let isValid = try using { () throws(KeyMaterialError) in
            try material.verify(input.signature.bytes, of: message, signing.type, signing.algorithm)
        }
        guard isValid else { throw .kms(.kmsInvalidSignatureException, "") }
        guard input.dryRun != true else { throw .dryRun }
        return Output(
            keyId: target.entry.arn, signatureValid: true, signingAlgorithm: signing.algorithm.rawValue)
    }
}

extension Key {
    /// - Throws: InvalidKeyUsageException.
    fileprivate func macAlgorithm(_ name: String) throws(ServiceError) -> MACAlgorithm {
        guard let algorithm = MACAlgorithm(rawValue: name), spec.macAlgorithms.contains(algorithm) else {
            throw mismatch(name)
        }
        return algorithm
    }
}

extension KMS.GenerateMac: KeyUseOperation {
    static var usage: KeyUsage { .generateVerifyMAC }
    static func keys(_ input: Input) -> [String: ContextValue] { ["kms:macalgorithm": .one(input.macAlgorithm)] }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let algorithm = try target.key.macAlgorithm(input.macAlgorithm)
        let (material, _) = try await call.material(of: target.entry)
        guard input.dryRun != true else { throw .dryRun }
        let mac = try using { () throws(KeyMaterialError) in try material.mac(input.message.bytes, algorithm) }
        return Output(mac: Blob(mac), macAlgorithm: algorithm.rawValue, keyId: target.entry.arn)
    }
}

extension KMS.VerifyMac: KeyUseOperation {
    static var usage: KeyUsage { .generateVerifyMAC }
    static func keys(_ input: Input) -> [String: ContextValue] { ["kms:macalgorithm": .one(input.macAlgorithm)] }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let algorithm = try target.key.macAlgorithm(input.macAlgorithm)
        let (material, _) = try await call.material(of: target.entry)
        let isValid = try using { () throws(KeyMaterialError) in
            try material.verify(mac: input.mac.bytes, of: input.message.bytes, algorithm)
        }
        guard isValid else { throw .kms(.kmsInvalidMacException, "") }
        guard input.dryRun != true else { throw .dryRun }
        return Output(keyId: target.entry.arn, macValid: true, macAlgorithm: algorithm.rawValue)
    }
}

extension KMS.DeriveSharedSecret: KeyUseOperation {
    static var usage: KeyUsage { .keyAgreement }
    static func keys(_ input: Input) -> [String: ContextValue] {
        ["kms:keyagreementalgorithm": .one(input.keyAgreementAlgorithm)]
    }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard input.recipient == nil else { throw .recipientsAreNotBuilt }
        let key = target.key
        let (material, _) = try await call.material(of: target.entry)
        let secret: [UInt8]
        do throws(KeyMaterialError) {
            secret = try material.sharedSecret(with: input.publicKey.bytes)
        } catch {
            // AWS doesn't say what is wrong with the other's public key.
            throw error == .malformed ? .invalid("") : ServiceError(error)
        }
        guard input.dryRun != true else { throw .dryRun }
        return Output {
            $0.keyId = target.entry.arn
            $0.sharedSecret = Blob(secret)
            $0.keyAgreementAlgorithm = input.keyAgreementAlgorithm
            $0.keyOrigin = key.origin.rawValue
        }
    }
}

extension KMS.GetPublicKey: KeyRead {
    static var naming: KeyNaming { [.aliases, .otherAccounts] }
    static var refused: RefusedStates { .unusable }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let key = target.key
        guard !key.spec.isSymmetric else {
            throw .unsupported("\(key.arn) key spec is \(key.spec.rawValue) which is not valid for GetPublicKey.")
        }
        let (material, _) = try await call.material(of: target.entry)
        let publicKey = try using { () throws(KeyMaterialError) in try material.publicKey() }
        return Output {
            $0.keyId = target.entry.arn
            $0.publicKey = Blob(publicKey)
            $0.customerMasterKeySpec = key.spec.rawValue
            $0.keySpec = key.spec.rawValue
            $0.keyUsage = key.usage.rawValue
            switch key.usage {
            case .encryptDecrypt: $0.encryptionAlgorithms = key.spec.encryptionAlgorithms.map(\.rawValue)
            case .signVerify: $0.signingAlgorithms = key.spec.signingAlgorithms.map(\.rawValue)
            case .keyAgreement: $0.keyAgreementAlgorithms = key.spec.keyAgreementAlgorithms.map(\.rawValue)
            case .generateVerifyMAC: break
            }
        }
    }
}
