import CognitoIdentityAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// What operations are about, and so what policies are asked: an identity pool for those of administrators; for those without a
// signature nothing but the organization's resource control policies.

extension Call {
    /// An identity pool of the caller's account and region.
    /// - Throws: ResourceNotFoundException.
    func identityPool(_ id: String) throws(ServiceError) -> IdentityPool {
        guard let pool = environment.identityPool(id), pool.scope == scope else { throw .noSuchPool(id) }
        return pool
    }

    /// What an operation on a pool of the caller's account asks for. Whether there is one is looked up later.
    func access(onPool id: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        .required(
            Access(
                "cognito-identity:\(operation)", on: IdentityPool.arn(id, region: region, account: accountID),
                context: context))
    }

    /// What an operation asks for whose action has no resources, though it is about a pool: a condition key names that.
    func access(namingPool id: String) -> Access {
        Access(
            "cognito-identity:\(operation)", on: "*",
            context: [
                "cognito-identity:identitypoolarn": .one(IdentityPool.arn(id, region: region, account: accountID))
            ])
    }
}

/// An operation of administrators on the identity pool that its request names.
protocol OnIdentityPool: Platform.Operation where InputFields: CognitoIdentity.WithIdentityPoolId {}

extension OnIdentityPool {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(onPool: input.identityPoolId)
    }
}

/// An operation without a signature. It is recorded in the account of its pool, and resource control policies are asked. What
/// the caller's logins prove, ``prove(_:_:)`` finds out after that.
protocol OfAnybody: FederatedOperation {
    /// The pool that a request is about, of whatever account; nil: there is none.
    static func pool(_ input: Input, _ environment: Environment) -> IdentityPool?
    static func logins(_ input: Input) -> [String: String]
    /// What is said where there is no such pool.
    static func notFound(_ input: Input) -> ServiceError
}

extension OfAnybody {
    public static func place(_ input: Input, _ environment: Environment) -> Scope? {
        pool(input, environment)?.scope
    }

    public static func identify(_ input: Input, _ call: Call) throws(ServiceError) -> Caller {
        guard let pool = pool(input, call.environment), pool.accountID == call.accountID else { throw notFound(input) }
        return Caller(accountID: pool.accountID, identity: .anonymous)
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let pool = pool(input, call.environment) else { throw notFound(input) }
        // Conditions tell guests from users by which of the two keys is there.
        let kind = logins(input).isEmpty ? "cognito-identity-unauth" : "cognito-identity-auth"
        return .required(
            Access(
                "cognito-identity:\(call.operation)", on: "*", resourceAccount: pool.accountID,
                context: [
                    "\(kind):identitypoolarn": .one(pool.arn), "\(kind):accountid": .one(pool.accountID),
                ]))
    }

    /// The pool, and what the request proves of logins.
    /// - Throws: NotAuthorizedException for a login that proves nothing.
    static func prove(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> (pool: IdentityPool, logins: ProvedLogins) {
        guard let pool = pool(input, call.environment) else { throw notFound(input) }
        return (pool, try await call.prove(logins(input), of: pool))
    }
}

extension OfAnybody where InputFields: CognitoIdentity.WithIdentityPoolId {
    static func pool(_ input: Input, _ environment: Environment) -> IdentityPool? {
        environment.identityPool(input.identityPoolId)
    }

    static func notFound(_ input: Input) -> ServiceError { .noSuchPool(input.identityPoolId) }
}

extension OfAnybody where InputFields: CognitoIdentity.WithIdentityId {
    static func pool(_ input: Input, _ environment: Environment) -> IdentityPool? {
        environment.identityPool(ofIdentity: input.identityId)
    }

    static func notFound(_ input: Input) -> ServiceError { .noSuchIdentity(input.identityId) }
}

extension OfAnybody where InputFields: CognitoIdentity.MayHaveLogins {
    static func logins(_ input: Input) -> [String: String] { input.logins ?? [:] }
}

extension OfAnybody where InputFields: CognitoIdentity.WithLogins {
    static func logins(_ input: Input) -> [String: String] { input.logins }
}

/// Lets everybody do what needs no signature, so that of all policies only those count that deny.
enum PublicAccessPolicy {
    static let compiled: CompiledPolicy? = {
        let document = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": [
            "cognito-identity:GetId", "cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetOpenIdToken",
            "cognito-identity:UnlinkIdentity"]}]}
            """
        guard let parsed = try? PolicyDocument(parsing: document, as: .resource) else { return nil }
        return CompiledPolicy(parsed, source: PolicySource(type: .resource, name: ""))
    }()
}
