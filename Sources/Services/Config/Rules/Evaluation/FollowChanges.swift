import Directory
import Ledger
import Platform
import Posture
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
        let questions = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
            try Self.questions(changes, records, environment)
        }
        // What takes long is no part of the reading; and what takes too long is left to the rule's own job.
        var allowances: [String: PolicyComparison.Allowance] = [:]
        var answers: [ItemEvaluation] = []
        for question in questions {
            let account = question.resource.account
            let allowance = allowances[account] ?? PolicyComparison.Allowance()
            allowances[account] = allowance
            answers += question.answers(environment, allowance)
        }
        let found = answers
        // What happened meanwhile is gone from the journal: those rules look at all.
        let missed = hasGap ? environment.projection(RuleIndex.self).triggered : []
        return { (records) throws(ServiceError) in
            for evaluation in found { try evaluation.keep(records) }
            for rule in missed {
                try records.of(rule.scope).schedule(EvaluateRule(), id: rule.name, at: environment.now())
            }
        }
    }

    /// The resources that changes concern, as those are now, and the rules that are asked about them.
    private static func questions(
        _ changes: [Change], _ records: Records, _ environment: Environment
    ) throws(ServiceError) -> [ItemQuestion] {
        let rules = environment.projection(RuleIndex.self)
        let recorders = environment.projection(RecorderIndex.self)
        let state = RecordedState(records, environment)
        var seen: Set<ConfiguredResource> = []
        var found: [ItemQuestion] = []
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
                    if let question = try ItemQuestion(resource, triggered, change, records, environment) {
                        found.append(question)
                    }
                }
            }
        }
        return found
    }
}

/// A resource about which rules are to be asked.
struct ItemQuestion: Sendable {
    let resource: ConfiguredResource
    private let rules: [StoredRule]
    private let id: String
    /// nil: it is there no more.
    private let item: ConfigurationItem?
    private let around: RuleSurroundings
    private let time: Double

    /// Nil for a resource of which nothing is known.
    /// - Parameter change: the change of its own record, by which one that is gone is known; nil: it is there.
    init?(
        _ resource: ConfiguredResource, _ rules: [StoredRule], _ change: Change?, _ records: Records,
        _ environment: Environment
    ) throws(ServiceError) {
        guard let type = environment.configuredResourceType(resource.type) else { return nil }
        let item = try environment.configurationItem(of: resource, records)
        var id = item?.resourceID
        if id == nil { id = try Self.goneID(resource, type, change, records, environment) }
        guard let id else { return nil }
        (self.resource, self.rules, self.item, self.id) = (resource, rules, item, id)
        around = try RuleSurroundings(of: resource.account, records, environment)
        time = environment.now()
    }

    /// What the rules say. It may take long.
    /// - Parameter allowance: how much of what takes long may be done.
    func answers(_ environment: Environment, _ allowance: PolicyComparison.Allowance) -> [ItemEvaluation] {
        guard let item else {
            return rules.map {
                ItemEvaluation(
                    rule: $0, type: resource.type, id: id, answer: .gone, time: time, resource: resource)
            }
        }
        var around = around
        around.comparisons = allowance
        return rules.compactMap { rule in
            let verdict = rule.verdictOrFailure(on: item, around, environment)
            let answer: ItemEvaluation.Answer
            if allowance.hasRefused() {
                answer = .later
            } else if let verdict {
                answer = .verdict(verdict)
            } else if rule.owner == .customLambda {
                answer = .function
            } else {
                // Rules about an account are evaluated from time to time alone.
                return nil
            }
            return ItemEvaluation(
                rule: rule, type: item.resourceType, id: id, answer: answer, time: time, resource: resource)
        }
    }

    /// AWS Config's id of a resource that is no more.
    private static func goneID(
        _ resource: ConfiguredResource, _ type: ConfiguredResourceType, _ change: Change?, _ records: Records,
        _ environment: Environment
    ) throws(ServiceError) -> String? {
        guard let sequence = change?.sequence, sequence > 0 else { return nil }
        return try type.item(resource, RecordedState(records, through: sequence - 1, environment))?.resourceID
    }
}

/// What a rule says of one resource, to be kept.
struct ItemEvaluation: Sendable {
    enum Answer: Sendable, Equatable {
        case verdict(RuleVerdict)
        /// The resource is there no more.
        case gone
        /// A custom rule's function says that.
        case function
        /// It takes too long here.
        case later
    }

    let rule: StoredRule
    let type: String
    let id: String
    let answer: Answer
    let time: Double
    let resource: ConfiguredResource

    func keep(_ records: MutableRecords) throws(ServiceError) {
        let own = records.of(rule.scope)
        // The rule may have been deleted, or been replaced by another, meanwhile.
        guard let current = try own.get(StoredRule.self, rule.name), current.created == rule.created,
            current.isEvaluated
        else { return }
        let verdict: RuleVerdict
        switch answer {
        case .verdict(let said): verdict = said
        case .gone: verdict = .notApplicable
        case .function:
            let job = InvokeRule(rule.name, on: resource)
            return try own.schedule(job, id: InvokeRule.id(rule.name, type, id), at: time)
        case .later: return try own.schedule(EvaluateRule(), id: rule.name, at: time)
        }
        try own.keep(
            verdict, of: rule, on: type, id, ordered: time, invoked: time, at: time, isGone: answer == .gone)
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
    ) -> RuleVerdict? {
        do throws(ServiceError) { return try verdict(on: item, around, CompiledPolicies.shared) } catch {
            return RuleVerdict(compliance: .insufficientData, annotation: error.message)
        }
    }
}

extension CompiledPolicies {
    /// They are values of their texts: what one Gatehouse has read another may use.
    static let shared = CompiledPolicies()
}
