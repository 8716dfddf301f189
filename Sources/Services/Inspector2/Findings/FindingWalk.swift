import Inspector2API
import Ledger
import Platform
import Wire

/// The findings of several accounts of a Region, one after the other: what an administrator sees.
struct FindingWalk {
    private let records: Records
    private let accounts: [String]
    private static let batch = 256

    /// - Parameter isWanted: whether an account's are wanted.
    init(_ records: Records, _ call: Call, of isWanted: (String) -> Bool = { _ in true }) {
        self.records = records
        accounts = call.environment.inspected(by: call.accountID, region: call.region).filter(isWanted)
    }

    /// Goes through all.
    func each(_ body: (StoredFinding) throws(ServiceError) -> Void) throws(ServiceError) {
        for account in accounts {
            var after: RowKey?
            while true {
                let rows = try records.of(account: account).list(
                    StoredFinding.self, RowRange(after: after.map { .key($0) }), limit: Self.batch)
                for row in rows { try body(row) }
                guard rows.count == Self.batch, let last = rows.last else { break }
                after = last.key
            }
        }
    }

    /// A page of those that are wanted, in the order of accounts and ids.
    /// - Complexity: linear in the findings that are looked at until the page is full.
    func page(
        _ paging: Paging, where isWanted: (Inspector2.Finding) -> Bool
    ) throws(ServiceError) -> Page<Inspector2.Finding> {
        let parts = (paging.after ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        let (startAccount, startID) = (parts.first ?? "", parts.count > 1 ? parts[1] : nil)
        var items: [Inspector2.Finding] = []
        var last = ""
        for account in accounts where account >= startAccount {
            var after = account == startAccount ? startID.map { RowKey(.text($0)) } : nil
            while true {
                let rows = try records.of(account: account).list(
                    StoredFinding.self, RowRange(after: after.map { .key($0) }), limit: Self.batch)
                for row in rows {
                    let view = try row.view()
                    guard isWanted(view) else { continue }
                    if items.count == paging.limit { return Page(items: items, marker: Paging.marker(after: last)) }
                    items.append(view)
                    last = "\(account)/\(row.id)"
                }
                guard rows.count == Self.batch, let end = rows.last else { break }
                after = end.key
            }
        }
        return Page(items: items)
    }

    /// The finding of an ARN, if the caller may see it.
    func finding(_ arn: String, region: String) throws(ServiceError) -> StoredFinding? {
        for account in accounts {
            let prefix = InspectorName.finding("", account, region)
            guard arn.hasPrefix(prefix) else { continue }
            return try records.of(account: account).get(
                StoredFinding.self, RowKey(.text(String(arn.dropFirst(prefix.count)))))
        }
        return nil
    }
}
