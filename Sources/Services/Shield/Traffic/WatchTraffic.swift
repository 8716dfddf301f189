import Directory
import Ledger
import Platform
import Shield
import Wire

/// Looks at each minute's traffic of each application: tells of attacks, and has rules put into web ACLs and taken out again.
struct WatchTraffic: RecurringJob {
    static let kind = "Shield::WatchTraffic"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let traffic = SharedTraffic(environment, environment.projection(TrafficDefense.self))
        try await traffic.assess(at: environment.now())
        try await AttackMetrics.tellOngoing(environment)
        for protection in environment.projection(ShieldIndex.self).protections
        where protection.response?.isEnabled == true {
            await attempt(environment) { () throws(ServiceError) in try await place(protection, environment) }
        }
        for (group, protections) in environment.projection(ShieldIndex.self).protectionsByGroup {
            await attempt(environment) { () throws(ServiceError) in
                try await write(protections, into: group, environment)
            }
        }
    }

    /// Nobody is told less because a web ACL can't be changed; it is tried again after a minute.
    private func attempt(_ environment: Environment, _ body: () async throws(ServiceError) -> Void) async {
        do throws(ServiceError) { try await body() } catch { environment.metrics.add(1, to: .shieldFailedResponses) }
    }

    /// Has a rule group hold what is to be done now.
    private func write(
        _ protections: [StoredProtection], into group: String, _ environment: Environment
    ) async throws(ServiceError) {
        guard let region = ARN(parsing: group)?.region else { return }
        let contents = MitigationContents(
            protections, rules: environment.projection(OngoingAttacks.self).rules(of:))
        let written = try await environment.read(WrittenRules.scope) { (records) throws(ServiceError) in
            try records.get(WrittenRules.self, RowKey(.text(group)))
        }
        guard written?.contents != contents || written?.isOutdated(at: environment.now()) == true else { return }
        try await MitigationRuleGroup(environment, region).set(contents, in: group)
    }

    /// Sees to it that the web ACL that protects the application now has the rule group.
    private func place(_ protection: StoredProtection, _ environment: Environment) async throws(ServiceError) {
        guard var response = protection.response else { return }
        let placement = MitigationPlacement(environment)
        guard let webACL = try await placement.webACL(protecting: protection.resourceARN),
            response.placement?.webACL != webACL
        else { return }
        // The application has got another web ACL.
        try await placement.remove(from: protection)
        response.placement = try await placement.place(for: protection, in: webACL, action: response.action)
        let (id, placed) = (protection.id, response.placement)
        try await environment.write(Scope(account: protection.accountID, region: ""), requestID: "") {
            (records) throws(ServiceError) in
            guard var found = try records.get(StoredProtection.self, id), found.response?.isEnabled == true else {
                return
            }
            found.response?.placement = placed
            try records.put(found)
        }
    }
}
