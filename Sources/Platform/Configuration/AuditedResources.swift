public import Ledger
public import Wire

/// The names of what audits look at and AWS Config does not record. No name of AWS's begins so.
public enum AuditedType {
    /// The credentials of a user, or of the root user: a line of the credential report, with the ids of the keys.
    public static let credentials = "Gatehouse::IAM::Credentials"
    /// The password policy of an account. There is an item of an account that has none of its own, too.
    public static let passwordPolicy = "Gatehouse::IAM::PasswordPolicy"
    /// A server certificate of IAM.
    public static let serverCertificate = "Gatehouse::IAM::ServerCertificate"
    /// The alternate contacts of an account.
    public static let contacts = "Gatehouse::Account::Contacts"
    /// Its membership in an organization.
    public static let membership = "Gatehouse::Organizations::Membership"
    /// What a trail selects: management events, data events of buckets.
    public static let trailSelection = "Gatehouse::CloudTrail::Selection"
    /// A log group, with its metric filters.
    public static let logGroup = "Gatehouse::Logs::LogGroup"
    /// What an account has set for all of EC2 in a Region.
    public static let ec2Settings = "Gatehouse::EC2::Settings"
    /// How much of its quotas of a service an account uses: one item for each quota, of the service of the name.
    public static func quotaUse(_ service: String) -> String { "Gatehouse::\(service)::QuotaUse" }
    /// Whether a type is of quotas.
    public static func isQuotaUse(_ name: String) -> Bool {
        name.hasPrefix("Gatehouse::") && name.hasSuffix("::QuotaUse")
    }
}

extension Environment {
    /// The type of resource of a name, of those that AWS Config records and those that only audits look at; nil: there is none.
    public func auditedResourceType(_ name: String) -> ConfiguredResourceType? {
        configuredResources[name] ?? auditedResources[name]
    }

    /// The types that only audits look at; sorted.
    public var auditedTypeNames: [String] { auditedResources.keys.sorted() }

    /// How a resource is now.
    /// - Throws: InternalFailure for a record that can't be read.
    public func auditedItem(
        of resource: ConfiguredResource, _ records: some RecordReading
    ) throws(ServiceError) -> ConfigurationItem? {
        try auditedResourceType(resource.type)?.item(resource, RecordedState(records, self))
    }
}

extension ConfiguredResourceType {
    /// Makes a type that only audits look at, of which each resource is a record of one kind.
    /// - Parameter item: how a record looks, as that resource.
    public static func audited<R: Record>(
        _ name: String, of record: R.Type, isGlobal: Bool = false,
        _ item: @escaping @Sendable (R, ConfiguredResource, RecordedState) throws(ServiceError) -> ConfigurationItem?
    ) -> ConfiguredResourceType {
        ConfiguredResourceType(name, of: record, isGlobal: isGlobal, placed: item)
    }

    /// Makes a type that only audits look at, of which an account has one resource, or one in each Region.
    /// - Parameter item: how it looks; nil: there is none.
    public static func audited(
        _ name: String, isGlobal: Bool = false,
        _ item: @escaping @Sendable (ConfiguredResource, RecordedState) throws(ServiceError) -> ConfigurationItem?
    ) -> ConfiguredResourceType {
        ConfiguredResourceType(
            name, isGlobal: isGlobal, kinds: [], concerned: { (_, _) throws(ServiceError) in [] },
            list: { (account, region, after, _, _) throws(ServiceError) in
                guard after == nil, isGlobal == region.isEmpty else { return ([], nil) }
                return ([ConfiguredResource(name, account, account: account, region: region)], nil)
            }, item: item)
    }

    /// Makes the type of how much of its quotas of a service an account uses.
    /// - Parameter uses: what there is, for a scope: the quota's name for people, the quota, and how many there are.
    public static func quotaUse(
        _ service: String, isGlobal: Bool = false,
        _ uses: @escaping @Sendable (Scope, RecordedState) throws(ServiceError) -> [QuotaUse]
    ) -> ConfiguredResourceType {
        let name = AuditedType.quotaUse(service)
        return audited(name, isGlobal: isGlobal) { (resource, state) throws(ServiceError) in
            let scope = Scope(account: resource.account, region: resource.region)
            let found = try uses(scope, state)
            return ConfigurationItem(
                name, id: service, name: service, arn: nil, account: resource.account, region: resource.region,
                configuration: .members([
                    "service": .string(service),
                    "quotas": .array(
                        found.map { use in
                            .members([
                                "name": .string(use.name), "limit": .integer(state.environment.quotas[use.quota]),
                                "used": .integer(use.used),
                            ])
                        }),
                ]))
        }
    }
}

/// How much of a quota is used.
public struct QuotaUse: Sendable {
    /// For people: "Users".
    public var name: String
    public var quota: Quota
    /// How many there are.
    public var used: Int

    /// - Parameters: see the properties.
    public init(_ name: String, _ quota: Quota, _ used: Int) {
        self.name = name
        self.quota = quota
        self.used = used
    }
}
