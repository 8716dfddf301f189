import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Organizational units, in the management account and the one Region that Organizations has; by the properties of
    /// CloudFormation.
    static let organizationalUnit = ConfiguredResourceType(
        OrganizationalUnit.kind, kinds: [OrganizationalUnit.kind],
        concerned: { (change, _) throws(ServiceError) in
            [ConfiguredResource(OrganizationalUnit.kind, change.id, account: change.scope.account, region: region)]
        },
        list: { (account, place, after, limit, records) throws(ServiceError) in
            guard place == region else { return ([], nil) }
            let ids = try records.of(Scope(account: account)).listIDs(
                OrganizationalUnit.self, after: after, limit: limit)
            return (
                ids.map { ConfiguredResource(OrganizationalUnit.kind, $0, account: account, region: region) },
                ids.count == limit ? ids.last : nil
            )
        },
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "organizations", name.resource.hasPrefix("ou/") else {
                return nil
            }
            return ConfiguredResource(OrganizationalUnit.kind, name.lastPart, account: name.account, region: region)
        },
        item: { (resource, state) throws(ServiceError) in
            guard
                let unit = try state.get(OrganizationalUnit.self, resource.record, in: Scope(account: resource.account))
            else { return nil }
            let arn = "arn:aws:organizations::\(resource.account):ou/\(unit.organizationID)/\(unit.id)"
            return ConfigurationItem(
                OrganizationalUnit.kind, id: unit.id, name: unit.name, arn: arn, account: resource.account,
                region: region, availabilityZone: "Not Applicable", tags: unit.tags,
                configuration: .members([
                    "Id": .string(unit.id), "Arn": .string(arn), "Name": .string(unit.name),
                    "ParentId": .string(unit.parentID),
                ]))
        })

    private static let region = "us-east-1"
}
