import CognitoIDPAPI
import Directory
import Platform

/// The domain of a user pool, at which its OAuth 2.0 endpoints and its managed login pages are.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html>
package struct LoginDomain: Sendable {
    /// A prefix (`myapp`), or the whole name of a custom domain (`auth.example.com`).
    package let name: String
    /// Whether it has the pages of managed login rather than those of the classic hosted UI.
    package let isManagedLogin: Bool
    let pool: PoolEntry

    /// `us-east-1_AbCdEfGhI`
    package var poolID: String { pool.id }
    package var poolARN: String { pool.pool.arn }
    package var poolName: String { pool.pool.name }
    package var region: String { pool.pool.region }
    package var accountID: String { pool.pool.accountID }
    /// The name that AWS's own domain would have, as events tell it.
    package var fullName: String { name.contains(".") ? name : "\(name).auth.\(region).amazoncognito.com" }

    /// A request to one of its endpoints: it is of nobody in particular, in the account of the pool.
    /// - Parameters:
    ///   - operation: what policies and triggers' callers would call it.
    ///   - source: from where it came.
    ///   - time: when it arrived, in seconds since 1970.
    package func call(
        _ operation: String, from source: Call.Source, requestID: String, time: Double, _ environment: Environment
    ) -> Call {
        Call(
            environment: environment, requestID: requestID, time: time,
            caller: Caller(accountID: accountID, identity: .anonymous), module: .cognitoIDP, operation: operation,
            region: region, source: source)
    }

    /// An app client of its user pool; nil: there is none of this id.
    package func client(_ id: String, _ environment: Environment) -> LoginClient? {
        guard let entry = environment.userPoolClient(id), entry.pool.id == pool.id else { return nil }
        return LoginClient(entry)
    }
}

/// An app client, as its users sign in to it on pages.
package struct LoginClient: Sendable {
    let entry: ClientEntry

    init(_ entry: ClientEntry) { self.entry = entry }

    package var id: String { entry.id }
    /// The identity providers that its users may come from; `COGNITO` is the pool itself.
    package var providers: [String] { entry.settings.supportedIdentityProviders ?? [] }
    /// Whether the pool's own users may sign in to it.
    package var hasLocalUsers: Bool { providers.contains("COGNITO") }

    /// Whether browsers may be sent to an address after they were signed out. Letter by letter, so that nothing can be read in
    /// two ways.
    package func isLogoutAddress(_ address: String) -> Bool {
        (entry.settings.logoutURLs ?? []).contains { isSameText($0, address) }
            && address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}

extension Environment {
    /// The domain of a prefix, or of a custom domain's whole name; nil: there is none.
    /// - Parameter region: the one that a prefix is of; nil: Gatehouse's own.
    package func loginDomain(_ name: String, region: String? = nil) -> LoginDomain? {
        guard let domain = userPoolDomain(name, region: region), let pool = userPool(domain.poolID) else { return nil }
        return LoginDomain(name: domain.name, isManagedLogin: domain.managedLoginVersion == 2, pool: pool)
    }
}

extension Environment {
    /// Where the endpoints of a pool are, by a path of Gatehouse's own address: no name has to be resolved for it. nil: the pool
    /// has no domain.
    func loginAddress(of pool: PoolEntry) -> String? {
        userPoolDomains(of: pool.id).first.map { domain in
            let isOwn = domain.isCustom || domain.region == region
            return "\(publicAddress.url)/_cognito/\(isOwn ? domain.name : domain.host)"
        }
    }
}
