import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// What an account's organization is, and what it has switched on.
    static let auditedMembership = audited(
        AuditedType.membership, isGlobal: true
    ) { (resource, state) throws(ServiceError) in
        let organization = state.environment.directory.organization(ofAccount: resource.account)
        return ConfigurationItem(
            AuditedType.membership, id: resource.account, arn: nil, account: resource.account, region: "",
            configuration: .members([
                "organization": .perhaps(organization?.id),
                "managementAccount": .perhaps(organization?.managementAccountID),
                "isManagement": .boolean(organization?.managementAccountID == resource.account),
                "policyTypes": .array((organization?.enabledPolicyTypes ?? []).map { .string($0) }),
                "features": .array((organization?.iamFeatures ?? []).map { .string($0) }),
            ]))
    }
}
