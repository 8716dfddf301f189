import Ledger
import Platform
import Wire

/// The versions that an inventory lists, in the order of their keys and the latest of each first, page by page: no more than two
/// pages are ever in memory. A bucket that is written to meanwhile is listed as it is when each page is read.
struct InventoryRows: Sendable {
    struct Row: Sendable {
        let version: ObjectVersion
        let isLatest: Bool
    }

    /// One of the two tables, of which some rows are at hand.
    private struct Source: Sendable {
        var versions: ArraySlice<ObjectVersion> = []
        var range: RowRange
        var isAtEnd = false

        var isEmpty: Bool { versions.isEmpty && isAtEnd }
        /// Whether what comes next is not known.
        var isBehind: Bool { versions.isEmpty && !isAtEnd }
    }

    private static let page = 500

    private let environment: Environment
    private let bucket: String
    private var current: Source
    private var others: Source
    private var last: String?

    init(_ plan: InventoryPlan, of bucket: String, _ environment: Environment) {
        self.environment = environment
        self.bucket = bucket
        let range = RowRange(RowPrefix(beginning: plan.prefix))
        current = Source(range: range)
        others = Source(range: range, isAtEnd: !plan.includesVersions)
    }

    /// Some rows more; none at the end.
    mutating func next() async throws(ServiceError) -> [Row] {
        try await fill()
        var rows: [Row] = []
        // Which comes first can be told as long as both are at hand.
        while !current.isBehind, !others.isBehind {
            switch (current.versions.first, others.versions.first) {
            case (let one?, let other?):
                // A key's current version is the latest.
                let isCurrentFirst = !other.key.utf8.lexicographicallyPrecedes(one.key.utf8)
                rows.append(isCurrentFirst ? take(one) : take(other: other))
            case (let one?, nil): rows.append(take(one))
            case (nil, let other?): rows.append(take(other: other))
            case (nil, nil): return rows
            }
        }
        return rows
    }

    private mutating func take(_ version: ObjectVersion) -> Row {
        current.versions.removeFirst()
        last = version.key
        return Row(version: version, isLatest: true)
    }

    private mutating func take(other version: ObjectVersion) -> Row {
        others.versions.removeFirst()
        defer { last = version.key }
        return Row(version: version, isLatest: last.map { !$0.utf8.elementsEqual(version.key.utf8) } ?? true)
    }

    private mutating func fill() async throws(ServiceError) {
        let (bucket, first, second) = (bucket, current, others)
        (current, others) = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
            var (first, second) = (first, second)
            if first.isBehind {
                let rows = try records.list(CurrentObject.self, of: bucket, first.range, limit: Self.page)
                first.versions = rows.map(\.version)[...]
                first.isAtEnd = rows.count < Self.page
                if let last = rows.last { first.range.after = .key(last.key) }
            }
            if second.isBehind {
                let rows = try records.list(OtherVersion.self, of: bucket, second.range, limit: Self.page)
                second.versions = rows.map(\.version)[...]
                second.isAtEnd = rows.count < Self.page
                if let last = rows.last { second.range.after = .key(last.key) }
            }
            return (first, second)
        }
    }
}
