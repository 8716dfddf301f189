import Directory
import Platform

/// A provider whose users an identity pool lets in.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/external-identity-providers.html>
enum LoginProvider: Sendable, Equatable {
    /// User pools of Cognito's, by the app clients that their users may come from.
    case userPool([IdentityPool.LinkedUserPool])
    /// One that everybody knows, with the app's id there.
    case wellKnown(appID: String)
    /// An OpenID Connect provider of IAM's, by its ARN.
    case openID(arn: String)
    /// A SAML provider of IAM's, by its ARN.
    case saml(arn: String)

    /// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html>
    static let wellKnownNames: Set<String> = [
        "accounts.google.com", "api.twitter.com", "appleid.apple.com", "graph.facebook.com", "www.amazon.com",
        "www.digits.com",
    ]

    /// The provider that a request names, if the pool lets its users in; nil: it does not.
    /// - Parameter name: as `Logins` has it: for a provider of IAM's its address without `https://`, or its ARN.
    init?(named name: String, of pool: IdentityPool) {
        let settings = pool.settings
        let userPools = settings.userPools.filter { $0.providerName == name }
        if !userPools.isEmpty {
            self = .userPool(userPools)
        } else if let appID = settings.loginProviders[name] {
            self = .wellKnown(appID: appID)
        } else if settings.samlProviderARNs.contains(name) {
            self = .saml(arn: name)
        } else if let arn = settings.openIDProviderARNs.first(where: {
            $0 == name || Self.address(ofProvider: $0) == name
        }) {
            self = .openID(arn: arn)
        } else {
            return nil
        }
    }

    /// The address of an OpenID Connect provider, without `https://`, by its ARN.
    static func address(ofProvider arn: String) -> String? {
        guard let parts = ARN(parsing: arn)?.typeAndRest, parts.type == "oidc-provider" else { return nil }
        return String(parts.rest)
    }

    /// Whether a developer provider can't have the name, since it is another's.
    static func isTaken(_ name: String) -> Bool { wellKnownNames.contains(name) || name == IdentityPool.provider }

    /// What a pool's providers are called where roles are mapped: user pools with the app client.
    static func mappingNames(of pool: IdentityPool) -> Set<String> {
        let settings = pool.settings
        return Set(settings.userPools.map { "\($0.providerName):\($0.clientID)" })
            .union(settings.loginProviders.keys).union(settings.openIDProviderARNs).union(settings.samlProviderARNs)
    }

    /// What a pool's providers are called where claims are mapped to tags: user pools without the app client.
    static func names(of pool: IdentityPool) -> Set<String> {
        mappingNames(of: pool).union(pool.settings.userPools.map(\.providerName))
            .union(pool.settings.openIDProviderARNs.compactMap(address))
    }
}
