import CognitoIDPAPI
import Ledger
import Platform
import Wire

// Resource servers.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html>

extension ServiceModule {
    static let resourceServerOperations: [any Platform.Operation.Type] = [
        CognitoIDP.CreateResourceServer.self, CognitoIDP.DescribeResourceServer.self,
        CognitoIDP.UpdateResourceServer.self, CognitoIDP.DeleteResourceServer.self,
        CognitoIDP.ListResourceServers.self,
    ]
}

extension RecordReading {
    fileprivate func resourceServer(_ identifier: String, of poolID: String) throws(ServiceError) -> ResourceServer {
        _ = try userPool(poolID)
        guard let server = try get(ResourceServer.self, ResourceServer.id(identifier, of: poolID)) else {
            throw .cognito(.resourceNotFoundException, "Resource server \(identifier) does not exist.")
        }
        return server
    }
}

extension ResourceServer {
    /// - Throws: InvalidParameterException where two scopes have one name.
    fileprivate static func scopes(
        _ views: [CognitoIDP.ResourceServerScopeType]?
    ) throws(ServiceError) -> [Scope] {
        let scopes = (views ?? []).map { Scope(name: $0.scopeName, description: $0.scopeDescription) }
        guard Set(scopes.map(\.name)).count == scopes.count else {
            throw .invalidParameter("Scope names of a resource server must be unique.")
        }
        return scopes
    }
}

extension CognitoIDP.ResourceServerType {
    fileprivate init(_ server: ResourceServer) {
        self.init()
        userPoolId = server.poolID
        identifier = server.identifier
        name = server.name
        scopes = server.scopes.map { scope in
            CognitoIDP.ResourceServerScopeType {
                $0.scopeName = scope.name
                $0.scopeDescription = scope.description
            }
        }
    }
}

extension CognitoIDP.CreateResourceServer: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let server = ResourceServer(
            poolID: pool.id, identifier: input.identifier, name: input.name,
            scopes: try ResourceServer.scopes(input.scopes))
        guard try records.get(ResourceServer.self, server.id) == nil else {
            throw .invalidParameter("\(server.identifier) already exists in user pool \(pool.id).")
        }
        let quota = call.quotas[.resourceServers]
        guard try records.partCount(ResourceServer.self, of: pool.id) < quota else {
            throw .limitExceeded("The limit of \(quota) resource servers for user pool \(pool.id) has been reached.")
        }
        try records.put(server)
        return Output(resourceServer: CognitoIDP.ResourceServerType(server))
    }
}

extension CognitoIDP.DescribeResourceServer: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let server = try records.resourceServer(input.identifier, of: input.userPoolId)
        return Output(resourceServer: CognitoIDP.ResourceServerType(server))
    }
}

extension CognitoIDP.UpdateResourceServer: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var server = try records.resourceServer(input.identifier, of: input.userPoolId)
        server.name = input.name
        server.scopes = try ResourceServer.scopes(input.scopes)
        try records.put(server)
        return Output(resourceServer: CognitoIDP.ResourceServerType(server))
    }
}

extension CognitoIDP.DeleteResourceServer: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.delete(try records.resourceServer(input.identifier, of: input.userPoolId))
        return Output()
    }
}

extension CognitoIDP.ListResourceServers: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let paging = try Paging(cognito: input, most: 50)
        let page = try records.page(ResourceServer.self, ResourceServer.ofPool, to: pool.id, paging)
        return Output(page) { CognitoIDP.ResourceServerType($0) }
    }
}
