import CognitoIDPAPI
import Ledger
import Platform
import Wire

// What operations are about, and so what policies are asked: a user pool for those of administrators; nothing for those of
// users, who prove themselves by their app client or their access token.

extension Call {
    /// What an operation on a user pool of the caller's account asks for. Whether there is one is looked up later.
    func access(onPool id: String) -> Authorization {
        .required(Access("cognito-idp:\(operation)", on: UserPool.arn(id, region: region, account: accountID)))
    }

    /// A user pool of the caller's account and region.
    /// - Throws: ResourceNotFoundException.
    func userPool(_ id: String) throws(ServiceError) -> PoolEntry {
        guard let pool = environment.userPool(id), pool.scope == scope else { throw .noSuchPool(id) }
        return pool
    }

    /// An app client of a user pool of the caller's account and region.
    /// - Throws: ResourceNotFoundException.
    func userPoolClient(_ id: String, of poolID: String) throws(ServiceError) -> ClientEntry {
        let pool = try userPool(poolID)
        guard let client = environment.userPoolClient(id), client.pool.id == pool.id else { throw .noSuchClient(id) }
        return client
    }
}

/// An operation of administrators on the user pool that its request names.
protocol OnUserPool: Platform.Operation where InputFields: CognitoIDP.WithUserPoolId {}

extension OnUserPool {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(onPool: input.userPoolId)
    }
}

/// An operation without a signature: it is recorded in the account of the user pool, and asks no policies. The web ACL of the
/// pool is asked before it.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html>
protocol OfTheApp: FederatedOperation {
    /// The user pool that a request is about; nothing is proved by that. nil: none is known.
    static func pool(_ input: Input, _ environment: Environment) -> PoolEntry?
}

extension OfTheApp {
    public static func place(_ input: Input, _ environment: Environment) -> Scope? { pool(input, environment)?.scope }

    public static func identify(_ input: Input, _ call: Call) throws(ServiceError) -> Caller {
        if let pool = pool(input, call.environment) { try call.checkWebACL(of: pool) }
        return Caller(accountID: call.accountID, identity: .anonymous)
    }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .notRequired(because: "the app client or an access token proves who may ask")
    }
}

/// An operation that an app client asks for; the client's pool says in which account and Region.
protocol OfClient: OfTheApp where InputFields: CognitoIDP.WithClientId {}

extension OfClient {
    static func pool(_ input: Input, _ environment: Environment) -> PoolEntry? {
        environment.userPoolClient(input.clientId)?.pool
    }
}

/// An operation that a user asks for with an access token. What the token proves, `handle` or `prepare` finds out: see
/// ``Platform/Call/signedInUser(_:)``.
protocol OfSignedInUser: OfTheApp where InputFields: CognitoIDP.WithAccessToken {}

extension OfSignedInUser {
    static func pool(_ input: Input, _ environment: Environment) -> PoolEntry? {
        environment.userPool(ofToken: input.accessToken)
    }
}

/// The same, where the model does not say that there has to be an access token.
protocol MayBeOfSignedInUser: OfTheApp where InputFields: CognitoIDP.MayHaveAccessToken {}

extension MayBeOfSignedInUser {
    static func pool(_ input: Input, _ environment: Environment) -> PoolEntry? {
        input.accessToken.flatMap { environment.userPool(ofToken: $0) }
    }
}

/// The same, where an access token or a session may prove who asks.
protocol OfUserOrSession: OfTheApp where InputFields: CognitoIDP.MayHaveAccessToken & CognitoIDP.MayHaveSession {}

extension OfUserOrSession {
    static func pool(_ input: Input, _ environment: Environment) -> PoolEntry? {
        if let token = input.accessToken { return environment.userPool(ofToken: token) }
        return input.session.flatMap { SignInSession.pool(of: $0, environment) }
    }
}
