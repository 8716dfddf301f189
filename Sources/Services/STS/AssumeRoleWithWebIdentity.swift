import Directory
import OIDC
import Platform
import Policy
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
extension STS.AssumeRoleWithWebIdentity: ComputeOperation, FederatedOperation {
    public static var isReadOnly: Bool { true }
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken"] }
    public static var recordsOutput: Bool { true }

    public static func account(_ input: Input) -> String? {
        ARN(parsing: input.roleArn)?.account
    }

    public static func identify(_ input: Input, _ call: Call) async throws(ServiceError) -> Caller {
        guard let account = account(input), !account.isEmpty else { throw .validation("Request ARN is invalid") }
        guard input.providerId == nil else {
            throw .notImplemented(
                "Gatehouse takes ID tokens of OpenID Connect providers, not the access tokens that ProviderId is for.")
        }
        let token: WebIdentityToken
        do throws(TokenError) {
            token = try WebIdentityToken(parsing: input.webIdentityToken)
        } catch {
            throw ServiceError(error, now: call.clientTime)
        }
        if let tokens = call.environment.tokens(trustedFrom: token.issuer) {
            return try await caller(by: tokens, token.issuer, input, account, call)
        }
        guard let provider = provider(of: token, in: account, call) else {
            throw .invalidIdentityToken("No OpenIDConnect provider found in your account for \(token.issuer)")
        }
        do throws(TokenError) {
            let verified = try await token.verify(
                OpenIDProviders.Registration(url: issuer(of: provider), thumbprints: provider.thumbprints),
                clientIDs: provider.clientIDs, keys: call.environment.openIDProviders, now: call.clientTime)
            let identity = try WebIdentityClaims(provider).identity(verified)
            return Caller(accountID: account, identity: .webIdentity(identity))
        } catch {
            throw ServiceError(error, now: call.clientTime)
        }
    }

    /// Who calls with a token that another service of Gatehouse's has signed: an identity pool of Cognito's. Every account knows
    /// that provider, by its name.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_cognito.html>
    private static func caller(
        by tokens: ServiceTokens, _ issuer: String, _ input: Input, _ account: String, _ call: Call
    ) async throws(ServiceError) -> Caller {
        let name = issuer.hasPrefix("https://") ? String(issuer.dropFirst(8)) : issuer
        let proved: ProvedToken
        let identity: FederatedIdentity
        do throws(TokenError) {
            proved = try await tokens.prove(input.webIdentityToken, name, call.environment, call.time)
            identity = try WebIdentityClaims(builtIn: name).identity(proved)
        } catch {
            throw ServiceError(error, now: call.time)
        }
        // Whoever lets all providers in does not mean those of other accounts.
        // <https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#trust-policies>
        guard proved.accountID == account || asksForAudience(input.roleArn, of: name, call) else {
            throw .accessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
        }
        return Caller(accountID: account, identity: .webIdentity(identity))
    }

    /// Whether a role's trust policy lets in only tokens of audiences that it names.
    private static func asksForAudience(_ roleARN: String, of provider: String, _ call: Call) -> Bool {
        guard let arn = ARN(parsing: roleARN),
            let role = call.directory.role(named: arn.lastPart, in: arn.account),
            let policy = call.directory.trustPolicy(ofRoleWithUniqueID: role.uniqueID)
        else { return false }
        return policy.limits("\(provider):aud", ofTokensFrom: provider, for: "sts:AssumeRoleWithWebIdentity")
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let identity = try identity(call)
        return try request(input, identity).access(
            call, identity.context.merging(identity.trustContext) { own, _ in own })
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let identity = try identity(call)
        let request = request(input, identity)
        guard let role = request.role(call) else {
            throw .accessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
        }
        var (session, packedSize) = try request.session(of: role, call)
        session.federatedProvider = identity.provider
        session.context = identity.context
        return Output(
            credentials: try STS.Credentials(session, call),
            subjectFromWebIdentityToken: identity.subject,
            assumedRoleUser: STS.AssumedRoleUser(role, sessionName: input.roleSessionName),
            packedPolicySize: packedSize,
            provider: identity.provider,
            audience: identity.audience,
            sourceIdentity: session.sourceIdentity)
    }

    private static func identity(_ call: Call) throws(ServiceError) -> FederatedIdentity {
        guard case .webIdentity(let identity) = call.caller.identity else { throw .internalFailure }
        return identity
    }

    private static func request(_ input: Input, _ identity: FederatedIdentity) -> RoleRequest {
        RoleRequest(
            roleARN: input.roleArn, sessionName: input.roleSessionName, policy: input.policy,
            policyARNs: input.policyArns, durationSeconds: input.durationSeconds, tags: identity.tags,
            transitiveTagKeys: identity.transitiveTagKeys, sourceIdentity: identity.sourceIdentity)
    }

    /// The provider of the role's account that is registered under the token's issuer, letter by letter.
    private static func provider(
        of token: WebIdentityToken, in account: String, _ call: Call
    ) -> OpenIDConnectProvider? {
        let scheme = "https://"
        // AWS does not take tokens of its own GetWebIdentityToken either.
        let own = call.environment.publicAddress.issuer(id: "")
        guard token.issuer.hasPrefix(scheme), !token.issuer.hasPrefix(own) else { return nil }
        let url = String(token.issuer.dropFirst(scheme.count))
        return call.directory.openIDConnectProvider(arn: OpenIDConnectProvider.arn(url: url, in: account))
    }

    /// Where the provider's documents are: a trailing slash is part of its name, but not of their path.
    private static func issuer(of provider: OpenIDConnectProvider) -> String {
        "https://" + (provider.url.hasSuffix("/") ? String(provider.url.dropLast()) : provider.url)
    }
}

extension ServiceError {
    fileprivate init(_ error: TokenError, now: Double) {
        let noKey =
            "Couldn't retrieve verification key from your identity provider,  please reference "
            + "AssumeRoleWithWebIdentity documentation for requirements"
        self =
            switch error {
            case .malformed:
                .invalidIdentityToken(
                    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
            case .missingClaim(let name): .invalidIdentityToken("Missing a required claim: \(name)")
            case .wrongAudience: .invalidIdentityToken("Incorrect token audience")
            case .expired(let time):
                STS.Failure.expiredTokenException(
                    "Token expired: current date/time \(Int64(exactly: now.rounded(.down)) ?? 0) must be before the "
                        + "expiration date/time \(time)")
            case .notYetValid: .invalidIdentityToken("The web identity token is not valid yet")
            case .unsupportedAlgorithm, .wrongSignature:
                .invalidIdentityToken("The web identity token provided could not be validated")
            case .invalidClaim(let name): .invalidIdentityToken("The claim \(name) of the token is not valid")
            case .noKey, .provider(.unusable): .invalidIdentityToken(noKey)
            case .provider(.untrustedCertificate):
                .invalidIdentityToken("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")
            case .provider(.unreachable):
                STS.Failure.idpCommunicationError(
                    "The identity provider that was asked to verify the token could not be reached.")
            }
    }
}
