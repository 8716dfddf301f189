import Directory
import KMSAPI
import Ledger
import Platform
import Policy
import Wire

// Key policies. A key has one, called `default`, and can't be without.
// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>

enum KeyPolicies {
    /// The only name that a key policy may have.
    static let name = "default"

    /// The policy of a key that is made without one: it leaves everything to the account's IAM policies.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
    static func standard(_ account: String) -> String {
        """
        {
          "Version" : "2012-10-17",
          "Id" : "key-default-1",
          "Statement" : [ {
            "Sid" : "Enable IAM User Permissions",
            "Effect" : "Allow",
            "Principal" : {
              "AWS" : "arn:aws:iam::\(account):root"
            },
            "Action" : "kms:*",
            "Resource" : "*"
          } ]
        }
        """
    }

    /// Checks the policy that a key is to have: the document, its size, and that whom it names exists.
    /// - Throws: MalformedPolicyDocumentException, LimitExceededException.
    static func check(_ text: String, _ call: Call) throws(ServiceError) {
        let limit = call.quotas[.keyPolicySize]
        guard text.utf8.count <= limit else {
            throw .limitExceeded("The key policy must not be larger than \(limit) bytes.")
        }
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .malformedPolicy(error.message)
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .malformedPolicy("Policy contains a statement with one or more invalid principals.")
        }
    }

    /// The text as it is kept; one that can't be read stays as it is, and ``check(_:_:)`` refuses it.
    static func kept(_ text: String, _ directory: IdentityDirectory) -> String {
        (try? PolicyDocument(parsing: text, as: .resource))?.kept(directory) ?? text
    }

    /// Makes sure that the caller can still change the policy of a key.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-lockout>
    /// - Parameter key: with the new policy.
    /// - Throws: MalformedPolicyDocumentException.
    static func checkLockOut(of key: KeyEntry, bypass: Bool?, _ call: Call) async throws(ServiceError) {
        guard bypass != true else { return }
        let access = try await call.need(KeyTarget(key), action: "PutKeyPolicy")
        guard try call.decision(access).isAllowed else {
            throw .malformedPolicy("The new key policy will not allow you to update the key policy in the future.")
        }
    }

    static func checkName(_ name: String?) throws(ServiceError) {
        guard name ?? Self.name == Self.name else { throw .kms(.notFoundException, "No such policy exists") }
    }
}

extension Quota {
    /// Bytes of a key policy.
    static let keyPolicySize = Quota("KeyPolicySize", 32_768)
}

extension KMS.GetKeyPolicy: KeyRead {
    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        try KeyPolicies.checkName(input.policyName)
        return Output {
            $0.policy = PolicyDocument.shown(target.entry.policy.document.text, as: .resource, call.directory)
            $0.policyName = KeyPolicies.name
        }
    }
}

extension KMS.ListKeyPolicies: KeyRead {
    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output(page([KeyPolicies.name], by: { $0 }, try Paging(kms: input)))
    }
}

extension KMS.PutKeyPolicy: PreparedWriteOperation, OnKey {
    static func keys(_ input: Input) -> [String: ContextValue] {
        ["kms:bypasspolicylockoutsafetycheck": .one(String(input.bypassPolicyLockoutSafetyCheck ?? false))]
    }

    /// - Returns: the policy as it is kept.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        try KeyPolicies.checkName(input.policyName)
        try KeyPolicies.check(input.policy, call)
        let entry = try call.target().entry
        var key = entry.key
        key.policy = KeyPolicies.kept(input.policy, call.directory)
        try await KeyPolicies.checkLockOut(
            of: KeyEntry(key, aliases: entry.aliases), bypass: input.bypassPolicyLockoutSafetyCheck, call)
        return key.policy
    }

    public static func handle(
        _ input: Input, _ policy: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        key.policy = policy
        try own.put(key)
        return Output()
    }
}
