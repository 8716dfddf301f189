import IAMAPI
import Pages
import Wire

/// Whoever has policies on these pages: a user or a group.
struct PolicyHolder: Sendable {
    enum Kind: String, Sendable {
        case users
        case groups

        /// `User`, as messages begin with it.
        var title: String { self == .users ? "User" : "Group" }
    }

    let kind: Kind
    let name: String

    init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// Of its pages, below ``Console/root``: `users/ann`.
    var path: String { kind.rawValue + "/" + PercentEncoding.segment(name) }

    /// What the AWS CLI calls it: `--user-name ann`. Names need no quotes in a shell.
    var option: String { kind == .users ? "--user-name \(name)" : "--group-name \(name)" }

    /// As in `put-user-policy`.
    var noun: String { kind == .users ? "user" : "group" }

    /// Where an inline policy is written.
    /// - Parameter policy: nil: a new one.
    func editorLink(_ policy: String? = nil) -> String {
        let inline = policy.map { "&inline=" + PercentEncoding.queryValue($0) } ?? ""
        return "\(Console.root)policy-editor?\(noun)=\(PercentEncoding.queryValue(name))\(inline)"
    }

    // MARK: Managed policies

    func attached(_ visit: Visit) async throws(ServiceError) -> [IAM.AttachedPolicy] {
        switch kind {
        case .users: try await visit.all(IAM.ListAttachedUserPolicies.self, .init { $0.userName = name })
        case .groups: try await visit.all(IAM.ListAttachedGroupPolicies.self, .init { $0.groupName = name })
        }
    }

    func attach(_ arn: String, _ visit: Visit) async throws(ServiceError) {
        switch kind {
        case .users:
            let input = IAM.AttachUserPolicy.Input {
                $0.userName = name
                $0.policyArn = arn
            }
            _ = try await visit.call(IAM.AttachUserPolicy.self, input)
        case .groups:
            let input = IAM.AttachGroupPolicy.Input {
                $0.groupName = name
                $0.policyArn = arn
            }
            _ = try await visit.call(IAM.AttachGroupPolicy.self, input)
        }
    }

    func detach(_ arn: String, _ visit: Visit) async throws(ServiceError) {
        switch kind {
        case .users:
            let input = IAM.DetachUserPolicy.Input {
                $0.userName = name
                $0.policyArn = arn
            }
            _ = try await visit.call(IAM.DetachUserPolicy.self, input)
        case .groups:
            let input = IAM.DetachGroupPolicy.Input {
                $0.groupName = name
                $0.policyArn = arn
            }
            _ = try await visit.call(IAM.DetachGroupPolicy.self, input)
        }
    }

    // MARK: Inline policies

    func inlineNames(_ visit: Visit) async throws(ServiceError) -> [String] {
        switch kind {
        case .users: try await visit.all(IAM.ListUserPolicies.self, .init { $0.userName = name })
        case .groups: try await visit.all(IAM.ListGroupPolicies.self, .init { $0.groupName = name })
        }
    }

    /// The document as it was written.
    func inline(_ policy: String, _ visit: Visit) async throws(ServiceError) -> String {
        let encoded: String
        switch kind {
        case .users:
            let input = IAM.GetUserPolicy.Input {
                $0.userName = name
                $0.policyName = policy
            }
            encoded = try await visit.call(IAM.GetUserPolicy.self, input).policyDocument
        case .groups:
            let input = IAM.GetGroupPolicy.Input {
                $0.groupName = name
                $0.policyName = policy
            }
            encoded = try await visit.call(IAM.GetGroupPolicy.self, input).policyDocument
        }
        return encoded.percentDecoded ?? encoded
    }

    func deleteInline(_ policy: String, _ visit: Visit) async throws(ServiceError) {
        switch kind {
        case .users:
            let input = IAM.DeleteUserPolicy.Input {
                $0.userName = name
                $0.policyName = policy
            }
            _ = try await visit.call(IAM.DeleteUserPolicy.self, input)
        case .groups:
            let input = IAM.DeleteGroupPolicy.Input {
                $0.groupName = name
                $0.policyName = policy
            }
            _ = try await visit.call(IAM.DeleteGroupPolicy.self, input)
        }
    }
}
