import CognitoIdentityAPI
import Directory
import Ledger
import OIDC
import Platform
import Policy
import Wire

// Identities of users that an application's own server has signed in: it vouches for them by its permissions.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html>

extension IdentityPool {
    /// A user of the pool's developer provider.
    /// - Throws: InvalidParameterException where the pool has none, or the request names another.
    func developerLogin(_ user: String, of name: String? = nil) throws(ServiceError) -> PooledIdentity.Login {
        guard let provider = settings.developerProvider, name == nil || name == provider else {
            throw .invalidParameter("Developer provider \(name ?? "") is not configured for this identity pool.")
        }
        return PooledIdentity.Login(provider: provider, user: user)
    }

    /// What `amr` says of a user of the developer provider, besides the provider's name.
    func method(of login: PooledIdentity.Login) -> String { "\(login.provider):\(id):\(login.user)" }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdTokenForDeveloperIdentity.html>
extension CognitoIdentity.GetOpenIdTokenForDeveloperIdentity: ComputeOperation, OnIdentityPool {
    public static var isReadOnly: Bool { false }
    private static let usualSeconds = 900

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let pool = try call.identityPool(input.identityPoolId)
        var logins = input.logins
        guard let name = pool.settings.developerProvider, let user = logins.removeValue(forKey: name) else {
            throw .invalidParameter("Please provide the developer provider of this identity pool among the logins.")
        }
        guard user.unicodeScalars.count <= 1024 else {
            throw .invalidParameter("A developer user identifier can have at most 1024 characters.")
        }
        let own = try pool.developerLogin(user)
        let proved = try await call.prove(logins, of: pool)
        let (shown, id, time) = (proved.logins.map(\.login), input.identityId, call.time)
        let identity = try await call.keep { (records) throws(ServiceError) in
            var linking: IdentityLinking
            if let id {
                guard IdentityPool.identityPrefix(id) == pool.identityPrefix else { throw .noSuchIdentity(id) }
                if let other = try records.identity(of: own, in: pool), other.id != id {
                    throw .identity(
                        .developerUserAlreadyRegisteredException,
                        "Developer user identifier is already registered with another identity.")
                }
                let named = try records.identity(id, of: pool)
                guard named.isEnabled else { throw .forbiddenIdentity(id) }
                linking = IdentityLinking(named, in: pool, at: time)
                try linking.adopt([own] + shown, records)
            } else {
                linking = try IdentityLinking([own] + shown, in: pool, at: time, records)
            }
            try linking.put(in: records)
            return linking.identity
        }
        let methods =
            ["authenticated", own.provider, pool.method(of: own)]
            + proved.logins.flatMap { [$0.provider, $0.method] }
        let token = try await IdentityToken.sign(
            for: identity.id, of: pool, methods: methods, tags: input.principalTags ?? [:],
            seconds: input.tokenDuration ?? usualSeconds, call)
        return Output(identityId: identity.id, token: token)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_LookupDeveloperIdentity.html>
extension CognitoIdentity.LookupDeveloperIdentity: ReadOperation, OnIdentityPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.identityPool(input.identityPoolId)
        let found: PooledIdentity
        if let user = input.developerUserIdentifier {
            guard let identity = try records.identity(of: try pool.developerLogin(user), in: pool) else {
                throw .identity(.resourceNotFoundException, "Developer user identifier '\(user)' not found.")
            }
            if let id = input.identityId, id != identity.id {
                throw .conflict("The developer user identifier belongs to another identity.")
            }
            return Output(identityId: identity.id, developerUserIdentifierList: [user], nextToken: nil)
        } else if let id = input.identityId {
            found = try records.identity(id, of: pool)
        } else {
            throw .invalidParameter("Either IdentityId or DeveloperUserIdentifier must be provided.")
        }
        let users = found.logins.filter { $0.provider == pool.settings.developerProvider }.map(\.user)
        let page = page(users, by: { $0 }, try Paging(identity: input))
        return Output(identityId: found.id, developerUserIdentifierList: page.items, nextToken: page.marker)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_MergeDeveloperIdentities.html>
extension CognitoIdentity.MergeDeveloperIdentities: WriteOperation, OnIdentityPool {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let pool = try records.identityPool(input.identityPoolId)
        func identity(of user: String) throws(ServiceError) -> PooledIdentity {
            let login = try pool.developerLogin(user, of: input.developerProviderName)
            guard let identity = try records.identity(of: login, in: pool) else {
                throw .identity(.resourceNotFoundException, "Developer user identifier '\(user)' not found.")
            }
            return identity
        }
        let (source, destination) = (
            try identity(of: input.sourceUserIdentifier), try identity(of: input.destinationUserIdentifier)
        )
        guard source.id != destination.id else { return Output(identityId: destination.id) }
        var linking = IdentityLinking(destination, in: pool, at: call.time)
        try linking.merge(source)
        try linking.put(in: records)
        return Output(identityId: linking.identity.id)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UnlinkDeveloperIdentity.html>
extension CognitoIdentity.UnlinkDeveloperIdentity: WriteOperation, OnIdentityPool {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let pool = try records.identityPool(input.identityPoolId)
        let login = try pool.developerLogin(input.developerUserIdentifier, of: input.developerProviderName)
        var identity = try records.identity(input.identityId, of: pool)
        guard identity.logins.contains(login) else {
            throw .conflict("The developer user identifier is not linked to the identity.")
        }
        identity.logins.removeAll { $0 == login }
        identity.modified = call.time
        try records.put(identity)
        return Output()
    }
}
