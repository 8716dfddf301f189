import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Whom an account has named to be told; without anything but what audits ask about.
    static let auditedContacts = audited(
        AuditedType.contacts, isGlobal: true
    ) { (resource, state) throws(ServiceError) in
        let kept = try state.get(AccountContacts.self, resource.account, in: Scope(account: resource.account))
        return ConfigurationItem(
            AuditedType.contacts, id: resource.account, arn: nil, account: resource.account, region: "",
            configuration: .members([
                "hasPrimary": .boolean(kept?.primary != nil),
                "alternates": .object(
                    (kept?.alternates ?? [:]).sorted { $0.key < $1.key }.map {
                        JSONMember(key: $0.key, value: .string($0.value.emailAddress))
                    }),
            ]))
    }
}
