import GuardDutyAPI
import Ledger
import Platform
import Wire

/// The findings that a detector's account sees: its own, and those of the accounts that it looks after.
struct FindingWalk {
    private let records: Records
    private let accounts: [String]
    private static let batch = 256

    init(_ records: Records, _ call: Call) {
        self.records = records
        accounts = call.environment.guarded(by: call.guardDutyScope)
    }

    /// All that criteria are about.
    func all(_ criteria: GuardDuty.FindingCriteria?) throws(ServiceError) -> [GuardDuty.Finding] {
        var found: [GuardDuty.Finding] = []
        for account in accounts {
            var after: RowKey?
            while true {
                let rows = try records.of(account: account).list(
                    StoredFinding.self, RowRange(after: after.map { .key($0) }), limit: Self.batch)
                for row in rows {
                    let view = try row.view()
                    if criteria.map({ FindingMatch.matches($0, view) }) ?? true { found.append(view) }
                }
                guard rows.count == Self.batch, let last = rows.last else { break }
                after = last.key
            }
        }
        return found
    }

    /// The finding of an id, if the account sees it.
    func finding(_ id: String) throws(ServiceError) -> StoredFinding? {
        for account in accounts {
            if let found = try records.of(account: account).get(StoredFinding.self, RowKey(.text(id))) { return found }
        }
        return nil
    }
}

/// By what findings are sorted: any of their attributes, those without it first.
/// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_SortCriteria.html>
enum FindingOrder {
    private enum Rank: Comparable {
        case none
        case number(Double)
        case text(String)
    }

    /// Those that are equal stay in the order of their ids, so that pages go on where the last one ended.
    static func sorted(
        _ findings: [GuardDuty.Finding], by criteria: GuardDuty.SortCriteria?
    ) -> [GuardDuty.Finding] {
        let name = criteria?.attributeName ?? "updatedAt"
        // Without a word about it the latest come first.
        let isDescending = criteria == nil || criteria?.orderBy == "DESC"
        let ranked = findings.map { (rank: rank($0, name), id: $0.id, finding: $0) }
        return ranked.sorted { a, b in
            guard a.rank != b.rank else { return a.id < b.id }
            return isDescending ? b.rank < a.rank : a.rank < b.rank
        }.map { $0.finding }
    }

    private static func rank(_ finding: GuardDuty.Finding, _ name: String) -> Rank {
        switch name {
        case "severity": return .number(finding.severity)
        case "service.count", "count": return .number(Double(finding.service?.count ?? 0))
        case "service.eventFirstSeen": return finding.service?.eventFirstSeen.map { .text($0) } ?? .none
        case "service.eventLastSeen": return finding.service?.eventLastSeen.map { .text($0) } ?? .none
        default: return FindingMatch.values(of: name, in: finding).first.map { .text($0) } ?? .none
        }
    }
}
