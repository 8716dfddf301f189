import Directory
import Ledger
import Platform
import Policy
import SAML
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html>
extension STS.AssumeRoleWithSAML: ComputeOperation, FederatedOperation {
    /// For five minutes an assertion is worth as much as a password.
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken", "SAMLAssertion"] }
    public static var recordsOutput: Bool { true }

    public static func account(_ input: Input) -> String? {
        ARN(parsing: input.roleArn)?.account
    }

    public static func identify(_ input: Input, _ call: Call) async throws(ServiceError) -> Caller {
        guard let role = ARN(parsing: input.roleArn), role.service == "iam", role.typeAndRest?.type == "role",
            let arn = ARN(parsing: input.principalArn), arn.service == "iam", let (type, name) = arn.typeAndRest,
            type == "saml-provider"
        else { throw .validation("Request ARN is invalid") }
        // A provider speaks for its own account only.
        guard arn.account == role.account else {
            throw .accessDenied("Not authorized to perform sts:AssumeRoleWithSAML")
        }
        guard let provider = try await provider(String(name), of: arn.account, call), provider.arn == input.principalArn
        else { throw .invalidIdentityToken("Specified provider doesn't exist") }
        let assertion = try provider.assertion(in: input.samlAssertion, call.environment, at: call.time)
        let identity = try FederatedIdentity(assertion, of: provider, assuming: input.roleArn, call)
        return Caller(accountID: provider.accountID, identity: .saml(identity))
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let identity = try identity(call)
        return try request(input, call).access(call, identity.context.merging(identity.trustContext) { own, _ in own })
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let (identity, request) = (try identity(call), try request(input, call))
        guard let role = request.role(call) else {
            throw .accessDenied("Not authorized to perform sts:AssumeRoleWithSAML")
        }
        var (session, packedSize) = try request.session(of: role, call)
        if let longest = identity.longestSession {
            session.expires = min(session.expires, session.issued + Double(longest))
        }
        session.federatedProvider = identity.provider
        session.context = identity.context
        return Output(
            credentials: try STS.Credentials(session, call),
            assumedRoleUser: STS.AssumedRoleUser(role, sessionName: request.sessionName),
            packedPolicySize: packedSize,
            subject: identity.subject,
            subjectType: identity.subjectType,
            issuer: identity.issuer,
            audience: identity.audience,
            nameQualifier: identity.nameQualifier,
            sourceIdentity: session.sourceIdentity)
    }

    private static func identity(_ call: Call) throws(ServiceError) -> FederatedIdentity {
        guard let identity = call.caller.federatedIdentity else { throw .internalFailure }
        return identity
    }

    private static func request(_ input: Input, _ call: Call) throws(ServiceError) -> RoleRequest {
        let identity = try identity(call)
        return RoleRequest(
            roleARN: input.roleArn, sessionName: identity.sessionName ?? "", policy: input.policy,
            policyARNs: input.policyArns, durationSeconds: input.durationSeconds, tags: identity.tags,
            transitiveTagKeys: identity.transitiveTagKeys, sourceIdentity: identity.sourceIdentity)
    }

    // MARK: - Proving the assertion

    private static func provider(
        _ name: String, of account: String, _ call: Call
    ) async throws(ServiceError) -> SAMLProvider? {
        do throws(LedgerError) {
            return try await call.environment.ledger.read { (reader) throws(LedgerError) in
                try reader.get(SAMLProvider.self, name, in: Scope(account: account))
            }
        } catch {
            throw ServiceError(error)
        }
    }
}

extension SAMLProvider {
    /// The assertion of a response, proved.
    /// - Parameter time: seconds since 1970, by Gatehouse's clock.
    func assertion(
        in response: String, _ environment: Environment, at time: Double
    ) throws(ServiceError) -> SAMLAssertion {
        guard time < validUntil else {
            throw .invalidIdentityToken("The metadata of the specified provider has expired")
        }
        do throws(SAMLError) {
            let verifier = SAMLVerifier(
                metadata: try SAMLMetadata(parsing: metadata), privateKeys: privateKeys.map(\.pem),
                requiresEncryption: encryptionMode == .required, providerID: uniqueID,
                ownAddress: environment.publicAddress.url)
            return try verifier.assertion(inBase64: response, at: time - environment.clock.moved)
        } catch {
            throw ServiceError(error)
        }
    }
}

extension ServiceError {
    static func invalidIdentityToken(_ message: String) -> ServiceError {
        STS.Failure.invalidIdentityToken(message)
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html>, as far as it names them.
    init(_ error: SAMLError) {
        self =
            switch error {
            case .malformed: .invalidIdentityToken("Invalid SAML response")
            case .signatureInvalid: .invalidIdentityToken("Response signature invalid")
            case .unknownIssuer: .invalidIdentityToken("Issuer not present in specified provider")
            case .wrongAudience: .invalidIdentityToken("Response does not contain the required audience")
            case .unconfirmedSubject:
                .invalidIdentityToken("Response does not contain one bearer confirmation for the AWS sign-in endpoint")
            case .notEncrypted: .invalidIdentityToken("The specified provider requires encrypted assertions")
            case .undecipherable: .invalidIdentityToken("Unable to decrypt the assertion")
            case .notYetValid: .invalidIdentityToken("Response is not valid yet")
            case .rejectedByProvider:
                STS.Failure.idpRejectedClaim("The identity provider reported that authentication failed")
            case .expired: STS.Failure.expiredTokenException("Response has expired")
            case .tooOld:
                STS.Failure.expiredTokenException("Token must be redeemed within 5 minutes of issuance")
            }
    }
}
