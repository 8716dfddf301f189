import Directory
import Ledger
import Platform
import Shield
import Wire

// What CloudWatch hears of attacks: each minute while one goes on, once when it is over, and of what is protected once a day that there
// is none. How many bits came nobody counts.
// <https://docs.aws.amazon.com/waf/latest/developerguide/shield-metrics.html>

/// Metrics of the namespace `AWS/DDoSProtection`.
enum AttackMetrics {
    private static let namespace = "AWS/DDoSProtection"
    /// Where AWS tells of what is of no Region.
    private static let globalRegion = "us-east-1"

    /// Whose metrics those of a thing, or of a protection group, are; nil: it is not known.
    static func scope(of arn: String) -> Scope? {
        ARN(parsing: arn).map { Scope(account: $0.account, region: $0.region.isEmpty ? globalRegion : $0.region) }
    }

    /// Whether something is under attack.
    static func detected(_ isUnderway: Bool, on arn: String, at time: Double) -> MetricData {
        MetricData(
            "DDoSDetected", in: namespace, dimensions: [MetricDimension("ResourceArn", arn)], at: time,
            [.init(isUnderway ? 1 : 0)])
    }

    /// How much came in the minutes since an attack was told of last.
    /// - Parameter before: what was told then; nil: nothing.
    static func rates(
        of report: AttackReport, after before: AttackReport?, on arn: String, at time: Double
    ) -> [MetricData] {
        report.vectors.compactMap { vector in
            guard let name = metric(of: vector), let counter = report.counters[vector.rawValue] else { return nil }
            let known = before?.counters[vector.rawValue]
            let minutes = counter.minutes - (known?.minutes ?? 0)
            guard minutes > 0 else { return nil }
            let rate = (counter.sum - (known?.sum ?? 0)) / Double(minutes) / 60
            return MetricData(
                name, in: namespace,
                dimensions: [MetricDimension("AttackVector", label(of: vector)), MetricDimension("ResourceArn", arn)],
                at: time, [.init(max(0, rate))], unit: "Count")
        }
    }

    /// nil: AWS has none that counts that.
    private static func metric(of vector: AttackVector) -> String? {
        switch vector.unit {
        case "REQUESTS": "DDoSAttackRequestsPerSecond"
        case "PACKETS": "DDoSAttackPacketsPerSecond"
        default: nil
        }
    }

    /// `RequestFlood`, `SYNFlood`, as AWS has it here; those that it does not know are written as those are.
    private static func label(of vector: AttackVector) -> String {
        vector.rawValue.split(separator: "_").map { word in
            word == "SYN" ? "SYN" : String(word.prefix(1)) + word.dropFirst().lowercased()
        }.joined()
    }

    /// Tells of the attacks that go on.
    static func tellOngoing(_ environment: Environment) async throws(ServiceError) {
        let time = environment.now()
        let attacked = environment.projection(OngoingAttacks.self).all.map(\.resourceARN)
        for (scope, arns) in Dictionary(grouping: attacked, by: { scope(of: $0) }) {
            guard let scope else { continue }
            try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                try records.publish(arns.sorted().map { detected(true, on: $0, at: time) }, environment)
            }
        }
    }
}

/// Has it told once a day of what is protected and not under attack.
struct KeepQuiet: RecurringJob {
    static let kind = "Shield::KeepQuiet"
    static let interval = 86_400.0
    static let isByTheClock = true

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        let scopes = Set(
            environment.projection(ShieldIndex.self).protections.compactMap { AttackMetrics.scope(of: $0.resourceARN) })
        try await context.finish { (records) throws(ServiceError) in
            for scope in scopes { try records.of(scope).schedule(TellQuiet(), id: TellQuiet.kind, at: now) }
        }
    }
}

/// Tells CloudWatch of what an account has protected in a Region and is not under attack.
struct TellQuiet: Job {
    static let kind = "Shield::TellQuiet"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope) = (context.environment, context.scope)
        let attacks = environment.projection(OngoingAttacks.self)
        let quiet = environment.projection(ShieldIndex.self).protections.map(\.resourceARN)
            .filter { AttackMetrics.scope(of: $0) == scope && attacks.attack(on: $0) == nil }
        try await context.finish { (records) throws(ServiceError) in
            let time = environment.now()
            try records.publish(
                quiet.sorted().map { AttackMetrics.detected(false, on: $0, at: time) }, environment)
        }
    }
}
