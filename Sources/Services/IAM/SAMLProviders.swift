import Directory
import IAMAPI
import Ledger
import Platform
import Policy
import SAML
import Wire

// SAML identity providers.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html>

extension SAMLMetadata {
    /// AWS considers a document without a date valid for a hundred years.
    private static let unlimited = 100 * 365.25 * 86400

    /// - Throws: InvalidInput, LimitExceeded.
    fileprivate static func parsed(_ text: String, _ call: Call) throws(ServiceError) -> SAMLMetadata {
        let metadata: SAMLMetadata
        do throws(SAMLError) {
            metadata = try SAMLMetadata(parsing: text)
        } catch {
            throw .invalidInput("Could not parse metadata")
        }
        let quota = call.quotas[.keysPerSAMLProvider]
        guard metadata.signingCertificates.count <= quota else { throw .quotaExceeded("KeysPerSAMLProvider", quota) }
        return metadata
    }

    fileprivate func validUntil(from time: Double) -> Double {
        validUntil ?? time + Self.unlimited
    }
}

/// What a request contains, parsed before the transaction, because XML and keys take long. What is wrong with it is
/// reported only in its turn, after the provider has been looked up.
public struct SAMLDocuments: Sendable {
    /// Until when the metadata are valid; nil where the request has none.
    fileprivate let validUntil: Result<Double, ServiceError>?
    /// nil where the request has no key.
    fileprivate let isPrivateKey: Bool?

    fileprivate init(metadata: String?, privateKey: String?, _ call: Call) {
        validUntil = metadata.map { text in
            Result { () throws(ServiceError) in
                try SAMLMetadata.parsed(text, call).validUntil(from: call.time)
            }
        }
        isPrivateKey = privateKey.map { SAMLVerifier.isPrivateKey($0) }
    }
}

extension SAMLProvider {
    private static let mostPrivateKeys = 2

    /// - Throws: InvalidInput for a text that is not a private key, LimitExceeded beyond two.
    fileprivate mutating func add(
        privateKey pem: String, _ documents: SAMLDocuments, _ call: Call
    ) throws(ServiceError) {
        guard documents.isPrivateKey == true else { throw .invalidInput("Invalid private key.") }
        guard privateKeys.count < Self.mostPrivateKeys else {
            throw .limitExceeded("Private key limit of \(Self.mostPrivateKeys) is reached.")
        }
        privateKeys.append(PrivateKey(id: Identifiers.key(), createDate: call.time, pem: pem))
        encryptionMode = encryptionMode ?? .allowed
    }

    fileprivate mutating func remove(privateKey id: String) throws(ServiceError) {
        guard privateKeys.contains(where: { $0.id == id }) else {
            throw .invalidInput("Failed to remove private key because the Key ID does not match a private key.")
        }
        privateKeys.removeAll { $0.id == id }
        guard !privateKeys.isEmpty || encryptionMode != .required else {
            throw .invalidInput("Failed to remove private key.")
        }
    }

    fileprivate mutating func set(encryptionMode name: String) throws(ServiceError) {
        encryptionMode = EncryptionMode(rawValue: name)
        guard encryptionMode != .required || !privateKeys.isEmpty else {
            throw .invalidInput(
                "Unable to set assertion encryption mode to Required because no private key is provided.")
        }
    }
}

/// The name of the provider that an ARN names.
/// - Throws: ValidationError for what is no ARN of such a provider.
private func name(ofARN text: String) throws(ServiceError) -> String {
    guard let arn = ARN(parsing: text), arn.service == "iam", let (type, name) = arn.typeAndRest,
        type == "saml-provider"
    else { throw .invalidARN }
    return String(name)
}

extension RecordReading {
    /// The provider of an ARN.
    /// - Throws: NoSuchEntity, and ValidationError for what is no ARN.
    fileprivate func samlProvider(_ arn: String) throws(ServiceError) -> SAMLProvider {
        guard let provider = try get(SAMLProvider.self, name(ofARN: arn)), provider.arn == arn else {
            throw .noSuchEntity("Manifest not found for arn \(arn)")
        }
        return provider
    }
}

protocol OnSAMLProvider: RecordOperation where InputFields: IAM.WithSAMLProviderArn, Target == SAMLProvider {}

extension OnSAMLProvider {
    static func access(
        _ input: Input, _ keys: [String: ContextValue], _ call: Call
    ) async throws(ServiceError) -> Authorization {
        let arn = input.samlProviderArn
        let name = try name(ofARN: arn)
        let found = try await call.read { (records) throws(ServiceError) in try records.get(SAMLProvider.self, name) }
        let tags = found?.arn == arn ? found?.tags ?? [] : []
        return call.access(on: arn, ConditionKeys.resourceTags(tags, service: "iam").merging(keys) { $1 })
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError) -> SAMLProvider
    {
        try records.samlProvider(input.samlProviderArn)
    }
}

