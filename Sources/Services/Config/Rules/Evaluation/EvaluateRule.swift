import Directory
import Ledger
import Platform
import Posture
import Wire

/// Evaluates a rule on all that it is about: when it is made or changed, when somebody asks, and from time to time.
struct EvaluateRule: Job {
    static let kind = "Config::EvaluateRule"
    /// Custom rules wait for their endpoints.
    static let concurrency = 4
    static let share = 2

    /// How many resources are looked at in one transaction.
    private static let batch = 128

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let (name, scope) = (context.id, context.scope)
        let rule = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(StoredRule.self, name)
        }
        guard let rule, rule.isEvaluated else {
            return try await context.finish { _ in }
        }
        let start = environment.now()
        do throws(ServiceError) {
            switch rule.managed?.evaluation {
            case .account(let wanted, let decide)?:
                try await Self.evaluateAccount(rule, wanted, decide, start, environment)
            default: try await Self.evaluateResources(rule, start, environment)
            }
            try await Self.sweep(rule, before: start, environment)
        } catch {
            // What it needs may be there in a moment.
            if error.code == "ReportInProgress" { return try await Self.tryAgain(context) }
            // Gatehouse's own trouble passes; an endpoint is waited for as long as by `InvokeRule`.
            let tries = RuleEndpoint.isOutside(error) ? InvokeRule.tries : OwnTrouble.tries
            if error.status >= 500, error.code != "NotImplemented", context.attempts + 1 < tries {
                // Whoever waits for it can see why.
                try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                    try records.noteFailedInvocation(of: rule, error, at: start)
                }
                throw error
            }
            return try await Self.finish(context, rule, start, failure: error)
        }
        try await Self.finish(context, rule, start, failure: nil)
    }

    private static func tryAgain(_ context: JobContext) async throws(ServiceError) {
        let (name, time) = (context.id, context.environment.now() + 1)
        try await context.finish { (records) throws(ServiceError) in
            try records.schedule(EvaluateRule(), id: name, at: time)
        }
    }

    private static func finish(
        _ context: JobContext, _ rule: StoredRule, _ start: Double, failure: ServiceError?
    ) async throws(ServiceError) {
        let time = context.environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard var current = try records.get(StoredRule.self, rule.name), current.created == rule.created else {
                return
            }
            if current.state == "EVALUATING" {
                current.state = "ACTIVE"
                try records.put(current)
            }
            var status = try records.get(RuleStatus.self, rule.name) ?? RuleStatus(id: rule.name, activated: start)
            if let failure {
                (status.failedInvocation, status.failedEvaluation) = (start, time)
                (status.errorCode, status.errorMessage) = (failure.code, failure.message)
            } else {
                (status.invoked, status.evaluated) = (start, time)
                (status.errorCode, status.errorMessage) = (nil, nil)
            }
            try records.put(status)
            if let interval = current.interval {
                try records.schedule(EvaluateRule(), id: rule.name, at: start + interval)
            }
        }
    }

    // MARK: Resources

    private static func evaluateResources(
        _ rule: StoredRule, _ start: Double, _ environment: Environment
    ) async throws(ServiceError) {
        if rule.owner == .customLambda, !rule.isChangeTriggered {
            try await RuleEndpoint(rule, environment).invoke(on: nil, start)
            return
        }
        let recorder = environment.projection(RecorderIndex.self).recorder(in: rule.scope)
        let types = rule.types ?? environment.configuredResources.keys.sorted()
        for type in types {
            // Rules look at what is recorded.
            guard let type = environment.configuredResourceType(type),
                recorder?.records(type.name, isGlobal: type.isGlobal) == true
            else { continue }
            var after: String?
            repeat {
                let from = after
                let page = try await environment.read(rule.scope) { (records) throws(ServiceError) in
                    try Self.page(of: rule, type, after: from, records, environment)
                }
                if rule.owner == .customLambda {
                    let jobs = page.items.filter { rule.isAbout($0.item) }.map { resource, item in
                        (InvokeRule(rule.name, on: resource), id: InvokeRule.id(rule.name, item))
                    }
                    try await invoke(rule, on: jobs, start, environment)
                } else {
                    // What takes long is no part of the reading.
                    let found = page.items.compactMap { _, item in
                        rule.verdictOrFailure(on: item, page.around, environment).map {
                            ResourceVerdict(item.resourceType, item.resourceID, $0)
                        }
                    }
                    try await keep(found, rule, start, environment)
                }
                after = page.next
                await Task.yield()
            } while after != nil
        }
    }

    private static func page(
        of rule: StoredRule, _ type: ConfiguredResourceType, after: String?, _ records: Records,
        _ environment: Environment
    ) throws(ServiceError) -> RulePage {
        let around = try RuleSurroundings(of: rule.accountID, records, environment)
        let page = try type.list(rule.accountID, rule.region, after, batch, records)
        var items: [(resource: ConfiguredResource, item: ConfigurationItem)] = []
        for resource in page.resources {
            guard let item = try environment.configurationItem(of: resource, records) else { continue }
            items.append((resource, item))
        }
        return RulePage(items: items, around: around, next: page.next)
    }

    /// Each by itself: an endpoint that fails on one resource is asked about the others all the same.
    private static func invoke(
        _ rule: StoredRule, on resources: [(InvokeRule, id: String)], _ start: Double, _ environment: Environment
    ) async throws(ServiceError) {
        guard !resources.isEmpty else { return }
        try await environment.write(rule.scope, requestID: "") { (records) throws(ServiceError) in
            guard let current = try records.get(StoredRule.self, rule.name), current.created == rule.created,
                current.isEvaluated
            else { return }
            for (job, id) in resources { try records.schedule(job, id: id, at: start) }
        }
    }

    // MARK: Accounts

    private static func evaluateAccount(
        _ rule: StoredRule, _ wanted: [AccountFact], _ decide: ManagedRule.AccountRule, _ start: Double,
        _ environment: Environment
    ) async throws(ServiceError) {
        let parameters = try RuleParameters(parsing: rule.inputParameters).completed(rule.managed?.parameters ?? [])
        var gathering = try await FactGathering(rule, parameters, environment)
        try await gathering.gather(wanted)
        let all = decide(gathering.facts, parameters)
        for first in stride(from: 0, to: all.count, by: batch) {
            try await keep(Array(all[first..<min(first + batch, all.count)]), rule, start, environment)
        }
    }

    // MARK: Results

    private static func keep(
        _ found: [ResourceVerdict], _ rule: StoredRule, _ start: Double, _ environment: Environment
    ) async throws(ServiceError) {
        guard !found.isEmpty else { return }
        let time = environment.now()
        try await environment.write(rule.scope, requestID: "") { (records) throws(ServiceError) in
            guard let current = try records.get(StoredRule.self, rule.name), current.created == rule.created,
                current.isEvaluated
            else { return }
            for one in found {
                try records.keep(
                    one.verdict, of: rule, on: one.type, one.id, ordered: start, invoked: start, at: time)
            }
        }
    }

    /// Forgets what was said of resources that are no more, or that the rule is no longer about.
    private static func sweep(
        _ rule: StoredRule, before start: Double, _ environment: Environment
    ) async throws(ServiceError) {
        // Those of a custom rule at an endpoint come when they come.
        guard rule.owner != .customLambda else { return }
        var after: RowKey?
        while true {
            let from = after
            let last = try await environment.write(rule.scope, requestID: "") {
                (records) throws(ServiceError) -> RowKey? in
                let page = try records.list(
                    RuleResult.self, of: rule.name, RowRange(after: from.map { .key($0) }), limit: Self.batch)
                for result in page where result.recorded < start {
                    try records.keep(
                        .notApplicable, of: rule, on: result.type, result.id, ordered: start, invoked: start, at: start)
                }
                return page.count == Self.batch ? page.last?.key : nil
            }
            guard let last else { return }
            after = last
        }
    }
}

/// Some of the resources that a rule looks at.
private struct RulePage: Sendable {
    let items: [(resource: ConfiguredResource, item: ConfigurationItem)]
    let around: RuleSurroundings
    /// Where to go on; nil: that was all.
    let next: String?
}
