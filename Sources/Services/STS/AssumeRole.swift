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
        try await SecondFactor.prove(input.serialNumber, input.tokenCode, call)
        if case .root = call.caller.identity {
            throw .accessDenied("Roles may not be assumed by root accounts.")
        }
        let inherited = call.caller.session?.sourceIdentity
        if let inherited, let wanted = input.sourceIdentity, wanted != inherited {
            throw .accessDenied("The source identity of a session cannot be changed: it is \(inherited).")
        }
        let found = try role(input, call)
        var access = Access(
            "sts:AssumeRole", on: input.roleArn, resourceAccount: ARN(parsing: input.roleArn)?.account,
            context: context(input, sourceIdentity: input.sourceIdentity ?? inherited),
            // A role that does not exist trusts nobody: it is refused as one that does not trust the caller.
            roleTrust: found.flatMap { call.directory.trustPolicy(ofRoleWithUniqueID: $0.uniqueID) }
                ?? .denyingEverything(PolicySource(type: .roleTrust)))
        if let found {
            access.context.merge(ConditionKeys.resourceTags(found.tags, service: "iam")) { own, _ in own }
        }
        var accesses = [access]
        if !(input.tags ?? []).isEmpty {
            access.action = "sts:TagSession"
            accesses.append(access)
        }
        if input.sourceIdentity != nil || inherited != nil {
            access.action = "sts:SetSourceIdentity"
            accesses.append(access)
        }
        return .required(accesses)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let role = try role(input, call) else { throw denied(input, call) }
        var isChained = false
        if case .roleSession = call.caller.identity { isChained = true }
        let seconds = input.durationSeconds ?? 3600
        guard !isChained || seconds <= 3600 else {
            throw .validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        }
        guard seconds <= role.maxSessionDuration else {
            throw .validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        let issued = call.time.rounded(.down)
        var session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: role.accountID, principalKind: .role, principalID: role.uniqueID, name: input.roleSessionName,
            issued: issued, expires: issued + Double(seconds), mfaTime: input.tokenCode == nil ? nil : call.time)
        // AWS's pages disagree on whether the session of a role that was assumed with MFA carries the proof on. It does
        // here, as CloudTrail's mfaAuthenticated does.
        try setPolicies(of: &session, input, call)
        try setTags(of: &session, input, call)
        session.sourceIdentity = input.sourceIdentity ?? call.caller.session?.sourceIdentity
        let packedSize = try packedSize(of: session)

        var user = STS.AssumedRoleUser()
        user.assumedRoleId = "\(role.uniqueID):\(input.roleSessionName)"
        user.arn = "arn:aws:sts::\(role.accountID):assumed-role/\(role.name)/\(input.roleSessionName)"
        var output = Output()
        output.credentials = try STS.Credentials(session, call)
        output.assumedRoleUser = user
        output.sourceIdentity = session.sourceIdentity
        output.packedPolicySize = packedSize
        return output
    }

    /// Session policies share this many bytes of a token with session tags.
    private static let packedLimit = 4096
    private static let longestPolicy = 2048
    private static let mostPolicyARNs = 10
    private static let mostTags = 50

    /// How full a session's policies and tags make its token, in percent; nil when it has none. AWS does not say how
    /// it packs them; here every byte counts.
    /// - Throws: PackedPolicyTooLarge.
    private static func packedSize(of session: Session) throws(ServiceError) -> Int? {
        guard session.hasSessionPolicies || !session.tags.isEmpty else { return nil }
        var size = session.policy?.utf8.count ?? 0
        for arn in session.policyARNs { size += arn.utf8.count }
        for tag in session.tags { size += tag.key.utf8.count + tag.value.utf8.count }
        let percent = max(1, (size * 100 + packedLimit - 1) / packedLimit)
        guard percent <= 100 else {
            throw ServiceError(
                "PackedPolicyTooLarge",
                "Packed size of session policies and tags consumes \(percent)% of allotted space.", status: 400)
        }
        return percent
    }

    /// The role that the request names; nil when there is none.
    /// - Throws: ValidationError for what is no ARN.
    private static func role(_ input: Input, _ call: Call) throws(ServiceError) -> Role? {
        guard let arn = ARN(parsing: input.roleArn), !arn.account.isEmpty else {
            throw .validation("\(input.roleArn) is invalid")
        }
        guard arn.service == "iam", let (type, rest) = arn.typeAndRest, type == "role",
            let name = rest.split(separator: "/").last,
            let role = call.directory.role(named: String(name), in: arn.account), role.arn == input.roleArn
        else { return nil }
        return role
    }

    private static func denied(_ input: Input, _ call: Call) -> ServiceError {
        .accessDenied(
            "User: \(call.caller.arn) is not authorized to perform: sts:AssumeRole on resource: \(input.roleArn)")
    }

    private static func context(_ input: Input, sourceIdentity: String?) -> [String: ContextValue] {
        var keys: [String: ContextValue] = ["sts:rolesessionname": .one(input.roleSessionName)]
        if let id = input.externalId { keys["sts:externalid"] = .one(id) }
        if let sourceIdentity { keys["sts:sourceidentity"] = .one(sourceIdentity) }
        if let transitive = input.transitiveTagKeys, !transitive.isEmpty {
            keys["sts:transitivetagkeys"] = .many(transitive)
        }
        let tags = (input.tags ?? []).map { Tag(key: $0.key, value: $0.value) }
        keys.merge(ConditionKeys.requestTags(tags)) { $1 }
        if input.tokenCode != nil {
            keys["aws:multifactorauthpresent"] = .one("true")
            keys["aws:multifactorauthage"] = .one("0")
        }
        return keys
    }

    /// - Throws: MalformedPolicyDocument; ValidationError for a managed policy that does not exist.
    private static func setPolicies(of session: inout Session, _ input: Input, _ call: Call) throws(ServiceError) {
        if let policy = input.policy {
            guard policy.unicodeScalars.count <= longestPolicy else {
                throw .validation(
                    "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have "
                        + "length less than or equal to \(longestPolicy)")
            }
            do throws(PolicyError) {
                _ = try PolicyDocument(parsing: policy, as: .session)
            } catch {
                throw ServiceError("MalformedPolicyDocument", error.message, status: 400)
            }
            session.policy = policy
        }
        guard (input.policyArns ?? []).count <= mostPolicyARNs else {
            throw .validation(
                "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have "
                    + "length less than or equal to \(mostPolicyARNs)")
        }
        for descriptor in input.policyArns ?? [] {
            guard let arn = descriptor.arn else { continue }
            guard ARN(parsing: arn) != nil, call.directory.compiledPolicy(arn: arn) != nil else {
                throw .validation("The policy \(arn) does not exist.")
            }
            session.policyARNs.append(arn)
        }
    }

    /// Session tags, with those that the caller's own session passes on.
    /// - Throws: InvalidParameterValue.
    private static func setTags(of session: inout Session, _ input: Input, _ call: Call) throws(ServiceError) {
        let tags = (input.tags ?? []).map { Tag(key: $0.key, value: $0.value) }
        let keys = Set(tags.map { $0.key.lowercased() })
        guard keys.count == tags.count else {
            throw .invalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
        guard !keys.contains(where: { $0.hasPrefix("aws:") }) else {
            throw .invalidParameterValue("Tag keys that begin with aws: are reserved.")
        }
        let transitive = input.transitiveTagKeys ?? []
        guard transitive.allSatisfy({ keys.contains($0.lowercased()) }) else {
            throw .invalidParameterValue("The specified transitive tag key must be included in the requested tags.")
        }
        let inheritedKeys = Set((call.caller.session?.transitiveTagKeys ?? []).map { $0.lowercased() })
        guard keys.isDisjoint(with: inheritedKeys) else {
            throw .invalidParameterValue(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                    + "from the calling session.")
        }
        let inherited = (call.caller.session?.tags ?? []).filter { inheritedKeys.contains($0.key.lowercased()) }
        session.tags = inherited + tags
        guard session.tags.count <= mostTags else {
            throw .invalidParameterValue("A session can have up to \(mostTags) tags.")
        }
        session.transitiveTagKeys = inherited.map(\.key) + transitive
    }
}

extension ServiceError {
    fileprivate static func invalidParameterValue(_ message: String) -> ServiceError {
        ServiceError("InvalidParameterValue", message, status: 400)
    }
}
