import Directory
import Ledger
import Platform
import Synchronization

/// The analyzers of all accounts, for what must not read the ledger: policies that ask for tags, and the search for
/// findings after each change.
final class AnalyzerIndex: Projection {
    static let kinds: Set<String> = [Analyzer.kind]

    private let analyzers = Mutex<[String: Analyzer]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let analyzer = try change.decodeAfter(Analyzer.self)
            let name = AnalyzerName(change.id, account: change.scope.account, region: change.scope.region)
            analyzers.withLock { $0[name.arn] = analyzer }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        analyzers.withLock { $0 = [:] }
        try apply(changes)
    }

    /// - Parameter arn: of the analyzer, or of one of its archive rules.
    func analyzer(ofResource arn: ARN) -> Analyzer? {
        let name = arn.resource.dropFirst(AnalyzerName.prefix.count).prefix { $0 != "/" }
        return analyzer(AnalyzerName(String(name), account: arn.account, region: arn.region))
    }

    func analyzer(_ name: AnalyzerName) -> Analyzer? { analyzers.withLock { $0[name.arn] } }

    /// Whether any looks for external or internal access.
    var isSearching: Bool { analyzers.withLock { $0.values.contains { $0.type.search != .unused } } }

    /// Whether any looks for internal access.
    var isSearchingInside: Bool { analyzers.withLock { $0.values.contains { $0.type.search == .internal } } }

    /// Whether any looks for unused access.
    var isSearchingUnused: Bool { analyzers.withLock { $0.values.contains { $0.type.search == .unused } } }

    /// All of them, in no particular order.
    var all: [Analyzer] { analyzers.withLock { Array($0.values) } }
}
