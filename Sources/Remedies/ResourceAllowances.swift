import Policy

// What guards the resource: its policy, a role's trust policy, and the grants of KMS keys.

extension Steps {
    /// A statement in the resource's policy that names the caller.
    mutating func allowInResourcePolicy(cost: Int) {
        let isTrust = decision.policyType == .roleTrust || asked.inputs.roleTrust != nil || isAboutTrust
        let policy = isTrust ? asked.inputs.roleTrust : asked.inputs.resource
        if asked.inputs.resourceOnlyDenies {
            obstacles.append(
                "The object belongs to another account than its bucket, so that the bucket's policy can allow nothing.")
            return
        }
        guard let resource = policy?.source.attachedTo ?? guarded else {
            if decision.policyType != .identity {
                obstacles.append("Nothing is known of a policy of \(request.resource).")
            }
            return
        }
        guard let (principals, also, risks, isEverybody) = named(isTrust: isTrust) else { return }
        var statement = allowance(hasResource: !isTrust)
        statement.principals = [principals]
        // In a key policy, "*" is the key that it is of.
        if ARNParts(resource)?.service == "kms" { statement.resources = ["*"] }
        addConditions(to: &statement)
        let owner = request.resourceAccount ?? ARNParts(resource).map(\.account) ?? ""
        let madeBy = owner.isAccountID ? "an administrator of account \(owner)" : "the owner of the resource"
        let type: PolicyType = isTrust ? .roleTrust : .resource
        let what = isTrust ? "the trust policy of \(resource)" : "the policy of \(resource)"
        let cost = isEverybody ? Cost.everybody : cost
        if let policy {
            extend(policy, by: statement) { edited in
                Change(
                    .addStatement, type, policy: policy.source, holder: resource, madeBy: madeBy,
                    title: "Add a statement to \(what)", statement: edited.statement, before: edited.before,
                    after: edited.after, diff: edited.diff,
                    commands: Commands.putResourcePolicy(of: resource, edited.after) ?? [], alsoAllows: also,
                    risks: risks, cost: cost)
            }
            return
        }
        let edited = new(statement)
        guard let commands = Commands.putResourcePolicy(of: resource, edited.after),
            let policy = compiled(edited.after, as: PolicySource(type: type, attachedTo: resource))
        else { return }
        let change = Change(
            .newPolicy, type, holder: resource, madeBy: madeBy, title: "Give \(resource) a policy",
            statement: edited.statement, after: edited.after, diff: edited.diff, commands: commands, alsoAllows: also,
            risks: risks, cost: cost)
        found.append(
            Step(change: change) {
                if isTrust { $0.inputs.roleTrust = policy } else { $0.inputs.resource = policy }
            })
    }

    /// Whether the request is for a session of a role.
    private var isAboutTrust: Bool {
        guard let arn = ARNParts(request.resource) else { return false }
        return request.action.lowercased().hasPrefix("sts:") && arn.service == "iam" && arn.type == "role"
    }

    /// What has the policy that is asked about the resource: of an object its bucket. nil: nothing is known to.
    private var guarded: String? {
        guard let arn = ARNParts(request.resource), Commands.putResourcePolicy(of: request.resource, "") != nil else {
            return nil
        }
        let service = request.action.prefix { $0 != ":" }.lowercased()
        if arn.service == "iam" { return isAboutTrust ? request.resource : nil }
        guard service == arn.service else { return nil }
        guard arn.service == "s3" else { return request.resource }
        return "arn:aws:s3:::\(arn.resource.prefix { $0 != "/" })"
    }

    /// By which name a statement is about the caller and nobody else, what else that allows, and what should be thought of.
    private func named(
        isTrust: Bool
    ) -> (principals: StatementText.Group, also: [String], risks: [String], isEverybody: Bool)? {
        switch principal.kind {
        case .user, .role: return (.init(name: "AWS", values: [principal.arn]), [], [], false)
        case .roleSession:
            guard let role = principal.roleARN else { return nil }
            return (.init(name: "AWS", values: [role]), ["The same to all sessions of the role \(role)"], [], false)
        case .federatedUser: return (.init(name: "AWS", values: [principal.arn]), [], [], false)
        case .root:
            let also = ["The same to all principals of account \(principal.accountID) whose own policies allow it"]
            return (.init(name: "AWS", values: [principal.arn]), also, [], false)
        case .service:
            guard let service = principal.service else { return nil }
            let isBound = sourceKeys.contains { asked.context[$0.key] != nil }
            let also = isBound ? [] : ["The same to the service \(service) on anybody's behalf"]
            return (.init(name: "Service", values: [service]), also, [], false)
        case .webIdentity, .saml:
            guard isTrust else { return nil }
            return (.init(name: "Federated", values: [principal.arn]), [], [], false)
        case .anonymous:
            return (
                .init(name: "*", values: ["*"]), ["The same to everybody on the network, without credentials"],
                ["It makes the resource public. To sign the request is safer"], true
            )
        }
    }

    /// On whose behalf a service calls, which guards against being its confused deputy.
    private var sourceKeys: [(key: String, name: String, operatorName: String)] {
        [
            ("aws:sourcearn", "aws:SourceArn", "ArnEquals"),
            ("aws:sourceaccount", "aws:SourceAccount", "StringEquals"),
        ]
    }

    private func addConditions(to statement: inout StatementText) {
        switch principal.kind {
        case .service:
            for (key, name, operatorName) in sourceKeys {
                if case .one(let value)? = asked.context[key] {
                    statement.add(operatorName, name, [Self.literal(value)])
                }
            }
        case .webIdentity, .saml:
            // Without them, the statement would be about everybody whom the provider knows.
            for key in asked.context.keys.sorted() where key.hasSuffix(":aud") || key.hasSuffix(":sub") {
                if case .one(let value)? = asked.context[key] {
                    statement.add("StringEquals", key, [Self.literal(value)])
                }
            }
        default: break
        }
    }

    /// A text as a condition's value that means nothing but itself.
    static func literal(_ text: String) -> String { text.replacing("${", with: "${$}{") }

    // MARK: Grants

    /// The operations that grants can allow.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations>
    private static let grantable = Set(
        """
        Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo Sign Verify \
        GetPublicKey CreateGrant RetireGrant DescribeKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext \
        GenerateMac VerifyMac DeriveSharedSecret
        """.split(separator: " ").map(String.init))

    mutating func allowByGrant() {
        let operation = String(request.action.drop { $0 != ":" }.dropFirst())
        guard request.action.lowercased().hasPrefix("kms:"), Self.grantable.contains(operation),
            let key = ARNParts(request.resource), key.type == "key", let grantee = principal.policyHolder
        else { return }
        let isSession = principal.kind == .roleSession
        let change = Change(
            .newGrant, holder: request.resource, madeBy: "an administrator of the key in account \(key.account)",
            title: "Make a grant of \(operation) for \(grantee)", diff: ["+ \(grantee): \(operation)"],
            commands: [
                Commands.line([
                    "kms", "create-grant", "--key-id", request.resource, "--grantee-principal", grantee, "--operations",
                    operation,
                ])
            ], alsoAllows: isSession ? ["The same to all sessions of the role \(grantee)"] : [], cost: Cost.grant)
        let grant = KeyGrant(grantee: grantee, operations: [operation], name: "the new grant")
        found.append(Step(change: change) { $0.inputs.grants.append(grant) })
    }
}
