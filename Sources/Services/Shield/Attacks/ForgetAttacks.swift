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
        let environment = context.environment
        let time = environment.now()
        let accounts = Set(environment.applications.all.compactMap { ARN(parsing: $0.arn)?.account })
        for account in accounts {
            let scope = Scope(account: account, region: "")
            while try await environment.write(
                scope, requestID: "",
                { (records) throws(ServiceError) in
                    try Self.forget(records, at: time)
                })
            {}
        }
        try await context.finish { _ in }
    }

    /// - Returns: whether there may be more to delete.
    private static func forget(_ records: MutableRecords, at time: Double) throws(ServiceError) -> Bool {
        let limit = 64
        // Their ids are in the order of their beginnings.
        let oldest = try records.list(StoredAttack.self, limit: limit)
        let excess = try records.count(StoredAttack.self) - most
        var deleted = 0
        for (index, attack) in oldest.enumerated()
        where attack.report.end != nil && (index < excess || attack.report.start <= time - StoredAttack.kept) {
            try records.delete(attack)
            deleted += 1
        }
        return deleted == limit
    }
}
