import CognitoIdentityAPI
import Directory
import Platform
import STSAPI
import Wire

/// The enhanced flow: the pool chooses the role, and assumes it for the user.
/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html>
extension CognitoIdentity.GetCredentialsForIdentity: ComputeOperation, OfAnybody {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { ["SessionToken"] }
    private static let sessionName = "CognitoIdentityCredentials"
    private static let seconds = 3600
    /// For the token that STS is shown at once.
    private static let tokenSeconds = 60

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let (pool, shown) = try await prove(input, call)
        let identity: String
        let token: String
        if let own = shown.ownToken {
            guard own.proved.subject == input.identityId else { throw .otherLogins }
            try await check(own, in: pool, call)
            (identity, token) = (own.proved.subject, own.text)
        } else {
            guard !shown.isEmpty || pool.settings.allowsGuests else { throw .guestsNotSupported }
            identity = try await call.resolve(input.identityId, shown, of: pool).id
            token = try await IdentityToken.sign(
                for: identity, of: pool, methods: shown.methods, tags: pool.sessionTags(shown.logins),
                seconds: tokenSeconds, call)
        }
        let choice = RoleChoice(
            pool: pool, logins: shown.logins, isAuthenticated: !shown.isEmpty, customRoleARN: input.customRoleArn)
        let role = try choice.role()
        // Only an application itself can ask for the role of another account.
        guard ARN(parsing: role)?.account == pool.accountID else { throw .badConfiguration }
        let credentials = try await credentials(of: role, token, isGuest: shown.isEmpty, pool, call)
        return Output(
            identityId: identity,
            credentials: CognitoIdentity.Credentials {
                $0.accessKeyId = credentials.accessKeyId
                $0.secretKey = credentials.secretAccessKey
                $0.sessionToken = credentials.sessionToken
                $0.expiration = credentials.expiration
            })
    }

    /// A developer's token is good for up to a day, but no longer than its user is linked to the identity.
    private static func check(
        _ own: ProvedLogins.OwnToken, in pool: IdentityPool, _ call: Call
    ) async throws(ServiceError) {
        let identity = try await call.environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.identity(own.proved.subject, of: pool)
        }
        guard identity.isEnabled else { throw .forbiddenIdentity(identity.id) }
        let methods = own.methods
        guard
            identity.logins.contains(where: {
                $0.provider == pool.settings.developerProvider && methods.contains(pool.method(of: $0))
            })
        else { throw .otherLogins }
    }

    /// Asks STS for them, as anybody would who has the token: the role's trust policy decides.
    private static func credentials(
        of role: String, _ token: String, isGuest: Bool, _ pool: IdentityPool, _ call: Call
    ) async throws(ServiceError) -> STS.Credentials {
        let request = STS.AssumeRoleWithWebIdentity.Input {
            $0.roleArn = role
            $0.roleSessionName = sessionName
            $0.webIdentityToken = token
            $0.durationSeconds = seconds
            guard isGuest else { return }
            $0.policy = ScopeDownPolicy.inline
            $0.policyArns = [STS.PolicyDescriptorType { $0.arn = ScopeDownPolicy.managedARN }]
        }
        let answer: STS.AssumeRoleWithWebIdentity.Output
        do throws(ServiceError) {
            answer = try await call.services.call(
                STS.AssumeRoleWithWebIdentity.self, request,
                as: .own(IdentityPool.provider, for: pool.arn, in: pool.accountID))
        } catch {
            guard error.fault == .sender else { throw error }
            throw .badConfiguration
        }
        guard let credentials = answer.credentials else { throw .internalFailure }
        return credentials
    }
}
