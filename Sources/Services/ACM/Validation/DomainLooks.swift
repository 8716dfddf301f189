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
    /// Seconds until a job that is one too many is tried again, at least.
    private static let pause = 2.0
    /// Seconds from one such job of an account to the next. Each time that is a transaction, however many jobs there are.
    private static let spread = 0.25
    /// When the last one would have to wait longer than this, in seconds, the line begins anew.
    private static let longest = 900.0

    private struct Account {
        var atWork = 0
        /// When the last of its jobs that were put off comes back, in seconds since 1970.
        var lastTurn = 0.0
    }

    private let accounts = Mutex<[String: Account]>([:])

    init() {}

    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {}

    /// - Returns: whether the account may look; then it has to be told when that has ended.
    func begin(of account: String) -> Bool {
        accounts.withLock { accounts in
            guard accounts[account, default: Account()].atWork < Self.most else { return false }
            accounts[account, default: Account()].atWork += 1
            return true
        }
    }

    /// - Parameter time: seconds since 1970.
    func end(of account: String, at time: Double) {
        accounts.withLock { accounts in
            guard var ended = accounts[account] else { return }
            ended.atWork = max(0, ended.atWork - 1)
            accounts[account] = ended.atWork == 0 && ended.lastTurn <= time ? nil : ended
        }
    }

    /// When a job that may not look now is tried again.
    /// - Parameter time: now, in seconds since 1970, as what is returned.
    func turn(of account: String, at time: Double) -> Double {
        accounts.withLock { accounts in
            let last = accounts[account, default: Account()].lastTurn
            let first = time + Self.pause
            let turn = last > time + Self.longest ? first : max(first, last + Self.spread)
            accounts[account, default: Account()].lastTurn = turn
            return turn
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
            let (id, time) = (id, looks.turn(of: account, at: environment.now()))
            try await finish { (records) throws(ServiceError) in try records.schedule(job, id: id, at: time) }
            return nil
        }
        defer { looks.end(of: account, at: environment.now()) }
        return try await body()
    }
}
