import Directory
import Ledger
import Platform
import Policy
import WAFV2API
import Wire

// Who may use a rule group besides its account.
// <https://docs.aws.amazon.com/waf/latest/APIReference/API_PutPermissionPolicy.html>

enum PermissionPolicies {
    private static let needed: Set<String> = [
        "wafv2:createwebacl", "wafv2:updatewebacl", "wafv2:putfirewallmanagerrulegroups",
    ]
    private static let optional = "wafv2:getrulegroup"

    /// The policy as it is asked. Its statements have no resource, since it is about one group alone.
    static func compiled(_ text: String) -> CompiledPolicy {
        let source = PolicySource(type: .resource, name: "permission policy")
        guard let text = withResource(text),
            let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable)
        else { return .denyingEverything(source) }
        return CompiledPolicy(document, source: source)
    }

    /// The document with `"Resource": "*"` in each statement; nil: it is none, or has resources of its own.
    private static func withResource(_ text: String) -> String? {
        guard let value = try? Wire.JSONValue(parsing: Array(text.utf8)), case .object(var members) = value,
            let index = members.firstIndex(where: { $0.key == "Statement" })
        else { return nil }
        let statements: [Wire.JSONValue] =
            if case .array(let list) = members[index].value { list } else { [members[index].value] }
        var completed: [Wire.JSONValue] = []
        for statement in statements {
            guard case .object(let parts) = statement,
                !parts.contains(where: { $0.key == "Resource" || $0.key == "NotResource" })
            else { return nil }
            completed.append(.object(parts + [JSONMember(key: "Resource", value: .string("*"))]))
        }
        members[index].value = .array(completed)
        var writer = JSONWriter()
        writer.json(.object(members))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Checks what AWS wants of such a policy.
    /// - Throws: WAFInvalidPermissionPolicyException.
    static func check(_ text: String, _ call: Call) throws(ServiceError) {
        guard let completed = withResource(text) else { throw invalid }
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: completed, as: .resource) } catch {
            throw invalid
        }
        guard document.version == .v2012, !document.statements.isEmpty,
            document.principals.joined().allSatisfy({ call.directory.mayExist($0) })
        else { throw invalid }
        for statement in document.statements {
            let actions = Set(statement.actions.values.map { $0.value.lowercased() })
            guard statement.effect == .allow, !statement.actions.isNegated, statement.principals?.isNegated == false,
                actions.isSuperset(of: needed), actions.subtracting(needed).isSubset(of: [optional])
            else { throw invalid }
        }
    }

    private static var invalid: ServiceError {
        WAFV2.Failure.wafInvalidPermissionPolicyException(
            "The operation failed because the specified policy isn't in the proper format. The policy must be of "
                + "version 2012-10-17, each statement must have Effect Allow, a Principal, no Resource, and the actions "
                + "wafv2:CreateWebACL, wafv2:UpdateWebACL and wafv2:PutFirewallManagerRuleGroups; wafv2:GetRuleGroup "
                + "alone may be there besides."
        )
    }
}

/// An operation on the policy of the rule group whose ARN its request has.
protocol OnPolicyOfGroup: Platform.Operation where InputFields: WAFV2.WithResourceArn {}

extension OnPolicyOfGroup {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = WAFName(arn: input.resourceArn), name.type == StoredRuleGroup.type else {
            throw .invalid(.resourceArn, input.resourceArn, .arn)
        }
        return .required(call.wafAccess(name.arn))
    }

    /// Only the account of a group changes its policy.
    fileprivate static func group(_ input: Input, _ records: some RecordReading) throws(ServiceError) -> StoredRuleGroup
    {
        let group = try records.resource(StoredRuleGroup.self, arn: input.resourceArn)
        guard group.fullName.place == records.scope else { throw .nonexistentItem }
        return group
    }
}

extension WAFV2.PutPermissionPolicy: WriteOperation, OnPolicyOfGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var group = try group(input, records)
        try PermissionPolicies.check(input.policy, call)
        group.policy = input.policy
        try records.put(group)
        return Output()
    }
}

extension WAFV2.GetPermissionPolicy: ReadOperation, OnPolicyOfGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let policy = try group(input, records).policy else { throw .nonexistentItem }
        return Output(policy: policy)
    }
}

extension WAFV2.DeletePermissionPolicy: WriteOperation, OnPolicyOfGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var group = try group(input, records)
        guard group.policy != nil else { throw .nonexistentItem }
        group.policy = nil
        try records.put(group)
        return Output()
    }
}
