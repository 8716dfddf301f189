import Directory
import OIDC
import Platform
import Wire

// Logins by a signed token: of a user pool, of an OpenID Connect provider of IAM's, and of one that everybody knows.

extension Call {
    /// An ID token of a user pool, for one of the app clients.
    func prove(
        _ text: String, _ name: String, of clients: [IdentityPool.LinkedUserPool]
    ) async throws(ServiceError) -> ProvedLogin {
        guard let tokens = environment.tokens(of: name) else { throw .unsupportedProvider }
        let proved: ProvedToken
        do throws(TokenError) {
            proved = try await tokens.prove(text, name, environment, time)
        } catch {
            throw ServiceError(login: error, now: time)
        }
        // Nobody has promised to take the tokens of other clients of the user pool.
        guard let client = clients.first(where: { $0.clientID == proved.audience }) else { throw .unsupportedProvider }
        if client.asksUserPool, try await !proved.isStillSignedIn() {
            throw .invalidLogin("The user is signed out, disabled or deleted.")
        }
        return ProvedLogin(
            login: PooledIdentity.Login(provider: name, user: proved.subject),
            names: ["\(name):\(client.clientID)", name], method: "\(name):CognitoSignIn:\(proved.subject)",
            claims: proved.claims)
    }

    /// An ID token of a provider of IAM's, of the pool's account.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html>
    func prove(_ text: String, _ name: String, openID arn: String) async throws(ServiceError) -> ProvedLogin {
        guard let provider = directory.openIDConnectProvider(arn: arn) else { throw .unsupportedProvider }
        let issuer = "https://" + (provider.url.hasSuffix("/") ? String(provider.url.dropLast()) : provider.url)
        let registration = OpenIDProviders.Registration(url: issuer, thumbprints: provider.thumbprints)
        let verified = try await verify(text, ["https://\(provider.url)"], registration, for: provider.clientIDs)
        return ProvedLogin(
            login: PooledIdentity.Login(provider: provider.url, user: verified.subject),
            names: [arn, provider.url], method: "\(arn):OIDC:\(verified.subject)", claims: verified.claims)
    }

    /// A token of a provider that everybody knows: of Google's or Apple's own, or of the issuer that the operator has put in its
    /// place.
    func prove(_ text: String, wellKnown name: String, _ appID: String) async throws(ServiceError) -> ProvedLogin {
        let issuer: String
        if let place = environment.outsideServers.loginProviders[name] {
            issuer = place
        } else if ["accounts.google.com", "appleid.apple.com"].contains(name) {
            issuer = "https://\(name)"
        } else {
            throw .notImplemented(
                "Gatehouse takes ID tokens alone, and \(name) issues none. The operator can put an issuer in its place: "
                    + "gatehouse serve --login-provider \(name)=URL")
        }
        let registration = OpenIDProviders.Registration(url: issuer, thumbprints: [])
        let verified = try await verify(text, [issuer, "https://\(name)", name], registration, for: [appID])
        return ProvedLogin(
            login: PooledIdentity.Login(provider: name, user: verified.subject), names: [name],
            method: "\(name):\(verified.audience):\(verified.subject)", claims: verified.claims)
    }

    private func verify(
        _ text: String, _ issuers: [String], _ registration: OpenIDProviders.Registration, for clientIDs: [String]
    ) async throws(ServiceError) -> VerifiedToken {
        do throws(TokenError) {
            let token = try WebIdentityToken(parsing: text)
            guard issuers.contains(token.issuer) else { throw TokenError.invalidClaim("iss") }
            return try await token.verify(
                registration, clientIDs: clientIDs, keys: environment.openIDProviders, now: clientTime)
        } catch {
            throw ServiceError(login: error, now: clientTime)
        }
    }
}
