import Directory
import Ledger
import Platform
import WAFV2API
import Wire

// How web ACLs, rule groups, IP sets and regex pattern sets look to AWS Config: with names that begin small.

extension ConfiguredResourceType {
    static let ofWAF: [ConfiguredResourceType] = [
        type(
            "AWS::WAFv2::WebACL", StoredWebACL.self,
            also: [
                StoredLogging.kind: { (change, _) throws(ServiceError) in
                    try change.states(of: StoredLogging.self).compactMap { WAFName(arn: $0.webACL)?.id }
                }
            ]
        ) { (acl, state) throws(ServiceError) in
            let settings = settings(acl.settings)
            let logging = try state.get(
                StoredLogging.self, StoredLogging.id(of: acl.arn, StoredLogging.usualScope), in: acl.fullName.place)
            return (
                head(acl) + [
                    JSONMember(key: "capacity", value: .integer(acl.capacity)),
                    JSONMember(key: "managedByFirewallManager", value: .boolean(false)),
                ] + settings,
                [
                    JSONMember(
                        key: "LoggingConfiguration",
                        value: (logging?.settings).flatMap { try? JSONValue(parsing: Array($0.utf8)) }?
                            .withLoweredNames ?? .null)
                ]
            )
        },
        type("AWS::WAFv2::RuleGroup", StoredRuleGroup.self) { (group, _) throws(ServiceError) in
            (
                head(group) + [JSONMember(key: "capacity", value: .integer(group.capacity))] + settings(group.settings),
                []
            )
        },
        type("AWS::WAFv2::IPSet", StoredIPSet.self) { (set, _) throws(ServiceError) in
            (
                head(set) + [
                    JSONMember(key: "iPAddressVersion", value: .string(set.addressVersion)),
                    JSONMember(key: "addresses", value: .array(set.addresses.map { .string($0) })),
                ], []
            )
        },
        type("AWS::WAFv2::RegexPatternSet", StoredRegexSet.self) { (set, _) throws(ServiceError) in
            (
                head(set) + [
                    JSONMember(
                        key: "regularExpressionList",
                        value: .array(set.patterns.map { .members(["regexString": .string($0)]) }))
                ], []
            )
        },
    ]

    private static func type<R: WAFResource>(
        _ name: String, _ record: R.Type,
        also others: [String: @Sendable (Change, RecordedState) throws(ServiceError) -> [String]] = [:],
        parts:
            @escaping @Sendable (R, RecordedState) throws(ServiceError) -> (
                configuration: [JSONMember], supplementary: [JSONMember]
            )
    ) -> ConfiguredResourceType {
        ConfiguredResourceType(
            name, of: R.self, also: others,
            named: { (arn, _) in
                guard let found = WAFName(arn: arn), found.type == R.type else { return nil }
                return ConfiguredResource(name, found.id, account: found.accountID, region: found.region)
            },
            item: { (resource, state) throws(ServiceError) in
                let (configuration, supplementary) = try parts(resource, state)
                return ConfigurationItem(
                    name, id: resource.head.id, name: resource.head.name, arn: resource.arn,
                    account: resource.head.accountID, region: resource.head.region, availabilityZone: "Not Applicable",
                    tags: resource.head.tags, configuration: .object(configuration), supplementary: supplementary)
            })
    }

    private static func head(_ resource: some WAFResource) -> [JSONMember] {
        [
            JSONMember(key: "name", value: .string(resource.head.name)),
            JSONMember(key: "id", value: .string(resource.head.id)),
            JSONMember(key: "aRN", value: .string(resource.arn)),
            JSONMember(key: "description", value: .perhaps(resource.head.description) ?? .string("")),
        ]
    }

    /// What requests set, but for what the head has.
    private static func settings(_ json: String) -> [JSONMember] {
        guard case .object(let members)? = (try? JSONValue(parsing: Array(json.utf8)))?.withLoweredNames else {
            return []
        }
        return members.filter { !["name", "id", "aRN", "arn", "description", "capacity"].contains($0.key) }
    }
}
