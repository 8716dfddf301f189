public import Policy

/// AWS's own control policies, which allow everything unless another policy says otherwise.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
public struct ManagedControlPolicy: Sendable {
    /// `p-FullAWSAccess` or `p-RCPFullAWSAccess`.
    public let id: String
    /// The type of policy as Organizations names it.
    public let type: String
    /// Its ``id`` without `p-`. A customer's policy of the same type can't have this name.
    public let name: String
    /// A sentence in AWS's words.
    public let description: String
    /// The document, with AWS's own line breaks and indentation.
    public let content: String
    /// In AWS's own account: `arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess`.
    public let arn: String
    /// The document, ready to be evaluated.
    public let compiled: CompiledPolicy

    private init(id: String, type: String, compiledAs: PolicyType, name: String, description: String, content: String) {
        self.id = id
        self.type = type
        self.name = name
        self.description = description
        self.content = content
        arn = "arn:aws:organizations::aws:policy/\(type.lowercased())/\(id)"
        compiled = compilePolicy(content, PolicySource(type: compiledAs, name: name, arn: arn))
    }

    /// The service control policy `FullAWSAccess`. An account from which it is detached can do nothing, unless other
    /// policies allow something on each level.
    public static let fullAccess = ManagedControlPolicy(
        id: "p-FullAWSAccess", type: ControlPolicyType.serviceControl, compiledAs: .serviceControl,
        name: "FullAWSAccess", description: "Allows access to every operation",
        content: """
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Effect": "Allow",
                  "Action": "*",
                  "Resource": "*"
                }
              ]
            }
            """)

    /// The resource control policy `RCPFullAWSAccess`. As long as the type is enabled, it is attached everywhere and
    /// can't be detached.
    public static let fullResourceAccess = ManagedControlPolicy(
        id: "p-RCPFullAWSAccess", type: ControlPolicyType.resourceControl, compiledAs: .resourceControl,
        name: "RCPFullAWSAccess", description: "Allows access to every resource",
        content: """
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Effect": "Allow",
                  "Principal": "*",
                  "Action": "*",
                  "Resource": "*"
                }
              ]
            }
            """)

    /// Both of them.
    public static let all = [fullAccess, fullResourceAccess]

    /// The policy of an ``id``, not of a ``name``; nil for a customer's.
    public static func named(_ id: String) -> ManagedControlPolicy? { all.first { $0.id == id } }

    /// The policy that every root, unit and account has from the moment that a type is enabled; nil for a type
    /// without.
    public static func ofType(_ type: String) -> ManagedControlPolicy? { all.first { $0.type == type } }
}

/// The types of policies that bind requests, as Organizations names them.
public enum ControlPolicyType {
    /// Limits what the principals of an account may do.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
    public static let serviceControl = "SERVICE_CONTROL_POLICY"
    /// Limits what anybody may do to the resources of an account.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
    public static let resourceControl = "RESOURCE_CONTROL_POLICY"
}

extension Organization {
    /// What is attached to a new unit or account: AWS's own policies of the enabled types.
    public var defaultPolicyIDs: [String] {
        ManagedControlPolicy.all.filter { enabledPolicyTypes.contains($0.type) }.map(\.id)
    }
}
