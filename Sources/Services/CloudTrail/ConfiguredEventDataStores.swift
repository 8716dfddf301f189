import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Event data stores, in their home Region, by the properties of CloudFormation.
    static let eventDataStore = ConfiguredResourceType(
        EventDataStore.kind, of: EventDataStore.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "cloudtrail",
                name.resource.hasPrefix("eventdatastore/")
            else { return nil }
            return ConfiguredResource(EventDataStore.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (store, _) throws(ServiceError) in
            ConfigurationItem(
                EventDataStore.kind, id: store.arn, name: store.name, arn: store.arn, account: store.accountID,
                region: store.homeRegion, availabilityZone: "Not Applicable", created: store.created, tags: store.tags,
                relationships: store.kmsKeyID.map {
                    [.init("Is encrypted by Key", "AWS::KMS::Key", id: ARN(parsing: $0)?.lastPart ?? $0)]
                } ?? [],
                configuration: .members([
                    "EventDataStoreArn": .string(store.arn), "Name": .string(store.name),
                    "AdvancedEventSelectors": .array(store.selectors.map(\.configured)),
                    "BillingMode": .string(store.billingMode.rawValue),
                    "MultiRegionEnabled": .boolean(store.isMultiRegion),
                    "OrganizationEnabled": .boolean(store.organizationID != nil),
                    "RetentionPeriod": .integer(store.retentionDays), "Status": .string(store.status.rawValue),
                    "TerminationProtectionEnabled": .boolean(store.isProtected),
                    "IngestionEnabled": .boolean(store.status == .enabled), "KmsKeyId": .perhaps(store.kmsKeyID),
                    "CreatedTimestamp": .time(store.created), "UpdatedTimestamp": .time(store.updated),
                ]))
        })
}

extension AdvancedSelector {
    fileprivate var configured: JSONValue {
        .members([
            "Name": .perhaps(name),
            "FieldSelectors": .array(
                conditions.map { condition in
                    func list(_ texts: [String]) -> JSONValue? {
                        texts.isEmpty ? nil : .array(texts.map { .string($0) })
                    }
                    return .members([
                        "Field": .string(condition.field.rawValue), "Equals": list(condition.equals),
                        "StartsWith": list(condition.startsWith), "EndsWith": list(condition.endsWith),
                        "NotEquals": list(condition.notEquals), "NotStartsWith": list(condition.notStartsWith),
                        "NotEndsWith": list(condition.notEndsWith),
                    ])
                }),
        ])
    }
}
