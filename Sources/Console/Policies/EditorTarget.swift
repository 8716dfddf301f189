import IAMAPI
import Pages
import Platform
import Policy
import Wire

/// What somebody writes a policy for: told by the address of the editor, and by its form.
///
/// - `policy-editor`: for nothing, just to try one; `type` says of which kind.
/// - `policy-editor?new=policy`: a new managed policy.
/// - `policy-editor?policy-arn=ARN`: a new version of a managed policy.
/// - `policy-editor?user=NAME&inline=POLICY`, `group`, `role` likewise: an inline policy; without `inline` a new one.
/// - `policy-editor?role=NAME&trust=1`: a role's trust policy.
enum EditorTarget: Sendable {
    case trial(PolicyType)
    case newPolicy
    case version(arn: String)
    case inline(holder: Holder, name: String, policy: String?)
    case trust(role: String)

    enum Holder: String, Sendable, CaseIterable {
        case user, group, role
    }

    init(_ fields: FormFields) {
        if let arn = fields["policy-arn"] {
            self = .version(arn: arn)
        } else if let role = fields["role"], fields["trust"] != nil {
            self = .trust(role: role)
        } else if let holder = Holder.allCases.first(where: { fields[$0.rawValue] != nil }) {
            self = .inline(holder: holder, name: fields.text(holder.rawValue), policy: fields["inline"])
        } else if fields["new"] != nil {
            self = .newPolicy
        } else {
            self = .trial(Self.trialTypes.first { $0.key == fields["type"] }?.type ?? .identity)
        }
    }

    /// The kinds of policy that can be tried.
    static let trialTypes: [(key: String, name: String, type: PolicyType)] = [
        ("identity", "Identity-based policy", .identity), ("resource", "Resource-based policy", .resource),
        ("trust", "Role trust policy", .roleTrust), ("scp", "Service control policy", .serviceControl),
        ("rcp", "Resource control policy", .resourceControl),
    ]

    /// The fields that tell the same again.
    var fields: [(name: String, value: String)] {
        switch self {
        case .trial: []
        case .newPolicy: [("new", "policy")]
        case .version(let arn): [("policy-arn", arn)]
        case .inline(let holder, let name, let policy):
            [(holder.rawValue, name)] + (policy.map { [("inline", $0)] } ?? [])
        case .trust(let role): [("role", role), ("trust", "1")]
        }
    }

    var type: PolicyType {
        switch self {
        case .trial(let type): type
        case .trust: .roleTrust
        default: .identity
        }
    }

    /// How IAM checks the document; nil: IAM does not get it.
    var strictness: PolicyDocument.Strictness? {
        switch self {
        case .trial: nil
        case .newPolicy, .version: .managed
        case .inline, .trust: .stored
        }
    }

