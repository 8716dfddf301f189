import CognitoIDPAPI
import Ledger
import Platform
import Wire

// Identity providers of user pools.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html>

extension ServiceModule {
    static let userPoolProviderOperations: [any Platform.Operation.Type] = [
        CognitoIDP.CreateIdentityProvider.self, CognitoIDP.DescribeIdentityProvider.self,
        CognitoIDP.UpdateIdentityProvider.self, CognitoIDP.DeleteIdentityProvider.self,
        CognitoIDP.ListIdentityProviders.self, CognitoIDP.GetIdentityProviderByIdentifier.self,
    ]
}

extension RecordReading {
    fileprivate func provider(_ name: String, of poolID: String) throws(ServiceError) -> UserPoolProvider {
        _ = try userPool(poolID)
        guard let provider = try get(UserPoolProvider.self, UserPoolProvider.id(name, of: poolID)) else {
            throw .noSuchProvider(name)
        }
        return provider
    }

    /// The provider of a pool that an identifier stands for.
    fileprivate func provider(
        identifier: String, of poolID: String
    ) throws(ServiceError) -> UserPoolProvider? {
        try referrers(
            UserPoolProvider.self, UserPoolProvider.byIdentifier, to: UserPoolProvider.id(identifier, of: poolID),
            limit: 1
        ).first
    }

    /// - Throws: DuplicateProviderException for an identifier that another provider of the pool has.
    fileprivate func check(
        identifiers: [String], of name: String, _ poolID: String
    ) throws(ServiceError) {
        guard Set(identifiers).count == identifiers.count else {
            throw .invalidParameter("IdpIdentifiers must be unique.")
        }
        for identifier in identifiers {
            guard let other = try provider(identifier: identifier, of: poolID), other.name != name else { continue }
            throw .cognito(
                .duplicateProviderException, "An identity provider with the identifier \(identifier) already exists.")
        }
    }
}

extension ServiceError {
    fileprivate static func noSuchProvider(_ name: String) -> ServiceError {
        .cognito(.resourceNotFoundException, "Identity provider \(name) does not exist.")
    }
}

extension CognitoIDP.IdentityProviderType {
    /// The provider as it is in answers.
    init(_ provider: UserPoolProvider) {
        self.init()
        userPoolId = provider.poolID
        providerName = provider.name
        providerType = provider.type.rawValue
        providerDetails = provider.details
        attributeMapping = provider.mapping
        idpIdentifiers = provider.identifiers
        creationDate = Timestamp(secondsSinceEpoch: provider.created)
        lastModifiedDate = Timestamp(secondsSinceEpoch: provider.modified)
    }
}

extension CognitoIDP.CreateIdentityProvider: PreparedWriteOperation, OnUserPool {
    /// A document may be as long as the model lets a member of the details be.
    public static var bodyLimit: Int { 2 << 20 }
    public static var secretMembers: Set<String> { ["ProviderDetails"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> ProviderDocuments {
        _ = try call.userPool(input.userPoolId)
        guard let type = UserPoolProvider.ProviderType(rawValue: input.providerType) else {
            throw .invalidParameter("Invalid provider type: \(input.providerType)")
        }
        try type.check(name: input.providerName)
        let details = try type.details(of: input.providerDetails)
        return try await ProviderDocuments(of: type, details, call.environment)
    }

    public static func handle(
        _ input: Input, _ documents: ProviderDocuments, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let id = UserPoolProvider.id(input.providerName, of: pool.id)
        guard try records.get(UserPoolProvider.self, id) == nil else {
            throw .cognito(
                .duplicateProviderException,
                "An identity provider with the name \(input.providerName) already exists.")
        }
        let quota = call.quotas[.userPoolProviders]
        guard try records.partCount(UserPoolProvider.self, of: pool.id) < quota else {
            throw .limitExceeded(
                "The limit of \(quota) identity providers for user pool \(pool.id) has been reached.")
        }
        guard let type = UserPoolProvider.ProviderType(rawValue: input.providerType) else {
            throw .invalidParameter("Invalid provider type: \(input.providerType)")
        }
        let identifiers = input.idpIdentifiers ?? []
        try records.check(identifiers: identifiers, of: input.providerName, pool.id)
        let provider = UserPoolProvider(
            poolID: pool.id, name: input.providerName, type: type,
            details: try type.details(of: input.providerDetails).merging(documents.details) { $1 },
            mapping: try type.mapping(of: input.attributeMapping ?? [:], try PoolEntry(pool).schema),
            identifiers: identifiers, metadata: documents.metadata,
            fetched: documents.isFetched ? call.time : nil, encryptionKey: documents.encryptionKey, created: call.time,
            modified: call.time)
        try records.put(provider)
        return Output(identityProvider: CognitoIDP.IdentityProviderType(provider))
    }
}

extension CognitoIDP.DescribeIdentityProvider: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let provider = try records.provider(input.providerName, of: input.userPoolId)
        return Output(identityProvider: CognitoIDP.IdentityProviderType(provider))
    }
}

extension CognitoIDP.GetIdentityProviderByIdentifier: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        guard let provider = try records.provider(identifier: input.idpIdentifier, of: pool.id) else {
            throw .noSuchProvider(input.idpIdentifier)
        }
        return Output(identityProvider: CognitoIDP.IdentityProviderType(provider))
    }
}

extension CognitoIDP.UpdateIdentityProvider: PreparedWriteOperation, OnUserPool {
    public static var bodyLimit: Int { 2 << 20 }
    public static var secretMembers: Set<String> { ["ProviderDetails"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> ProviderDocuments? {
        _ = try call.userPool(input.userPoolId)
        guard let given = input.providerDetails else { return nil }
        guard let provider = call.environment.identityProvider(input.providerName, of: input.userPoolId) else {
            throw .noSuchProvider(input.providerName)
        }
        return try await ProviderDocuments(
            of: provider.type, try provider.type.details(of: given), replacing: provider, call.environment)
    }

    public static func handle(
        _ input: Input, _ documents: ProviderDocuments?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var provider = try records.provider(input.providerName, of: input.userPoolId)
        if let given = input.providerDetails, let documents {
            provider.details = try provider.type.details(of: given).merging(documents.details) { $1 }
            provider.metadata = documents.metadata
            provider.fetched = documents.isFetched ? call.time : nil
            provider.encryptionKey = documents.encryptionKey
        }
        if let mapping = input.attributeMapping {
            let pool = try PoolEntry(try records.userPool(provider.poolID))
            provider.mapping = try provider.type.mapping(of: mapping, pool.schema)
        }
        if let identifiers = input.idpIdentifiers {
            try records.check(identifiers: identifiers, of: provider.name, provider.poolID)
            provider.identifiers = identifiers
        }
        provider.modified = call.time
        try records.put(provider)
        return Output(identityProvider: CognitoIDP.IdentityProviderType(provider))
    }
}

extension CognitoIDP.DeleteIdentityProvider: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.delete(try records.provider(input.providerName, of: input.userPoolId))
        return Output()
    }
}

extension CognitoIDP.ListIdentityProviders: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let paging = try Paging(cognito: input)
        let page = try records.page(UserPoolProvider.self, UserPoolProvider.ofPool, to: pool.id, paging)
        return Output(page) { provider in
            CognitoIDP.ProviderDescription {
                $0.providerName = provider.name
                $0.providerType = provider.type.rawValue
                $0.creationDate = Timestamp(secondsSinceEpoch: provider.created)
                $0.lastModifiedDate = Timestamp(secondsSinceEpoch: provider.modified)
            }
        }
    }
}
