public import Platform
public import Wire

/// A rule that AWS has written, by value: what is decided, about which resources, with which parameters.
/// <https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html>
package struct ManagedRule: Sendable {
    /// Decides about one resource by its configuration item.
    package typealias ItemRule = @Sendable (ConfigurationItem, RuleParameters, RuleSurroundings) -> RuleVerdict
    /// Decides about what an account has, by facts that services tell.
    package typealias AccountRule = @Sendable (AccountFacts, RuleParameters) -> [ResourceVerdict]

    package enum Evaluation: Sendable {
        case item(ItemRule)
        case account([AccountFact], AccountRule)
    }

    /// `S3_BUCKET_VERSIONING_ENABLED`
    package let identifier: String
    /// Whether it is evaluated when a resource changes.
    package let isChangeTriggered: Bool
    /// Whether it is evaluated from time to time.
    package let isPeriodic: Bool
    /// What it is about. Those that no module has configuration items of never come to be evaluated.
    package let types: [String]
    package let parameters: [RuleParameter]
    package let evaluation: Evaluation

    /// - Parameter line: identifier, trigger, types and parameters, with tabs between them; as in the published list.
    package init?(_ line: Substring, _ evaluations: [String: Evaluation]) {
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard columns.count == 4, let evaluation = evaluations[String(columns[0])] else { return nil }
        identifier = String(columns[0])
        isChangeTriggered = columns[1].contains("change")
        isPeriodic = columns[1].contains("periodic")
        types = columns[2].split(separator: ",").map { String($0) }
        parameters = columns[3].split(separator: ";").compactMap { RuleParameter($0) }
        self.evaluation = evaluation
    }

    /// Those that are here, by identifier.
    package static let all: [String: ManagedRule] = {
        let evaluations = IAMRules.all.merging(S3Rules.all) { $1 }.merging(AccountRules.all) { $1 }
            .merging(TrailRules.all) { $1 }.merging(OtherRules.all) { $1 }.merging(MessageRules.all) { $1 }
        let rules = managedRuleTable.split(separator: "\n").compactMap { ManagedRule($0, evaluations) }
        return Dictionary(rules.map { ($0.identifier, $0) }) { first, _ in first }
    }()
}

/// What a rule may ask of other than the resource itself.
package struct RuleSurroundings: Sendable {
    /// Seconds since 1970.
    package var now: Double
    /// What the account has blocked for all of its buckets; nil: nothing.
    package var accountBlock: JSONValue?
    /// The Region of a bucket, by its ARN; nil: it is not known here.
    package var bucketRegion: @Sendable (String) -> String? = { _ in nil }
    /// How many policies may be compared; nil: as many as there are.
    package var comparisons: PolicyComparison.Allowance?

    package init(now: Double, accountBlock: JSONValue? = nil) {
        self.now = now
        self.accountBlock = accountBlock
    }

    /// As they are now for the resources of an account.
    package init(of account: String, _ records: Records, _ environment: Environment) throws(ServiceError) {
        now = environment.now()
        let blockType = "AWS::S3::AccountPublicAccessBlock"
        let block = ConfiguredResource(blockType, account, account: account, region: "")
        accountBlock = try environment.configurationItem(of: block, records)?.configuration
        bucketRegion = { arn in environment.configuredResourceType("AWS::S3::Bucket")?.named(arn, environment)?.region }
    }
}
