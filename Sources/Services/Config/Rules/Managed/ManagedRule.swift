import Platform
import Wire

/// A rule that AWS has written, by value: what is decided, about which resources, with which parameters.
/// <https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html>
struct ManagedRule: Sendable {
    /// Decides about one resource by its configuration item.
    typealias ItemRule = @Sendable (ConfigurationItem, RuleParameters, RuleSurroundings) -> Verdict
    /// Decides about what an account has, by facts that services tell.
    typealias AccountRule = @Sendable (AccountFacts, RuleParameters) -> [ResourceVerdict]

    enum Evaluation: Sendable {
        case item(ItemRule)
        case account([AccountFact], AccountRule)
    }

    /// `S3_BUCKET_VERSIONING_ENABLED`
    let identifier: String
    /// Whether it is evaluated when a resource changes.
    let isChangeTriggered: Bool
    /// Whether it is evaluated from time to time.
    let isPeriodic: Bool
    /// What it is about. Those that no module has configuration items of never come to be evaluated.
    let types: [String]
    let parameters: [RuleParameter]
    let evaluation: Evaluation

    /// - Parameter line: identifier, trigger, types and parameters, with tabs between them; as in the published list.
    init?(_ line: Substring, _ evaluations: [String: Evaluation]) {
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
    static let all: [String: ManagedRule] = {
        let evaluations = IAMRules.all.merging(S3Rules.all) { $1 }.merging(AccountRules.all) { $1 }
            .merging(TrailRules.all) { $1 }.merging(OtherRules.all) { $1 }.merging(MessageRules.all) { $1 }.merging(EC2Rules.all) { $1 }
        let rules = managedRuleTable.split(separator: "\n").compactMap { ManagedRule($0, evaluations) }
        return Dictionary(rules.map { ($0.identifier, $0) }) { first, _ in first }
    }()
}

/// What a rule may ask of other than the resource itself.
struct RuleSurroundings: Sendable {
    /// Seconds since 1970.
    var now: Double
    /// What the account has blocked for all of its buckets; nil: nothing.
    var accountBlock: JSONValue?
    /// The Region of a bucket, by its ARN; nil: it is not known here.
    var bucketRegion: @Sendable (String) -> String? = { _ in nil }
    /// How many policies may be compared; nil: as many as there are.
    var comparisons: PolicyComparison.Allowance?
}
