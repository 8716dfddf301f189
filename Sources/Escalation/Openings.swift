import Policy
import Reasoning

/// A way into a resource: by its own policy, or by a grant.
struct Opening {
    let method: String
    let request: EscalationPath.Request
    let effect: String
    let assumption: String
    /// The holder once the resource lets it in, with the resource's side.
    let caller: BoundCaller
    /// What the resource can be used for.
    let target: AccessTarget
}

// Policies of resources that a holder can write: then it is let in whatever its own policies say.

extension EscalationSearch {
    /// The action, whose actions are gained, and what the resource is.
    private static let kinds: [(action: String, gained: String, inner: [String], name: String)] = [
        ("kms:PutKeyPolicy", "kms:*", [], "a key"), ("kms:CreateGrant", "kms:*", [], "a key"),
        ("s3:PutBucketPolicy", "s3:*", ["/*"], "a bucket"),
        ("secretsmanager:PutResourcePolicy", "secretsmanager:*", [], "a secret"),
        ("sqs:SetQueueAttributes", "sqs:*", [], "a queue"), ("sns:SetTopicAttributes", "sns:*", [], "a topic"),
        ("dynamodb:PutResourcePolicy", "dynamodb:*", [], "a table"),
    ]

    func openings(by actor: Holder) -> [Opening] {
        Self.kinds.compactMap { kind in
            guard may(actor, kind.action), let pattern = RequestedAction(named: kind.action)?.resources.first else {
                return nil
            }
            let isGrant = kind.action == "kms:CreateGrant"
            let arn = actor.member.principal.arn
            // A grant for a service to pass on is no grant for whoever asked for it.
            let context = isGrant ? ["kms:grantisforawsresource": "false", "kms:granteeprincipal": arn] : [:]
            let resource = pattern.replacing("{account}", with: actor.member.principal.accountID)
            guard let witness = ask(actor, kind.action, on: resource, saying: context).witness else { return nil }
            var inputs = actor.member.inputs
            inputs.ignoresResourceSide = true
            if isGrant {
                inputs.grants = [KeyGrant(grantee: arn, operations: Self.grantable)]
            } else {
                inputs.resource = Self.policy(naming: arn, for: kind.gained)
            }
            let opened = witness.request.resource
            return Opening(
                method: kind.action, request: request(witness, by: actor),
                effect: isGrant
                    ? "grants itself the use of \(opened)" : "writes a policy for \(opened) that lets it in",
                assumption: "\(opened) is \(kind.name) whose policy does not deny it",
                caller: bound(actor.member, inputs),
                target: AccessTarget([kind.gained], on: [opened] + kind.inner.map { opened + $0 }))
        }
    }

    private static let grantable = [
        "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
        "DescribeKey", "CreateGrant", "RetireGrant",
    ]

    private static func policy(naming arn: String, for actions: String) -> CompiledPolicy {
        let principal = arn.replacing("\\", with: "").replacing("\"", with: "")
        let statement =
            #"{"Effect":"Allow","Principal":{"AWS":"\#(principal)"},"Action":"\#(actions)","Resource":"*"}"#
        let source = PolicySource(type: .resource, name: "policy of the resource")
        let text = #"{"Version":"2012-10-17","Statement":\#(statement)}"#
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }
}
