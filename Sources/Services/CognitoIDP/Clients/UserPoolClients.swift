import CognitoIDPAPI
import Ledger
import Platform
import Wire

// App clients. <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html>

extension ServiceModule {
    static let appClientOperations: [any Platform.Operation.Type] = [
        CognitoIDP.CreateUserPoolClient.self, CognitoIDP.DescribeUserPoolClient.self,
        CognitoIDP.UpdateUserPoolClient.self, CognitoIDP.DeleteUserPoolClient.self,
        CognitoIDP.ListUserPoolClients.self, CognitoIDP.AddUserPoolClientSecret.self,
        CognitoIDP.ListUserPoolClientSecrets.self, CognitoIDP.DeleteUserPoolClientSecret.self,
    ]
}

extension RecordReading {
    /// An app client of a pool.
    /// - Throws: ResourceNotFoundException.
    func userPoolClient(_ id: String, of poolID: String) throws(ServiceError) -> UserPoolClient {
        _ = try userPool(poolID)
        guard let client = try get(UserPoolClient.self, id), client.poolID == poolID else { throw .noSuchClient(id) }
        return client
    }

    /// The rules for a client of a pool, by all that the pool has now.
    fileprivate func clientRules(
        of pool: UserPool, isConfidential: Bool, deed: String
    ) throws(ServiceError) -> ClientRules {
        ClientRules(
            pool: try PoolEntry(pool), isConfidential: isConfidential, deed: deed,
            providers: Set(try parts(UserPoolProvider.self, of: pool.id).map(\.name)),
            customScopes: Set(try parts(ResourceServer.self, of: pool.id).flatMap(\.scopeNames)))
    }
}

extension CognitoIDP.UserPoolClientType {
    /// The settings of a request, with AWS's defaults.
    /// - Parameter request: of CreateUserPoolClient or UpdateUserPoolClient.
    fileprivate init(requested request: Structure) throws(ServiceError) {
        self.init(try Structure(json: request.json, of: Self.shape))
        (userPoolId, clientName, clientId, clientSecret) = (nil, nil, nil, nil)
        if refreshTokenValidity ?? 0 == 0 {
            refreshTokenValidity = 30
            tokenValidityUnits?.refreshToken = nil
        }
        tokenValidityUnits = tokenValidityUnits ?? CognitoIDP.TokenValidityUnitsType()
        allowedOAuthFlowsUserPoolClient = allowedOAuthFlowsUserPoolClient ?? false
        enableTokenRevocation = enableTokenRevocation ?? true
        enablePropagateAdditionalUserContextData = enablePropagateAdditionalUserContextData ?? false
        authSessionValidity = authSessionValidity ?? 3
    }
}

extension UserPoolClient {
    func readSettings() throws(ServiceError) -> CognitoIDP.UserPoolClientType {
        CognitoIDP.UserPoolClientType(try Structure(json: settings, of: CognitoIDP.UserPoolClientType.shape))
    }

    /// The client as it is in answers.
    fileprivate func view() throws(ServiceError) -> CognitoIDP.UserPoolClientType {
        var view = try readSettings()
        view.userPoolId = poolID
        view.clientName = name
        view.clientId = id
        view.clientSecret = secrets.last?.value
        view.creationDate = Timestamp(secondsSinceEpoch: created)
        view.lastModifiedDate = Timestamp(secondsSinceEpoch: modified)
        return view
    }
}

extension CognitoIDP.CreateUserPoolClient: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let quota = call.quotas[.appClients]
        guard try records.partCount(UserPoolClient.self, of: pool.id) < quota else {
            throw .limitExceeded("The limit of \(quota) app clients for user pool \(pool.id) has been reached.")
        }
        guard input.generateSecret != true || input.clientSecret == nil else {
            throw .invalidParameter("GenerateSecret can not be true when a ClientSecret is provided.")
        }
        let id = Identifiers.lowercase(26)
        let isConfidential = input.generateSecret == true || input.clientSecret != nil
        let settings = try CognitoIDP.UserPoolClientType(requested: input.structure)
        try records.clientRules(of: pool, isConfidential: isConfidential, deed: "creating").check(settings)
        let client = UserPoolClient(
            id: id, poolID: pool.id, name: input.clientName, created: call.time, modified: call.time,
            secrets: isConfidential
                ? [UserPoolClient.Secret(of: id, input.clientSecret ?? UserPoolClient.Secret.newValue, at: call.time)]
                : [],
            settings: settings.structure.json)
        try records.put(client)
        return Output(userPoolClient: try client.view())
    }
}

extension CognitoIDP.DescribeUserPoolClient: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(userPoolClient: try records.userPoolClient(input.clientId, of: input.userPoolId).view())
    }
}

extension CognitoIDP.UpdateUserPoolClient: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        let pool = try records.userPool(client.poolID)
        let settings = try CognitoIDP.UserPoolClientType(requested: input.structure)
        try records.clientRules(of: pool, isConfidential: !client.secrets.isEmpty, deed: "updating").check(settings)
        client.settings = settings.structure.json
        client.modified = call.time
        if let name = input.clientName { client.name = name }
        try records.put(client)
        return Output(userPoolClient: try client.view())
    }
}

extension CognitoIDP.DeleteUserPoolClient: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        try records.deleteAppearance(ofClient: client.id, client.poolID)
        if let risks = try records.get(RiskConfiguration.self, RiskConfiguration.id(client.id, of: client.poolID)) {
            try records.delete(risks)
        }
        try records.delete(client)
        return Output()
    }
}

extension CognitoIDP.ListUserPoolClients: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let paging = try Paging(cognito: input)
        let page = try records.page(UserPoolClient.self, UserPoolClient.ofPool, to: pool.id, paging)
        return Output(
            page.map { client in
                CognitoIDP.UserPoolClientDescription {
                    $0.clientId = client.id
                    $0.userPoolId = client.poolID
                    $0.clientName = client.name
                }
            })
    }
}
