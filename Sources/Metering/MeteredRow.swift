import Costs
import Crypto
public import Ledger

/// Calls of one kind within an hour, as they are kept: in the scope of the account that is charged, in the order of the hours.
public struct MeteredRow: TableRow, Equatable {
    public static let kind = "Gatehouse::MeteredUse"

    /// Hours since 1970.
    var hour: Int64
    /// See `MeteredUse`, as all that follows.
    var service: String
    var operation: String
    var region: String
    var principal: String
    var resource: String
    var tags: [String: String]
    var count: Int64

    init(_ use: MeteredUse) {
        hour = use.hour
        service = use.service
        operation = use.operation
        region = use.region
        principal = use.principal
        resource = use.resource
        tags = use.tags
        count = use.count
    }

    /// What tells it from others of its hour is long, and nobody's business but the account's: a digest stands for it.
    public var key: RowKey {
        var hash = SHA256()
        for text in [service, operation, region, principal, resource]
            + tags.sorted(by: { $0.key < $1.key }).flatMap({ [$0.key, $0.value] })
        {
            // Lengths, so that no two rows have the same bytes.
            withUnsafeBytes(of: Int64(text.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(text.utf8))
        }
        return RowKey(.number(hour), .bytes(Array(hash.finalize().prefix(16))))
    }

    public static var form: RowForm<Self> {
        .short(version: 1) { row, output in
            output.append(row.hour)
            output.append(row.count)
            output.append(row.service)
            output.append(row.operation)
            output.append(row.region)
            output.append(row.principal)
            output.append(row.resource)
            output.append(row.tags)
        } read: { input, _ in
            let (hour, count) = (try input.number(), try input.number())
            return MeteredRow(
                MeteredUse(
                    account: "", hour: hour, service: try input.text(), operation: try input.text(),
                    region: try input.text(), principal: try input.text(), resource: try input.text(),
                    tags: try input.texts(), count: count))
        }
    }

    /// What it tells of.
    func use(of account: String) -> MeteredUse {
        MeteredUse(
            account: account, hour: hour, service: service, operation: operation, region: region, principal: principal,
            resource: resource, tags: tags, count: count)
    }
}

/// How far the event history is metered. It moves in the transactions that count.
public struct MeterCursor: Record {
    public static let kind = "Gatehouse::MeterCursor"
    public static let keepsHistory = false

    public let id: String
    /// The number of the last segment of events that is counted.
    var sequence: Int64

    static let name = "events"
    static let scope = Scope(account: "")
}

/// A tag that costs can be told apart by, in the scope of the account that pays.
/// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html>
public struct CostTag: Record, Equatable {
    public static let kind = "Gatehouse::CostAllocationTag"
    public static let keepsHistory = false

    /// The key.
    public let id: String
    /// Whether bills have it.
    public var isActive = false
    /// When it was activated or deactivated, seconds since 1970; nil: never.
    public var updated: Double?
    /// The last day on which something that has it was used, in days since 1970.
    public var lastUsed: Int

    init(id: String, lastUsed: Int) { (self.id, self.lastUsed) = (id, lastUsed) }
}
