import Directory
import Ledger
import Platform
import Wire

/// Evaluates rules when resources change: follows the records of all that AWS Config knows, once there are rules that changes
/// trigger.
struct EvaluateChanges: Follower {
    static let name = "Config::EvaluateChanges"
    static let source = FollowedSource.journal(kinds: [StoredRule.kind])

    static func source(_ environment: Environment) -> FollowedSource {
        guard !environment.projection(RuleIndex.self).isEmpty else { return source }
        return .journal(kinds: environment.configuredKinds.union([StoredRule.kind]))
    }

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .changes(let entries, let hasGap) = batch else { return { _ in } }
        try await environment.catchUp()
        let changes = entries.map(\.change)
        let found = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
            try evaluations(changes, records, environment)
        }
        // What happened meanwhile is gone from the journal: those rules look at all.
        let missed = hasGap ? environment.projection(RuleIndex.self).triggered : []
        return { (records) throws(ServiceError) in
            for evaluation in found { try evaluation.keep(records) }
            for rule in missed {
                try records.of(rule.scope).schedule(EvaluateRule(), id: rule.name, at: environment.now())
            }
        }
    }

    /// What rules say of the resources that changes concern, as those are now.
    private static func evaluations(
        _ changes: [Change], _ records: Records, _ environment: Environment
    ) throws(ServiceError) -> [ItemEvaluation] {
        let rules = environment.projection(RuleIndex.self)
        let recorders = environment.projection(RecorderIndex.self)
        let state = RecordedState(records, environment)
        var seen: Set<ConfiguredResource> = []
        var found: [ItemEvaluation] = []
        for change in changes {
            for type in environment.configuredResources.values where type.kinds.contains(change.kind) {
                for resource in try type.concerned(change, state) where seen.insert(resource).inserted {
                    let triggered = rules.rules(triggeredBy: resource).filter { rule in
                        guard let recorder = recorders.recorder(in: rule.scope), recorder.isRecording else {
                            return false
                        }
                        return recorder.records(type.name, isGlobal: type.isGlobal)
                    }
                    guard !triggered.isEmpty else { continue }
                    found += try ItemEvaluation.all(of: resource, triggered, change, records, environment)
                }
            }
        }
        return found
    }
}

/// What a rule says of one resource, to be kept.
struct ItemEvaluation: Sendable {
    let rule: StoredRule
    let type: String
    let id: String
    /// nil: a custom rule's function says that.
    let verdict: Verdict?
    let time: Double
    let resource: ConfiguredResource

    /// Asks rules about a resource.
    /// - Parameter change: the change of its own record, by which one that is gone is known; nil: it is there.
    static func all(
        of resource: ConfiguredResource, _ rules: [StoredRule], _ change: Change?, _ records: Records,
        _ environment: Environment
    ) throws(ServiceError) -> [ItemEvaluation] {
        let time = environment.now()
        guard let type = environment.configuredResourceType(resource.type) else { return [] }
        let around = try RuleSurroundings(of: resource.account, records, environment)
        guard let item = try environment.configurationItem(of: resource, records) else {
            guard let id = try goneID(resource, type, change, records, environment) else { return [] }
            return rules.map {
                ItemEvaluation(
                    rule: $0, type: resource.type, id: id, verdict: .notApplicable, time: time, resource: resource)
            }
        }
        var found: [ItemEvaluation] = []
        for rule in rules {
            let verdict = rule.verdictOrFailure(on: item, around, environment)
            // Rules about an account are evaluated from time to time alone.
            guard verdict != nil || rule.owner == .customLambda else { continue }
            found.append(
                ItemEvaluation(
                    rule: rule, type: item.resourceType, id: item.resourceID, verdict: verdict, time: time,
                    resource: resource))
        }
        return found
    }

    /// AWS Config's id of a resource that is no more.
    private static func goneID(
        _ resource: ConfiguredResource, _ type: ConfiguredResourceType, _ change: Change?, _ records: Records,
        _ environment: Environment
    ) throws(ServiceError) -> String? {
        guard let sequence = change?.sequence, sequence > 0 else { return nil }
        return try type.item(resource, RecordedState(records, through: sequence - 1, environment))?.resourceID
    }

    func keep(_ records: MutableRecords) throws(ServiceError) {
        let own = records.of(rule.scope)
        // The rule may have been deleted, or been replaced by another, meanwhile.
        guard let current = try own.get(StoredRule.self, rule.name), current.created == rule.created,
            current.isEvaluated
        else { return }
        guard let verdict else {
            let job = InvokeRule(rule.name, on: resource)
            return try own.schedule(job, id: InvokeRule.id(rule.name, type, id), at: time)
        }
        try own.keep(verdict, of: rule, on: type, id, ordered: time, invoked: time, at: time)
        if var status = try own.get(RuleStatus.self, rule.name) {
            (status.invoked, status.evaluated) = (time, time)
            try own.put(status)
        }
    }
}

extension StoredRule {
    /// A rule that can't be evaluated says that it has too little to go by.
    func verdictOrFailure(
        on item: ConfigurationItem, _ around: RuleSurroundings, _ environment: Environment
    ) -> Verdict? {
        do throws(ServiceError) { return try verdict(on: item, around, CompiledPolicies.shared) } catch {
            return Verdict(compliance: .insufficientData, annotation: error.message)
        }
    }
}

extension CompiledPolicies {
    /// They are values of their texts: what one Gatehouse has read another may use.
    static let shared = CompiledPolicies()
}

extension RuleSurroundings {
    /// As they are now for the resources of an account.
    init(of account: String, _ records: Records, _ environment: Environment) throws(ServiceError) {
        now = environment.now()
        let blockType = "AWS::S3::AccountPublicAccessBlock"
        let block = ConfiguredResource(blockType, account, account: account, region: "")
        accountBlock = try environment.configurationItem(of: block, records)?.configuration
        bucketRegion = { arn in environment.configuredResourceType("AWS::S3::Bucket")?.named(arn, environment)?.region }
    }
}
