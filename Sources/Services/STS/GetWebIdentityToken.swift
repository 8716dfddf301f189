import Directory
import FoundationEssentials
import OIDC
import Platform
import Policy
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>
extension STS.GetWebIdentityToken: ComputeOperation {
    private static let usualSeconds = 300
    private static let mostTags = 50
    /// Bytes of a token. AWS names none; this is as much as AssumeRoleWithWebIdentity takes of others.
    private static let longestToken = 20_000

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var context = ConditionKeys.requestTags(tags(input))
        context["sts:identitytokenaudience"] = .many(input.audience)
        context["sts:signingalgorithm"] = .one(input.signingAlgorithm)
        context["sts:durationseconds"] = .one(String(input.durationSeconds ?? usualSeconds))
        let get = Access("sts:GetWebIdentityToken", on: "*", context: context)
        guard !tags(input).isEmpty else { return .required(get) }
        return .required([
            get, Access("sts:TagGetWebIdentityToken", on: "*", context: ConditionKeys.requestTags(tags(input))),
        ])
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard let algorithm = TokenIssuer.Algorithm(rawValue: input.signingAlgorithm) else {
            throw .validation(
                "1 validation error detected: Value '\(input.signingAlgorithm)' at 'signingAlgorithm' failed to "
                    + "satisfy constraint: Member must satisfy enum value set: [RS256, ES384]")
        }
        let tags = tags(input)
        guard Set(tags.map { $0.key.lowercased() }).count == tags.count else {
            throw .invalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
        guard let federation = call.directory.outboundFederation(ofAccount: call.accountID), federation.isEnabled else {
            throw STS.Failure.outboundWebIdentityFederationDisabledException(
                "Outbound web identity federation is not enabled for your account.")
        }
        let issued = call.time.rounded(.down)
        let expires = issued + Double(input.durationSeconds ?? usualSeconds)
        if let session = call.caller.session, expires > session.expires {
            throw STS.Failure.sessionDurationEscalationException(
                "The requested token duration would extend the session beyond its original expiration time.")
        }
        let claims: [String: ClaimValue] = [
            "iss": .string(call.environment.publicAddress.issuer(id: federation.issuerID)),
            "aud": input.audience.count == 1
                ? .string(input.audience[0]) : .array(input.audience.map { .string($0) }),
            "sub": .string(call.caller.principalARN), "iat": .number(issued), "exp": .number(expires),
            "jti": .string(UUID().uuidString.lowercased()),
            "https://sts.amazonaws.com/": .object(identityClaims(tags, call)),
        ]
        let token: String
        do {
            token = try await TokenIssuer(keys: federation.keys).sign(claims, algorithm)
        } catch {
            throw .internalFailure
        }
        guard token.utf8.count <= longestToken else {
            throw STS.Failure.jwtPayloadSizeExceededException(
                "The requested token payload size exceeds the maximum allowed size.")
        }
        return Output(webIdentityToken: token, expiration: Timestamp(secondsSinceEpoch: expires))
    }

    private static func tags(_ input: Input) -> [Tag] {
        (input.tags ?? []).map(Tag.init)
    }

    /// What AWS says of the caller.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html>
    private static func identityClaims(_ requestTags: [Tag], _ call: Call) -> [String: ClaimValue] {
        var claims: [String: ClaimValue] = [
            "aws_account": .string(call.accountID), "source_region": .string(call.region),
        ]
        if let membership = call.directory.membership(ofAccount: call.accountID) {
            claims["org_id"] = .string(membership.organizationID)
            claims["ou_path"] = .string(membership.path)
        }
        let principalTags = call.caller.tags
        if !principalTags.isEmpty { claims["principal_tags"] = object(principalTags) }
        if !requestTags.isEmpty { claims["request_tags"] = object(requestTags) }
        if let session = call.caller.session {
            claims["original_session_exp"] = .string(Timestamp(secondsSinceEpoch: session.expires).iso8601)
            if let provider = session.federatedProvider { claims["federated_provider"] = .string(provider) }
            if let identity = session.sourceIdentity { claims["source_identity"] = .string(identity) }
        }
        return claims
    }

    private static func object(_ tags: [Tag]) -> ClaimValue {
        .object(Dictionary(tags.map { ($0.key, .string($0.value)) }) { first, _ in first })
    }
}
