import Ledger
import Platform
import Wire

/// Tells the function of a custom rule of a resource: because it has changed, or because the rule looks at all.
struct InvokeRule: Job {
    static let kind = "Config::InvokeRule"
    static let concurrency = 4
    /// How often an endpoint that can't be reached is tried: with the scheduler's rests in between, for some two minutes, in which
    /// AWS Lambda would try an asynchronous invocation again.
    static let tries = 8

    let rule: String
    let type: String
    let record: String
    let region: String

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
            (try records.get(StoredRule.self, name), try environment.configurationItem(of: resource, records))
        }
        if let rule = found.0, rule.isEvaluated, let item = found.1 {
            let time = environment.now()
            do throws(ServiceError) { try await RuleEndpoint(rule, environment).invoke(on: item, time) } catch {
                let isOutside = error.code == RuleEndpoint.unavailable
                if error.status >= 500, !isOutside || context.attempts + 1 < Self.tries {
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
        }
        try await context.finish { _ in }
    }
}

extension MutableRecords {
    func noteFailedInvocation(of rule: StoredRule, _ error: ServiceError, at time: Double) throws(ServiceError) {
        guard let current = try get(StoredRule.self, rule.name), current.created == rule.created,
            var status = try get(RuleStatus.self, rule.name)
        else { return }
        status.failedInvocation = time
        (status.errorCode, status.errorMessage) = (error.code, error.message)
        try put(status)
    }
}
