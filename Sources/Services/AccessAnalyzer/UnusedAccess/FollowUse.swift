import Directory
import Ledger
import Platform
import Wire

/// Looks anew at users and roles who use what was found to be unused, soon after they do.
///
/// Most calls are nothing new: nothing is written for them.
struct FollowUse: RecurringJob {
    static let kind = "AccessAnalyzer::FollowUse"
    static let interval = 10.0
    /// Events, at a time.
    private static let most = 20_000

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let search = UnusedAccessSearch(environment: environment)
        let analyzers = search.analyzers
        let start = try await environment.read(UseCursor.scope) { (records) throws(ServiceError) in
            try records.get(UseCursor.self, UseCursor.id)?.segment
        }
        guard !analyzers.isEmpty else {
            if start != nil { try await forget(environment) }
            return
        }
        let walk = HistoryWalk(environment: environment)
        let end = try await walk.end()
        if environment.ledger.isShared {
            do throws(LedgerError) { try await environment.usage.follow(environment.ledger) } catch {
                throw ServiceError(error)
            }
        }
        guard var cursor = start else {
            // Something may have been used since an analyzer has looked for the first time, and before anybody followed.
            for analyzer in analyzers { try await search.scan(analyzer) }
            return try await keep(end, environment)
        }
        let accounts = analyzers.reduce(into: Set<String>()) { $0.formUnion(search.accounts(of: $1)) }
        while cursor < end {
            let begun = cursor
            var callers = Callers(accounts: accounts)
            cursor = try await walk.pass(from: cursor, through: end, upTo: Self.most) {
                (event) throws(ServiceError) in
                callers.take(event)
                return 1
            }
            guard cursor > begun else { break }
            var changed: Set<String> = []
            for id in callers.ids where try await search.isOutdated(id, analyzers) { changed.insert(id) }
            try await search.look(at: changed, analyzers)
            if !changed.isEmpty || HistoryWalk.isFar(cursor, from: begun) { try await keep(cursor, environment) }
        }
    }

    /// While there is no analyzer, nobody follows.
    private func forget(_ environment: Environment) async throws(ServiceError) {
        try await environment.write(UseCursor.scope, requestID: "") { (records) throws(ServiceError) in
            if let cursor = try records.get(UseCursor.self, UseCursor.id) { try records.delete(cursor) }
        }
    }

    private func keep(_ segment: Int64, _ environment: Environment) async throws(ServiceError) {
        try await environment.write(UseCursor.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(UseCursor(segment: segment))
        }
    }
}

/// How far the event history was looked through for uses.
struct UseCursor: Record {
    static let kind = "Gatehouse::AccessAnalyzer::UseCursor"
    static let keepsHistory = false
    static let id = "cursor"
    /// It belongs to no account.
    static let scope = Scope(account: "")

    /// The number of the last segment of events that is done with.
    let segment: Int64

    var id: String { Self.id }
}

/// Who has called, by unique id.
private struct Callers {
    let accounts: Set<String>
    private(set) var ids: Set<String> = []
    /// Those whose events need not be read again.
    private var known: Set<[EventAttribute]> = []

    init(accounts: Set<String>) {
        self.accounts = accounts
    }

    mutating func take(_ event: Event) {
        guard accounts.contains(event.account) else { return }
        let caller = event.attributes.filter { ["Username", "AccessKeyId"].contains($0.name) }
        guard caller.isEmpty || known.insert(caller).inserted, let id = RecordedUse.principal(of: event) else { return }
        ids.insert(id)
    }
}

extension UnusedAccessSearch {
    /// Whether a user or role has used something that was found to be unused.
    fileprivate func isOutdated(_ id: String, _ analyzers: [Analyzer]) async throws(ServiceError) -> Bool {
        guard let usage = environment.usage.usage(of: id),
            let arn = environment.directory.role(uniqueID: id)?.arn ?? environment.directory.user(uniqueID: id)?.arn
        else { return false }
        for analyzer in analyzers {
            let findings = try await environment.read(analyzer.scope) { (records) throws(ServiceError) in
                try Findings.rows(ofResource: arn, of: analyzer.findingsPartition, records)
            }
            let latest = Int64(exactly: (access(analyzer).latest * 1000).rounded()) ?? .max
            for finding in findings where finding.status != .resolved {
                if finding.details.isOutdated(by: usage, since: latest) { return true }
            }
        }
        return false
    }
}

extension FindingDetails {
    /// Whether something that it calls unused has been used since a time, in milliseconds since 1970.
    func isOutdated(by usage: PrincipalUsage, since time: Int64) -> Bool {
        switch self {
        case .unusedRole: usage.lastUse?.time ?? .min > time
        case .unusedAccessKey(let id, _): usage.keys[id]?.time ?? .min > time
        case .unusedPassword: usage.password ?? .min > time
        case .unusedPermission(let permissions):
            permissions.contains { permission in
                guard !permission.actions.isEmpty else {
                    return usage.lastNeed(of: permission.service)?.time ?? .min > time
                }
                return permission.actions.contains {
                    usage.lastUse(of: $0.name, in: permission.service)?.time ?? .min > time
                }
            }
        case .external, .internal: false
        }
    }
}
