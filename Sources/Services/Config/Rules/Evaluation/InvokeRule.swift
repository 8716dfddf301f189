import Ledger
import Platform
import Wire

/// Tells the function of a custom rule of a resource: because it has changed, or because the rule looks at all.
struct InvokeRule: Job {
    static let kind = "Config::InvokeRule"
    static let concurrency = 4
    static let share = 2
    /// How often an endpoint that can't be reached is tried: with the scheduler's rests in between, for some two minutes, in which
    /// AWS Lambda would try an asynchronous invocation again.
    static let tries = 8
    /// The seconds after a failure for which the endpoint is not asked about other resources.
    static let rest = 60.0
    private static let longestRest = 600.0

    let rule: String
    let type: String
    let record: String
    let region: String
    /// How often it was put off because the endpoint was away.
    var waits: Int?

    init(_ rule: String, on resource: ConfiguredResource) {
        self.rule = rule
        (type, record, region) = (resource.type, resource.record, resource.region)
    }

    /// One invocation for a resource waits at a time: it tells of what the resource is then.
    static func id(_ rule: String, _ type: String, _ resourceID: String) -> String { "\(rule)/\(type)/\(resourceID)" }

    static func id(_ rule: String, _ item: ConfigurationItem) -> String {
        id(rule, item.resourceType, item.resourceID)
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let resource = ConfiguredResource(type, record, account: context.scope.account, region: region)
        let name = rule
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            (
                try records.get(StoredRule.self, name), try environment.configurationItem(of: resource, records),
                try records.get(RuleStatus.self, name)
            )
        }
        if let rule = found.0, rule.isEvaluated, let item = found.1 {
            let time = environment.now()
            // Whoever has found it away tries on; the others wait.
            if context.attempts == 0, found.2?.isAway(at: time) == true { return try await wait(context) }
            do throws(ServiceError) { try await RuleEndpoint(rule, environment).invoke(on: item, time) } catch {
                if error.code == RuleEndpoint.unavailable, waits != nil {
                    try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                        try records.noteFailedInvocation(of: rule, error, at: time)
                    }
                    return try await wait(context)
                }
                let tries = RuleEndpoint.isOutside(error) ? Self.tries : OwnTrouble.tries
                if error.status >= 500, context.attempts + 1 < tries {
                    // Whoever waits for it can see why.
                    try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                        try records.noteFailedInvocation(of: rule, error, at: time)
                    }
                    throw error
                }
                return try await context.finish { (records) throws(ServiceError) in
                    try records.noteFailedInvocation(of: rule, error, at: time)
                }
            }
            return try await context.finish { (records) throws(ServiceError) in
                try records.noteAnswer(of: rule)
            }
        }
        try await context.finish { _ in }
    }

    /// Puts it off without asking, longer each time; the last time it is given up.
    private func wait(_ context: JobContext) async throws(ServiceError) {
        var later = self
        let waits = waits ?? 0
        later.waits = waits + 1
        let seconds = min(Self.longestRest, Self.rest * Double(1 << min(waits, 10)))
        let (next, id, time) = (later, context.id, context.environment.now() + seconds)
        try await context.finish { (records) throws(ServiceError) in
            guard waits + 1 < Self.tries else { return }
            try records.schedule(next, id: id, at: time)
        }
    }
}

/// How long Gatehouse's own trouble is waited for.
enum OwnTrouble {
    /// For some day: the scheduler's rests double up to five minutes.
    static let tries = 297
}

extension RuleStatus {
    /// Whether the server that stands for the rule's function could not be reached lately.
    func isAway(at time: Double) -> Bool {
        errorCode == RuleEndpoint.unavailable && failedInvocation.map { time < $0 + InvokeRule.rest } ?? false
    }
}

extension MutableRecords {
    /// Notes that the server that stands for a rule's function is there again.
    func noteAnswer(of rule: StoredRule) throws(ServiceError) {
        guard var status = try get(RuleStatus.self, rule.name), status.errorCode == RuleEndpoint.unavailable
        else { return }
        (status.errorCode, status.errorMessage) = (nil, nil)
        try put(status)
    }

    func noteFailedInvocation(of rule: StoredRule, _ error: ServiceError, at time: Double) throws(ServiceError) {
        guard let current = try get(StoredRule.self, rule.name), current.created == rule.created,
            var status = try get(RuleStatus.self, rule.name)
        else { return }
        status.failedInvocation = time
        (status.errorCode, status.errorMessage) = (error.code, error.message)
        try put(status)
    }
}
