import OIDC
import Platform
import Wire

/// A user of a provider's, whose token has been proved.
struct ProvedLogin: Sendable {
    let login: PooledIdentity.Login
    /// What the provider is called where roles are mapped, and where claims are mapped to tags; the closest first.
    let names: [String]
    /// What `amr` says of it, besides the provider's name.
    let method: String
    /// What the token says. Of an assertion it is the attributes, each with its values.
    let claims: [String: ClaimValue]
    /// The roles that an assertion offers; nil: that is no assertion.
    var offeredRoles: [String]?

    var provider: String { login.provider }
}

/// What a request proves of its sender.
public struct ProvedLogins: Sendable {
    /// In the order of the providers' names.
    var logins: [ProvedLogin]
    /// An identity pool's own token, by which an application's server vouches for one of its users.
    var ownToken: OwnToken?

    struct OwnToken: Sendable {
        let text: String
        let proved: ProvedToken

        /// `amr`: the user of the developer provider is in it as ``IdentityPool/method(of:)`` writes it.
        var methods: [String] { proved.claims["amr"]?.strings ?? [] }
    }

    var isEmpty: Bool { logins.isEmpty && ownToken == nil }

    /// `amr` of the tokens that an identity gets.
    var methods: [String] {
        guard !isEmpty else { return ["unauthenticated"] }
        return ["authenticated"] + logins.flatMap { [$0.provider, $0.method] }
    }
}

extension Call {
    /// Proves what a request says of logins, provider by provider; if one proves nothing, none does.
    /// - Throws: NotAuthorizedException; ExternalServiceException where a provider can't be asked.
    func prove(_ logins: [String: String], of pool: IdentityPool) async throws(ServiceError) -> ProvedLogins {
        var proved = ProvedLogins(logins: [])
        for (name, token) in logins.sorted(by: { $0.key < $1.key }) {
            if name == IdentityPool.provider, operation == "GetCredentialsForIdentity" {
                guard logins.count == 1 else { throw .otherLogins }
                proved.ownToken = try await ownToken(token, of: pool)
                continue
            }
            guard let provider = LoginProvider(named: name, of: pool) else { throw .unsupportedProvider }
            switch provider {
            case .userPool(let clients): proved.logins.append(try await prove(token, name, of: clients))
            case .wellKnown(let appID): proved.logins.append(try await prove(token, wellKnown: name, appID))
            case .openID(let arn): proved.logins.append(try await prove(token, name, openID: arn))
            case .saml(let arn): proved.logins.append(try await prove(assertion: token, saml: arn, of: pool))
            }
        }
        return proved
    }

    /// A token of GetOpenIdTokenForDeveloperIdentity, which stands for what the application's server has proved.
    private func ownToken(_ text: String, of pool: IdentityPool) async throws(ServiceError) -> ProvedLogins.OwnToken {
        let own: ProvedLogins.OwnToken
        do throws(TokenError) {
            let proved = try await IdentityToken.prove(text, environment, time)
            guard proved.audience == pool.id else { throw TokenError.wrongAudience }
            own = ProvedLogins.OwnToken(text: text, proved: proved)
        } catch {
            throw ServiceError(login: error, now: time)
        }
        // Tokens of GetOpenIdToken, of guests too, have the same issuer and audience.
        guard let developer = pool.settings.developerProvider, own.methods.contains("authenticated"),
            own.methods.contains(developer)
        else { throw .unsupportedProvider }
        return own
    }
}

extension ServiceError {
    /// Why a login proves nothing.
    /// - Parameter now: seconds since 1970, by the clock that the token was measured with.
    init(login error: TokenError, now: Double) {
        self =
            switch error {
            case .malformed: .invalidLogin("Not a valid OpenId Connect identity token.")
            case .missingClaim(let name): .invalidLogin("Missing a required claim: \(name)")
            case .invalidClaim("iss"): .invalidLogin("Issuer doesn't match providerName")
            case .invalidClaim(let name): .invalidLogin("The claim \(name) is not valid.")
            case .wrongAudience: .invalidLogin("Incorrect token audience.")
            case .expired(let time):
                .invalidLogin("Token expired: \(Int64(exactly: now.rounded(.down)) ?? 0) >= \(time)")
            case .notYetValid(let time):
                .invalidLogin("Token is not valid yet: \(Int64(exactly: now.rounded(.down)) ?? 0) < \(time)")
            case .unsupportedAlgorithm, .wrongSignature: .invalidLogin("Couldn't verify signed token.")
            case .noKey: .invalidLogin("Can't find a key of the provider's that has signed the token.")
            case .provider(.untrustedCertificate):
                .invalidLogin("The provider's HTTPS certificate doesn't match the configured thumbprint.")
            case .provider(.unusable): .invalidLogin("The provider publishes no usable keys.")
            case .provider(.unreachable):
                .identity(.externalServiceException, "The identity provider could not be reached.")
            }
    }
}
