import Directory
import Ledger
import Platform
import Wire

/// Deletes attacks that are told of no more, and the oldest of an account that has too many.
struct ForgetAttacks: RecurringJob {
    static let kind = "Shield::ForgetAttacks"
    static let interval = 24.0 * 3600

    /// How many an account keeps.
    static let most = 10_000

    func run(_ context: JobContext) async throws(ServiceError) {
        try await Self.forget(context.environment)
        try await context.finish { _ in }
    }

    /// - Parameter most: how many an account keeps.
    static func forget(_ environment: Environment, most: Int = most) async throws(ServiceError) {
        let time = environment.now()
        for account in environment.projection(OngoingAttacks.self).accounts {
            let scope = Scope(account: account, region: "")
            var last: String?
            repeat {
                let before = last
                last = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                    try forget(records, after: before, most, at: time)
                }
            } while last != nil
        }
    }

    /// - Returns: the id of an attack after which there may be more to delete; nil: there is none.
    private static func forget(
        _ records: MutableRecords, after last: String?, _ most: Int, at time: Double
    ) throws(ServiceError) -> String? {
        let limit = 64
        // Their ids are in the order of their beginnings.
        let oldest = try records.list(StoredAttack.self, after: last, limit: limit)
        var excess = try records.count(StoredAttack.self) - most
        for attack in oldest {
            guard excess > 0 || attack.report.start <= time - StoredAttack.kept else { return nil }
            // Those that go on stay.
            guard attack.report.end != nil else { continue }
            try records.delete(attack)
            excess -= 1
        }
        return oldest.count == limit ? oldest.last?.id : nil
    }
}
