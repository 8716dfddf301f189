import CognitoIdentityAPI
import Directory
import Platform
import Wire

extension IdentityPool.Settings {
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>
    private static let mostUserPools = 50
    private static let mostProviders = 50

    /// What a request says of a pool.
    /// - Throws: InvalidParameterException for providers that can't be any.
    init(_ input: CognitoIdentity.IdentityPool) throws(ServiceError) {
        var userPools: [IdentityPool.LinkedUserPool] = []
        for provider in input.cognitoIdentityProviders ?? [] {
            guard let name = provider.providerName, UserPoolName(name) != nil, let client = provider.clientId else {
                throw .invalidParameter(
                    "Invalid Cognito Identity Provider: a ProviderName such as "
                        + "cognito-idp.us-east-1.amazonaws.com/us-east-1_123456789 and a ClientId are needed.")
            }
            guard !userPools.contains(where: { $0.providerName == name && $0.clientID == client }) else {
                throw .invalidParameter("Duplicate Cognito Identity Provider: \(name):\(client)")
            }
            userPools.append(
                IdentityPool.LinkedUserPool(
                    providerName: name, clientID: client, asksUserPool: provider.serverSideTokenCheck ?? false))
        }
        guard userPools.count <= Self.mostUserPools else {
            throw .identity(
                .limitExceededException, "Cognito identity providers exceed the limit of \(Self.mostUserPools).")
        }
        let loginProviders = input.supportedLoginProviders ?? [:]
        for name in loginProviders.keys where !LoginProvider.wellKnownNames.contains(name) {
            throw .invalidParameter("Invalid login provider: \(name)")
        }
        if let name = input.developerProviderName, LoginProvider.isTaken(name) {
            throw .invalidParameter("Invalid DeveloperProviderName: \(name) is the name of a public provider.")
        }
        self.init(
            name: input.identityPoolName, allowsGuests: input.allowUnauthenticatedIdentities,
            allowsClassicFlow: input.allowClassicFlow ?? false, loginProviders: loginProviders,
            developerProvider: input.developerProviderName,
            openIDProviderARNs: try Self.checked(input.openIdConnectProviderARNs ?? [], "oidc-provider"),
            userPools: userPools, samlProviderARNs: try Self.checked(input.samlProviderARNs ?? [], "saml-provider"))
        try checkNames()
    }

    /// Each of the providers has a name of its own in `Logins`: two by one name could sign in each other's users.
    private func checkNames() throws(ServiceError) {
        var names = Set(userPools.map(\.providerName)).union(loginProviders.keys)
        for name in openIDProviderARNs.compactMap(LoginProvider.address) where !names.insert(name).inserted {
            throw .invalidParameter("Duplicate provider: \(name)")
        }
        if let name = developerProvider, names.contains(name) {
            throw .invalidParameter("Invalid DeveloperProviderName: \(name) is the name of another provider.")
        }
    }

    /// Providers of IAM's. Whether they are there is found out when a token is shown: they may come later.
    private static func checked(_ arns: [String], _ type: String) throws(ServiceError) -> [String] {
        guard arns.count <= mostProviders else {
            throw .identity(.limitExceededException, "Providers exceed the limit of \(mostProviders).")
        }
        for text in arns {
            guard let arn = ARN(parsing: text), arn.service == "iam", arn.account.utf8.count == 12,
                let parts = arn.typeAndRest, parts.type == type, !parts.rest.isEmpty
            else { throw .invalidParameter("Invalid provider ARN: \(text)") }
        }
        guard Set(arns).count == arns.count else { throw .invalidParameter("Duplicate provider ARNs.") }
        return arns
    }
}

/// What a user pool is called as a provider: `cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI`.
struct UserPoolName {
    let poolID: String

    /// nil: that is not the name of a user pool.
    init?(_ name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let host = parts.first, let id = parts.last, !id.isEmpty,
            host.hasPrefix("cognito-idp."), host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn")
        else { return nil }
        poolID = String(id)
    }
}
