import AWSConfigAPI
import Ledger
public import Platform
import Wire

extension ServiceModule {
    /// AWS Config: the history of resources, and rules on them.
    /// <https://docs.aws.amazon.com/config/latest/APIReference/Welcome.html>
    public static let config = ServiceModule(
        AWSConfig.self, operations: recordOperations + ruleOperations,
        events: EventParticulars(source: "config.amazonaws.com"),
        // Types of resources that lie outside are taken as well.
        validation: ValidationRules(ignoredMembers: ["resourceType"]), records: recordRecords + ruleRecords,
        tables: recordTables + ruleTables,
        projections: [RecorderIndex.self, AggregatorIndex.self, ConfigTagIndex.self, RuleIndex.self],
        resourceTypes: [.ofConfig], configuredResources: ConfiguredResourceType.ofConfig,
        auditedResources: [
            .quotaUse("Config") { (scope, state) throws(ServiceError) in
                [
                    QuotaUse("Rules", .configRules, try state.count(StoredRule.self, in: scope)),
                    QuotaUse("Conformance packs", .conformancePacks, try state.count(StoredPack.self, in: scope)),
                ]
            }
        ], jobs: recordJobs + ruleJobs,
        followers: [FollowResources.self, EvaluateChanges.self],
        begin: { (environment) async throws(ServiceError) in try await FollowedResources.begin(environment) },
        quotas: [.storedQueries, .aggregators, .configRules, .conformancePacks, .organizationRules],
        samples: configSamples)
}