    /// How many characters the document may have, white space not counted.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    func limit(_ quotas: Quotas) -> Int {
        switch self {
        case .trial(.serviceControl), .trial(.resourceControl): 10240
        case .trial(.resource): 20480
        case .trial(.roleTrust), .trust: quotas[Quota("AssumeRolePolicySize", 2048)]
        case .trial, .newPolicy, .version: quotas[Quota("PolicySize", 6144)]
        case .inline(.user, _, _): quotas[Quota("UserPolicySize", 2048)]
        case .inline(.group, _, _): quotas[Quota("GroupPolicySize", 5120)]
        case .inline(.role, _, _): quotas[Quota("RolePolicySize", 10240)]
        }
    }

    var title: String {
        switch self {
        case .trial: "Policy editor"
        case .newPolicy: "Create policy"
        case .version(let arn): "Edit \(arn.split(separator: "/").last ?? "policy")"
        case .inline(let holder, let name, nil): "Create an inline policy of the \(holder.rawValue) \(name)"
        case .inline(let holder, let name, let policy?):
            "Edit \(policy), inline policy of the \(holder.rawValue) \(name)"
        case .trust(let role): "Edit the trust policy of \(role)"
        }
    }

    /// Where one came from, and goes back to: below the console's root.
    var home: (name: String, path: String) {
        switch self {
        case .trial, .newPolicy: ("Policies", "policies")
        case .version(let arn):
            (arn.split(separator: "/").last.map(String.init) ?? arn, PolicyPages.path(arn))
        case .inline(.group, let name, _): (name, "groups/\(PercentEncoding.segment(name))/permissions")
        case .inline(let holder, let name, _): (name, "\(holder.rawValue)s/" + PercentEncoding.segment(name))
        case .trust(let role): (role, "roles/\(PercentEncoding.segment(role))/trust")
        }
    }

    /// The document in force; nil: there is none.
    func documentInForce(_ visit: Visit) async throws(ServiceError) -> String? {
        switch self {
        case .trial, .newPolicy, .inline(_, _, nil): return nil
        case .version(let arn):
            let policy = try await visit.call(IAM.GetPolicy.self, .init { $0.policyArn = arn }).policy
            return try await PolicyPages.document(visit, arn, policy?.defaultVersionId ?? "v1")
        case .inline(.user, let name, let policy?):
            let input = IAM.GetUserPolicy.Input {
                $0.userName = name
                $0.policyName = policy
            }
            return PolicyText.decoded(try await visit.call(IAM.GetUserPolicy.self, input).policyDocument)
        case .inline(.group, let name, let policy?):
            let input = IAM.GetGroupPolicy.Input {
                $0.groupName = name
                $0.policyName = policy
            }
            return PolicyText.decoded(try await visit.call(IAM.GetGroupPolicy.self, input).policyDocument)
        case .inline(.role, let name, let policy?):
            let input = IAM.GetRolePolicy.Input {
                $0.roleName = name
                $0.policyName = policy
            }
            return PolicyText.decoded(try await visit.call(IAM.GetRolePolicy.self, input).policyDocument)
        case .trust(let role):
            let answer = try await visit.call(IAM.GetRole.self, .init { $0.roleName = role })
            return PolicyText.decoded(answer.role.assumeRolePolicyDocument)
        }
    }

    /// Keeps the document.
    /// - Returns: the page that shows it, and what was done.
    func save(_ document: String, _ visit: Visit) async throws(ServiceError) -> (path: String, done: String) {
        let form = visit.form
        switch self {
        case .trial: throw .validation("This policy is only tried. Choose what it is to be for.")
        case .newPolicy:
            let input = IAM.CreatePolicy.Input {
                $0.policyName = form.text("name").trimmed
                $0.policyDocument = document
                $0.description = form["description"]
                $0.path = form["path"]?.trimmed
                $0.tags = TagForms.typed(form.text("tags"))
            }
            let policy = try await visit.call(IAM.CreatePolicy.self, input).policy
            return (PolicyPages.path(policy?.arn ?? ""), "The policy \(policy?.policyName ?? "") was created.")
        case .version(let arn):
            if let old = form["delete-version"] {
                let input = IAM.DeletePolicyVersion.Input {
                    $0.policyArn = arn
                    $0.versionId = old
                }
                _ = try await visit.call(IAM.DeletePolicyVersion.self, input)
            }
            let isDefault = form.isOn("set-default")
            let input = IAM.CreatePolicyVersion.Input {
                $0.policyArn = arn
                $0.policyDocument = document
                $0.setAsDefault = isDefault
            }
            let version = try await visit.call(IAM.CreatePolicyVersion.self, input).policyVersion?.versionId ?? ""
            return (
                isDefault ? PolicyPages.path(arn) : PolicyPages.path(arn, "versions"),
                "Version \(version) was created" + (isDefault ? " and is in force." : ".")
            )
        case .inline(let holder, let name, let policy):
            let policy = policy ?? form.text("name").trimmed
            switch holder {
            case .user:
                let input = IAM.PutUserPolicy.Input {
                    $0.userName = name
                    $0.policyName = policy
                    $0.policyDocument = document
                }
                _ = try await visit.call(IAM.PutUserPolicy.self, input)
            case .group:
                let input = IAM.PutGroupPolicy.Input {
                    $0.groupName = name
                    $0.policyName = policy
                    $0.policyDocument = document
                }
                _ = try await visit.call(IAM.PutGroupPolicy.self, input)
            case .role:
                let input = IAM.PutRolePolicy.Input {
                    $0.roleName = name
                    $0.policyName = policy
                    $0.policyDocument = document
                }
                _ = try await visit.call(IAM.PutRolePolicy.self, input)
            }
            return (home.path, "The inline policy \(policy) was saved.")
        case .trust(let role):
            let input = IAM.UpdateAssumeRolePolicy.Input {
                $0.roleName = role
                $0.policyDocument = document
            }
            _ = try await visit.call(IAM.UpdateAssumeRolePolicy.self, input)
            return (home.path, "The trust policy of \(role) was changed.")
        }
    }

    /// What does the same on the command line, with the document in a file.
    var command: String {
        switch self {
        case .trial(let type):
            let kind =
                switch type {
                case .resource, .roleTrust: "RESOURCE_POLICY"
                case .serviceControl: "SERVICE_CONTROL_POLICY"
                case .resourceControl: "RESOURCE_CONTROL_POLICY"
                default: "IDENTITY_POLICY"
                }
            return "aws accessanalyzer validate-policy --policy-type \(kind) --policy-document file://policy.json"
        case .newPolicy: return "aws iam create-policy --policy-name NAME --policy-document file://policy.json"
        case .version(let arn):
            return "aws iam create-policy-version --policy-arn \(arn) --policy-document file://policy.json "
                + "--set-as-default"
        case .inline(let holder, let name, let policy):
            return "aws iam put-\(holder.rawValue)-policy --\(holder.rawValue)-name \(name) "
                + "--policy-name \(policy ?? "NAME") --policy-document file://policy.json"
        case .trust(let role):
            return "aws iam update-assume-role-policy --role-name \(role) --policy-document file://policy.json"
        }
    }
}
