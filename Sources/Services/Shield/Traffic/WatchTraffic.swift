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
        let defense = environment.projection(TrafficDefense.self)
        let time = environment.now()
        await defense.countPackets(for: environment.applications.all.map(\.arn))
        for application in environment.applications.all {
            guard let place = ARN(parsing: application.arn) else { continue }
            let watched = Watched(
                environment: environment, arn: application.arn, scope: Scope(account: place.account, region: ""))
            try await watched.restoreBaseline(defense)
            guard let outcome = defense.endMinute(of: application.arn, at: time) else { continue }
            try await watched.tell(outcome, at: time)
            if let baseline = defense.baselineToKeep(of: application.arn) { try await watched.keep(baseline) }
        }
        await writeRules(environment, defense)
    }

    /// Has all rule groups hold what is to be done now.
    private func writeRules(_ environment: Environment, _ defense: TrafficDefense) async {
        let applications = Set(environment.applications.all.map(\.arn))
        let groups = environment.projection(ShieldIndex.self).protectionsByGroup
        let written = environment.projection(WrittenRules.self)
        for (group, protections) in groups where protections.contains(where: { applications.contains($0.resourceARN) })
        {
            guard let region = ARN(parsing: group)?.region else { continue }
            let contents = MitigationContents(protections, rules: defense.rules(of:))
            guard written.isNew(contents, in: group) else { continue }
            do throws(ServiceError) {
                try await MitigationRuleGroup(environment, region).set(contents, in: group)
                written.note(contents, in: group)
            } catch {
                // It is tried again after a minute.
                environment.metrics.add(1, to: .shieldFailedResponses)
            }
        }
    }
}

/// An application that is watched, and where its records are.
private struct Watched {
    let environment: Environment
    let arn: String
    let scope: Scope

    /// After a start: what was learnt before.
    func restoreBaseline(_ defense: TrafficDefense) async throws(ServiceError) {
        guard defense.needsBaseline(arn) else { return }
        let arn = arn
        let kept = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(StoredBaseline.self, arn)
        }
        defense.take(kept?.baseline ?? Baseline(), of: arn)
        // What went on when the process ended is over.
        let open = try await environment.all(StoredAttack.self, in: scope).filter {
            $0.resourceARN == arn && $0.report.end == nil
        }
        for attack in open { try await put(attack, ended: true) }
    }

    func keep(_ baseline: Baseline) async throws(ServiceError) {
        let record = StoredBaseline(id: arn, baseline: baseline)
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in try records.put(record) }
    }

    private func put(_ attack: StoredAttack, ended: Bool = false) async throws(ServiceError) {
        var attack = attack
        if ended { attack.report.end = attack.report.lastSeen }
        let record = attack
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in try records.put(record) }
    }

    func tell(_ outcome: ApplicationWatch.Outcome, at time: Double) async throws(ServiceError) {
        let protection = environment.projection(ShieldIndex.self).protection(of: arn)
        if let protection, protection.response?.isEnabled == true {
            do throws(ServiceError) {
                try await place(protection)
            } catch {
                // Nobody is told less because a web ACL can't be changed; it is tried again after a minute.
                environment.metrics.add(1, to: .shieldFailedResponses)
            }
        }
        guard let report = outcome.attack else { return }
        let arn = arn
        let open = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.list(StoredAttack.self).last { $0.resourceARN == arn && $0.report.end == nil }
        }
        try await put(
            StoredAttack(id: open?.id ?? RequestIDs.make(time: report.start), resourceARN: arn, report: report))
        if outcome.hasBegun { environment.metrics.add(1, to: .shieldAttacks) }
    }

    /// Sees to it that the web ACL that protects the application now has the rule group.
    private func place(_ protection: StoredProtection) async throws(ServiceError) {
        guard var response = protection.response else { return }
        let placement = MitigationPlacement(environment)
        guard let webACL = try await placement.webACL(protecting: arn), response.placement?.webACL != webACL else {
            return
        }
        // The application has got another web ACL.
        try await placement.remove(from: protection)
        response.placement = try await placement.place(for: protection, in: webACL, action: response.action)
        let (id, placed) = (protection.id, response.placement)
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            guard var found = try records.get(StoredProtection.self, id), found.response?.isEnabled == true else {
                return
            }
            found.response?.placement = placed
            try records.put(found)
        }
    }
}
