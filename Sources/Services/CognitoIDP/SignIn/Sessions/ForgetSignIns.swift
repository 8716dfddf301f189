import Ledger
import Platform
import Wire

/// Forgets sessions that have expired, and failures that count no more.
struct ForgetSignIns: RecurringJob {
    static let kind = "CognitoIDP::ForgetSignIns"
    static let interval = 600.0
    private static let most = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        try await forget(UsedSession.self, context.environment)
        try await forget(KeptSession.self, context.environment)
        try await forget(SignInFailures.self, context.environment)
        try await context.finish { _ in }
    }

    private func forget<R: TableRow & Expiring>(_ type: R.Type, _ environment: Environment) async throws(ServiceError) {
        let now = environment.clock.now
        while true {
            let count = try await environment.write(Scope(account: ""), requestID: "") {
                (records) throws(ServiceError) in
                let old = try records.list(R.self, by: "expires", limit: Self.most).filter { $0.expires < now }
                for row in old { try records.delete(R.self, row.key) }
                return old.count
            }
            guard count == Self.most else { return }
            await Task.yield()
        }
    }
}

/// What is of no use after a time. Its rows have an index `expires`.
protocol Expiring {
    /// Seconds since 1970.
    var expires: Double { get }
}

extension UsedSession: Expiring {}
extension KeptSession: Expiring {}
extension SignInFailures: Expiring {}
