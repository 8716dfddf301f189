import Directory
import Platform
import Policy
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
extension STS.AssumeRole: ComputeOperation {
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken", "TokenCode"] }
    public static var recordsOutput: Bool { true }

    /// The role's trust policy decides, together with the caller's own policies. Passing tags or a source identity on
    /// needs the permission for each.
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await SecondFactor.check(input.serialNumber, input.tokenCode, call)
        if case .root = call.caller.identity {
            throw .accessDenied("Roles may not be assumed by root accounts.")
        }
        let inherited = call.caller.session?.sourceIdentity
        if let inherited, let wanted = input.sourceIdentity, wanted != inherited {
            throw .accessDenied("The source identity of a session cannot be changed: it is \(inherited).")
        }
        var context: [String: ContextValue] = [:]
        if let id = input.externalId { context["sts:externalid"] = .one(id) }
        if input.tokenCode != nil {
            context["aws:multifactorauthpresent"] = .one("true")
            context["aws:multifactorauthage"] = .one("0")
        }
        return try request(input, call).access(call, context)
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let request = request(input, call)
        guard let role = request.role(call) else { throw denied(input, call) }
        var (session, packedSize) = try request.session(of: role, call)
        // AWS's pages disagree on whether the session of a role that was assumed with MFA counts as authenticated by
        // MFA. Here it does, in line with CloudTrail's mfaAuthenticated.
        if input.tokenCode != nil { session.mfaTime = call.time }
        try await SecondFactor.useUp(input.serialNumber, input.tokenCode, call)
        return Output(
            credentials: try STS.Credentials(session, call),
            assumedRoleUser: STS.AssumedRoleUser(role, sessionName: input.roleSessionName),
            packedPolicySize: packedSize,
            sourceIdentity: session.sourceIdentity)
    }

    private static func request(_ input: Input, _ call: Call) -> RoleRequest {
        RoleRequest(
            roleARN: input.roleArn, sessionName: input.roleSessionName, policy: input.policy,
            policyARNs: input.policyArns, durationSeconds: input.durationSeconds,
            tags: (input.tags ?? []).map(Tag.init),
            transitiveTagKeys: input.transitiveTagKeys ?? [],
            sourceIdentity: input.sourceIdentity ?? call.caller.session?.sourceIdentity)
    }

    private static func denied(_ input: Input, _ call: Call) -> ServiceError {
        .accessDenied(
            "User: \(call.caller.arn) is not authorized to perform: sts:AssumeRole on resource: \(input.roleArn)")
    }
}
