import Directory
import Platform
import Policy
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>
extension STS.GetFederationToken: ComputeOperation {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken"] }

    /// Tagging the session needs permission for that as well.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard call.caller.session == nil else {
            throw .accessDenied("Cannot call GetFederationToken with session credentials")
        }
        var access = Access(
            "sts:GetFederationToken", on: arn(input, call), context: ConditionKeys.requestTags(tags(input)))
        var accesses = [access]
        if !tags(input).isEmpty {
            access.action = "sts:TagSession"
            accesses.append(access)
        }
        return .required(accesses)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        var seconds = Double(input.durationSeconds ?? 43200)
        let parent: String
        switch call.caller.identity {
        case .user(let user): parent = user.uniqueID
        case .root:
            parent = call.accountID
            seconds = min(seconds, 3600)
        case .roleSession, .federatedUser, .webIdentity, .saml, .service, .anonymous:
            throw .accessDenied("Cannot call GetFederationToken with session credentials")
        }
        let issued = call.time.rounded(.down)
        var session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: call.accountID, principalKind: .federatedUser, principalID: parent, name: input.name,
            issued: issued, expires: issued + seconds)
        session.policy = try SessionPolicies.inline(input.policy)
        session.policyARNs = try SessionPolicies.managed(input.policyArns, of: call.accountID, call)
        session.tags = try SessionTags.checked(tags(input))
        var output = Output()
        // Other operations leave it out where there is nothing to pack.
        output.packedPolicySize = try SessionPolicies.packedSize(of: session) ?? 0
        output.credentials = try STS.Credentials(session, call)
        var user = STS.FederatedUser()
        user.federatedUserId = "\(call.accountID):\(input.name)"
        user.arn = arn(input, call)
        output.federatedUser = user
        return output
    }

    private static func arn(_ input: Input, _ call: Call) -> String {
        "arn:aws:sts::\(call.accountID):federated-user/\(input.name)"
    }

    private static func tags(_ input: Input) -> [Tag] {
        (input.tags ?? []).map(Tag.init)
    }
}
