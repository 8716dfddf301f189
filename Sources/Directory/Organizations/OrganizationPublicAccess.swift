/// What an organization's S3 policies say of public access to the buckets and access points of an account: all four settings of
/// Block Public Access, or none. It takes the place of the account's own settings.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3.html>
public enum OrganizationPublicAccess: String, Sendable {
    /// Everything is blocked.
    case blocksAll = "all"
    /// Nothing is blocked for the whole account.
    case blocksNone = "none"

    static let policyType = "S3_POLICY"

    /// nil: no policy says anything.
    /// - Parameter levels: the S3 policies of the root, of each unit below, and of the account.
    init?(levels: [[OrganizationPolicy]]) {
        guard levels.contains(where: { !$0.isEmpty }) else { return nil }
        let effective = EffectivePolicy(
            levels: levels.map { policies in
                policies.compactMap { policy in
                    ManagementPolicyDocument(parsing: policy.content)
                        .map { EffectivePolicy.Attached(id: policy.id, document: $0) }
                }
            })
        let setting = effective.root.member("s3_attributes")?.member("public_access_block_configuration")
        guard case .one(let value)? = setting?.value else { return nil }
        self.init(rawValue: value)
    }
}