extension IAM.CreateSAMLProvider: PreparedWriteOperation {
    public static var secretMembers: Set<String> { ["AddPrivateKey"] }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(call.accountID, "saml-provider", name: input.name)
        return call.access(creating: arn, input.tags, taggedBy: "TagSAMLProvider")
    }

    public static func prepare(_ input: Input, _ call: Call) -> SAMLDocuments {
        SAMLDocuments(metadata: input.samlMetadataDocument, privateKey: input.addPrivateKey, call)
    }

    public static func handle(
        _ input: Input, _ documents: SAMLDocuments, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let validUntil = try documents.validUntil?.get() else { throw .internalFailure }
        guard try records.get(SAMLProvider.self, input.name) == nil else {
            throw .entityAlreadyExists("Provider with name \(input.name) already exists.")
        }
        let quota = call.quotas[.samlProviders]
        guard try records.count(SAMLProvider.self) < quota else {
            throw .quotaExceeded("SAMLProvidersPerAccount", quota)
        }
        var provider = SAMLProvider(
            accountID: call.accountID, name: input.name, uniqueID: Identifiers.key(), createDate: call.time,
            metadata: input.samlMetadataDocument, validUntil: validUntil)
        provider.tags = try TagRules.ofResources.new(input.tags)
        if let pem = input.addPrivateKey { try provider.add(privateKey: pem, documents, call) }
        if let mode = input.assertionEncryptionMode { try provider.set(encryptionMode: mode) }
        try records.put(provider)
        var output = Output()
        output.samlProviderArn = provider.arn
        if !provider.tags.isEmpty { output.tags = provider.tags.map(IAM.Tag.init) }
        return output
    }
}

extension IAM.GetSAMLProvider: ReadOperation, OnSAMLProvider {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let provider = try records.samlProvider(input.samlProviderArn)
        var output = Output()
        output.samlProviderUUID = provider.uniqueID
        output.samlMetadataDocument = provider.metadata
        output.createDate = Timestamp(secondsSinceEpoch: provider.createDate)
        output.validUntil = Timestamp(secondsSinceEpoch: provider.validUntil)
        output.tags = provider.tags.map(IAM.Tag.init)
        output.assertionEncryptionMode = (provider.encryptionMode ?? .allowed).rawValue
        output.privateKeyList = provider.privateKeys.map { key in
            var view = IAM.SAMLPrivateKey()
            view.keyId = key.id
            view.timestamp = Timestamp(secondsSinceEpoch: key.createDate)
            return view
        }
        return output
    }
}

extension IAM.UpdateSAMLProvider: PreparedWriteOperation, OnSAMLProvider {
    public static var secretMembers: Set<String> { ["AddPrivateKey"] }

    public static func prepare(_ input: Input, _ call: Call) -> SAMLDocuments {
        SAMLDocuments(metadata: input.samlMetadataDocument, privateKey: input.addPrivateKey, call)
    }

    public static func handle(
        _ input: Input, _ documents: SAMLDocuments, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard
            input.samlMetadataDocument != nil || input.assertionEncryptionMode != nil || input.addPrivateKey != nil
                || input.removePrivateKey != nil
        else {
            throw .invalidInput(
                "Unable to update identity provider. No updates are defined for metadata or encryption assertion.")
        }
        guard input.addPrivateKey == nil || input.removePrivateKey == nil else {
            throw .invalidInput(
                "Unable to add and remove private keys in the same request. Set a value for only one of the two "
                    + "parameters.")
        }
        var provider = try records.samlProvider(input.samlProviderArn)
        if let document = input.samlMetadataDocument, let validUntil = try documents.validUntil?.get() {
            provider.metadata = document
            provider.validUntil = validUntil
        }
        if let pem = input.addPrivateKey { try provider.add(privateKey: pem, documents, call) }
        if let mode = input.assertionEncryptionMode { try provider.set(encryptionMode: mode) }
        if let id = input.removePrivateKey { try provider.remove(privateKey: id) }
        try records.put(provider)
        return Output(samlProviderArn: provider.arn)
    }
}

/// Roles that trust the provider remain, but can't be assumed through it any more.
extension IAM.DeleteSAMLProvider: DeleteOperation, OnSAMLProvider {}

extension IAM.ListSAMLProviders: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: "*")
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        return Output(
            samlProviderList: try records.list(SAMLProvider.self).map { provider in
                var view = IAM.SAMLProviderListEntry()
                view.arn = provider.arn
                view.validUntil = Timestamp(secondsSinceEpoch: provider.validUntil)
                view.createDate = Timestamp(secondsSinceEpoch: provider.createDate)
                return view
            })
    }
}

extension IAM.TagSAMLProvider: TagOperation, OnSAMLProvider {}
extension IAM.UntagSAMLProvider: UntagOperation, OnSAMLProvider {}
extension IAM.ListSAMLProviderTags: ListTagsOperation, OnSAMLProvider {}
