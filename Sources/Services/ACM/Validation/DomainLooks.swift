import Ledger
import Platform
import Synchronization
import Wire

/// How many looks at the domain name system are at work for each account. Name servers are the accounts' own, and whoever has silent
/// ones waits alone. It is in memory, and each node has its own.
final class DomainLooks: Projection {
    static let kinds: Set<String> = []
    /// How many jobs of a kind are at work on a node: most of their time they wait for name servers.
    static let concurrency = 16
    /// How many of all kinds may be an account's.
    private static let most = 4
    /// Seconds until a job that is one too many is tried again.
    fileprivate static let pause = 2.0

    private let atWork = Mutex<[String: Int]>([:])

    init() {}

    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {}

    /// - Returns: whether the account may look; then it has to be told when that has ended.
    func begin(of account: String) -> Bool {
        atWork.withLock { atWork in
            let count = atWork[account, default: 0]
            guard count < Self.most else { return false }
            atWork[account] = count + 1
            return true
        }
    }

    func end(of account: String) {
        atWork.withLock { atWork in
            let count = atWork[account, default: 0]
            atWork[account] = count > 1 ? count - 1 : nil
        }
    }
}

extension JobContext {
    /// Does what waits for an account's name servers.
    /// - Parameter job: this one, which is put off where the account waits for as much already.
    /// - Returns: nil: it was put off, and has ended.
    func look<T: Sendable>(
        of account: String, again job: some Job, _ body: () async throws(ServiceError) -> T
    ) async throws(ServiceError) -> T? {
        let looks = environment.projection(DomainLooks.self)
        guard looks.begin(of: account) else {
            let (id, time) = (id, environment.now() + DomainLooks.pause)
            try await finish { (records) throws(ServiceError) in try records.schedule(job, id: id, at: time) }
            return nil
        }
        defer { looks.end(of: account) }
        return try await body()
    }
}
