public import Costs
import Directory
import Ledger
public import Platform
public import Wire

/// What an account sees of the bills: its own; the management account of an organization those of all its accounts.
/// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/consolidated-billing.html>
public struct Bill: Sendable {
    fileprivate let environment: Environment
    /// Whose lines there are, in order.
    public let accounts: [String]
    /// Who pays, what accounts are called, and which tags count.
    public let names: AccountNames
    /// The prices.
    public let prices: PriceList

    /// Rows that are read at a time.
    fileprivate static let page = 1024

    /// The bill as an account sees it, with all that was called up to now.
    public init(of account: String, _ environment: Environment) async throws(ServiceError) {
        try await Metering.catchUp(environment)
        try await self.init(metered: account, environment)
    }

    /// The bill as an account sees it, with what is metered already.
    public init(metered account: String, _ environment: Environment) async throws(ServiceError) {
        self.environment = environment
        let payer = environment.payer(of: account)
        var accounts = [account]
        if payer == account { accounts += environment.directory.accounts(managedBy: account).map(\.id) }
        self.accounts = Set(accounts).sorted()
        let tags = try await environment.all(CostTag.self, in: Scope(account: payer))
        names = AccountNames(
            payer: payer,
            names: Dictionary(
                self.accounts.map { ($0, environment.directory.account($0)?.name ?? "") },
                uniquingKeysWith: { first, _ in first }),
            tagKeys: Set(tags.filter(\.isActive).map(\.id)))
        prices = environment.projection(PriceBook.self).prices
    }

    /// Reads the lines of some hours, some at a time: account by account, in the order of the hours.
    public struct Reader {
        private let bill: Bill
        private let range: HourRange
        private var accounts: ArraySlice<String>
        private var after: RowKey

        fileprivate init(_ bill: Bill, _ range: HourRange) {
            (self.bill, self.range) = (bill, range)
            accounts = bill.accounts[...]
            after = RowKey(.number(range.start))
        }

        /// The next lines; nil: there are no more.
        public mutating func next() async throws(ServiceError) -> [CostLine]? {
            while let account = accounts.first {
                let (place, limit) = (after, Bill.page)
                let rows = try await bill.environment.read(Scope(account: account)) { (records) throws(ServiceError) in
                    try records.list(MeteredRow.self, RowRange(after: .key(place)), limit: limit)
                }
                let lines = rows.prefix { $0.hour < range.end }.map { bill.prices.line($0.use(of: account)) }
                if lines.count == limit, let last = rows.last {
                    after = last.key
                } else {
                    accounts = accounts.dropFirst()
                    after = RowKey(.number(range.start))
                }
                if !lines.isEmpty { return lines }
            }
            return nil
        }
    }

    /// Reads the lines of some hours.
    public func reader(in range: HourRange) -> Reader { Reader(self, range) }

    /// Passes the lines of some hours on.
    public func forEach(
        in range: HourRange, _ body: (CostLine) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        var reader = reader(in: range)
        while let lines = try await reader.next() {
            for line in lines { try body(line) }
            await Task.yield()
        }
    }

    /// What the lines of some hours that a filter wants come to.
    public func total(in range: HourRange, _ filter: CostFilter = .all) async throws(ServiceError) -> CostTotal {
        var total = CostTotal()
        try await forEach(in: range) { (line) throws(ServiceError) in
            if filter.matches(line, names) { total.add(line) }
        }
        return total
    }

    /// What each whole day before a day has cost, from the first on which anything was metered; at most as many as a forecast
    /// is made from.
    public func days(
        before end: CivilDate, _ filter: CostFilter = .all, _ amount: (CostTotal) -> ExactAmount
    ) async throws(ServiceError) -> [ExactAmount] {
        let start = end.adding(days: -Forecast.mostDays)
        var totals: [Int: CostTotal] = [:]
        var first: Int?
        try await forEach(in: HourRange(start, end)) { (line) throws(ServiceError) in
            let day = CivilDate(hour: line.use.hour).day
            first = min(first ?? day, day)
            if filter.matches(line, names) { totals[day, default: CostTotal()].add(line) }
        }
        guard let first, first < end.day else { return [] }
        return (first..<end.day).map { totals[$0].map(amount) ?? .zero }
    }
}
