import Costs
import Directory
public import Ledger
public import Platform
public import Wire

/// Keeps what is metered from growing for ever.
///
/// This month and the one before are kept hour by hour, with each resource, so that a report of either has all of it. What is older is added
/// up to days, without resources but for what prices depend on: sums stay as they are. What is older than thirteen months is deleted,
/// as Cost Explorer shows no more of it.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html>
public struct MeterRetention: RecurringJob {
    public static let kind = "Gatehouse::MeterRetention"
    public static let interval = 6 * 3600.0

    /// How many months there are, besides the one that is.
    public static let months = 13
    /// Rows that one transaction takes in.
    private static let portion = 256

    public init() {}

    public func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        let before = try await environment.read(MeterCursor.scope) { (records) throws(ServiceError) in
            try records.get(MeterTidied.self, MeterTidied.name)
        }
        // What a clock says that jumps ahead for some hours is no reason to forget anything: it has to have said so before.
        let month = CivilDate(seconds: min(now, before?.seen ?? 0)).monthStart
        let detailed = month.month(after: -1).hour
        if before?.seen != nil {
            for account in environment.directory.allAccounts.map(\.id) {
                try await Self.delete(before: month.month(after: -Self.months).hour, of: account, environment)
                try await Self.addUp(
                    HourRange(min(before?.through ?? 0, detailed), detailed), of: account, environment)
            }
        }
        let isDone = before?.seen != nil
        try await environment.write(MeterCursor.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(
                MeterTidied(id: MeterTidied.name, seen: now, through: isDone ? detailed : before?.through ?? 0))
        }
    }

    private static func delete(
        before end: Int64, of account: String, _ environment: Environment
    ) async throws(ServiceError) {
        var isMore = true
        while isMore {
            isMore = try await environment.write(Scope(account: account), requestID: "") {
                (records) throws(ServiceError) in
                let rows = try records.list(MeteredRow.self, RowRange(), limit: portion).prefix { $0.hour < end }
                for row in rows { try records.delete(MeteredRow.self, row.key) }
                return rows.count == portion
            }
        }
    }

    /// Adds the rows of some hours up to days.
    private static func addUp(
        _ range: HourRange, of account: String, _ environment: Environment
    ) async throws(ServiceError) {
        let prices = environment.projection(PriceBook.self).prices
        var next: RowKey? = RowKey(.number(range.start))
        while let place = next {
            next = try await environment.write(Scope(account: account), requestID: "") {
                (records) throws(ServiceError) in
                let found = try records.list(MeteredRow.self, RowRange(after: .key(place)), limit: portion)
                let rows = found.prefix { $0.hour < range.end }
                var days: [RowKey: MeteredRow] = [:]
                for row in rows {
                    let day = row.addedUp(prices)
                    guard day.key != row.key else { continue }
                    var known = days[day.key]
                    if known == nil { known = try records.get(MeteredRow.self, day.key) }
                    days[day.key] = day.adding(known?.count ?? 0)
                    try records.delete(MeteredRow.self, row.key)
                }
                for day in days.values { try records.put(day) }
                return rows.count == portion ? rows.last?.key : nil
            }
        }
    }
}

/// How far ``MeterRetention`` is.
public struct MeterTidied: Record {
    public static let kind = "Gatehouse::MeterTidied"
    public static let keepsHistory = false

    public let id: String
    /// When it was done last, seconds since 1970.
    var seen: Double
    /// Up to which hour all is added up, in hours since 1970.
    var through: Int64

    static let name = "rows"
}

extension MeteredRow {
    /// The row of the day that it goes into: its own where that is what it is.
    fileprivate func addedUp(_ prices: PriceList) -> MeteredRow {
        var day = self
        day.hour = CivilDate(hour: hour).hour
        day.resource = prices.ending(of: resource, service)
        return day
    }

    fileprivate func adding(_ calls: Int64) -> MeteredRow {
        let (sum, overflow) = count.addingReportingOverflow(calls)
        var row = self
        row.count = overflow ? .max : sum
        return row
    }
}
