/// The lines of a Cost and Usage Report: what of a bill is in which column.
/// <https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html>
public struct ReportLayout: Sendable {
    /// A column: `lineItem/UsageAmount`.
    public struct Column: Hashable, Sendable {
        /// `lineItem`
        public let category: String
        /// `UsageAmount`
        public let name: String
        /// `BigDecimal`
        public let type: String

        init(_ category: String, _ name: String, _ type: String = "String") {
            (self.category, self.name, self.type) = (category, name, type)
        }

        /// As the first line of a file in CSV has it: `lineItem/UsageAmount`.
        public var title: String { "\(category)/\(name)" }

        /// As Parquet and CUR 2.0 have it: `line_item_usage_amount`.
        public var snakeName: String { Self.snake(category) + "_" + Self.snake(name) }

        /// What Parquet has of it: amounts are numbers; rates are texts, as AWS has them.
        public var parquetType: ReportType {
            if type == "DateTime" { return .time }
            return type.hasSuffix("BigDecimal") && !name.hasSuffix("Rate") ? .number : .text
        }

        /// Capital letters begin words; what is no letter and no digit parts them.
        /// <https://docs.aws.amazon.com/cur/latest/userguide/cur-ate-run.html>
        private static func snake(_ name: String) -> String {
            var result = ""
            for character in name {
                if character.isUppercase, !result.isEmpty, result.last != "_" { result += "_" }
                let isPlain = character.isASCII && (character.isLetter || character.isNumber)
                if isPlain {
                    result += character.lowercased()
                } else if result.last != "_", !result.isEmpty {
                    result += "_"
                }
            }
            while result.last == "_" { result.removeLast() }
            return result
        }
    }

    /// Whether lines are told apart by resources.
    public let hasResources: Bool
    /// The keys of the tags that have a column, in order.
    public let tagKeys: [String]
    /// What a line is about: hours, days, the whole month.
    public let unit: TimeUnit
    /// The month that is billed.
    public let period: HourRange
    /// Who is billed.
    public let payer: String
    /// All columns, in their order.
    public let columns: [Column]
    private let periodStart: String
    private let periodEnd: String

    /// - Parameters: see the properties.
    public init(hasResources: Bool, tagKeys: some Sequence<String>, unit: TimeUnit, period: HourRange, payer: String) {
        self.hasResources = hasResources
        self.tagKeys = tagKeys.sorted()
        self.unit = unit
        self.period = period
        self.payer = payer
        (periodStart, periodEnd) = (HourRange.text(ofHour: period.start), HourRange.text(ofHour: period.end))
        columns =
            [
                Column("identity", "LineItemId"), Column("identity", "TimeInterval", "Interval"),
                Column("bill", "InvoiceId", "OptionalString"), Column("bill", "BillingEntity"),
                Column("bill", "BillType"),
                Column("bill", "PayerAccountId"), Column("bill", "BillingPeriodStartDate", "DateTime"),
                Column("bill", "BillingPeriodEndDate", "DateTime"), Column("lineItem", "UsageAccountId"),
                Column("lineItem", "LineItemType"), Column("lineItem", "UsageStartDate", "DateTime"),
                Column("lineItem", "UsageEndDate", "DateTime"), Column("lineItem", "ProductCode"),
                Column("lineItem", "UsageType"), Column("lineItem", "Operation"),
                Column("lineItem", "AvailabilityZone", "OptionalString"),
            ] + (hasResources ? [Column("lineItem", "ResourceId", "OptionalString")] : []) + [
                Column("lineItem", "UsageAmount", "OptionalBigDecimal"),
                Column("lineItem", "CurrencyCode"), Column("lineItem", "UnblendedRate", "OptionalBigDecimal"),
                Column("lineItem", "UnblendedCost", "OptionalBigDecimal"),
                Column("lineItem", "BlendedRate", "OptionalBigDecimal"),
                Column("lineItem", "BlendedCost", "OptionalBigDecimal"), Column("lineItem", "LineItemDescription"),
                Column("lineItem", "TaxType", "OptionalString"), Column("lineItem", "IamPrincipal", "OptionalString"),
                Column("product", "ProductName", "OptionalString"), Column("product", "region", "OptionalString"),
                Column("product", "servicecode", "OptionalString"),
                Column("pricing", "currency", "OptionalString"),
                Column("pricing", "publicOnDemandCost", "OptionalBigDecimal"),
                Column("pricing", "publicOnDemandRate", "OptionalBigDecimal"),
                Column("pricing", "term", "OptionalString"),
                Column("pricing", "unit", "OptionalString"),
            ] + self.tagKeys.map { Column("resourceTags", "user:\($0)", "OptionalString") }
    }

    /// What lines of a bill are one line of the report.
    public struct Key: Hashable, Sendable {
        var account: String
        var start: Int64
        var service: String
        var operation: String
        var region: String
        var principal: String
        var resource: String
        var tags: [String]
    }

    /// The line of the report that a line of the bill is added to.
    public func key(of line: CostLine) -> Key {
        let use = line.use
        return Key(
            account: use.account, start: part(of: use.hour).start, service: use.service, operation: use.operation,
            region: use.region, principal: use.principal,
            // Prices may depend on what resources are called.
            resource: hasResources ? use.resource : line.usageType, tags: tagKeys.map { use.tags[$0] ?? "" })
    }

    /// The time that a line is about.
    public func part(of hour: Int64) -> HourRange {
        let part = HourRange.period(unit, around: hour)
        return HourRange(max(part.start, period.start), min(part.end, period.end))
    }

    /// The time that a line is about, as lines have it: the same for many, one after the other.
    public struct Times: Sendable {
        let start: String
        let end: String
        let interval: String

        /// - Parameter part: see ``ReportLayout/part(of:)``.
        public init(_ part: HourRange) {
            (start, end) = (HourRange.text(ofHour: part.start), HourRange.text(ofHour: part.end))
            interval = "\(start)/\(end)"
        }
    }

    /// The values of a line, in the order of ``columns``.
    /// - Parameters:
    ///   - line: any of those that it is made of.
    ///   - times: of the line's part of the time.
    ///   - count: how many calls all of them are.
    ///   - id: tells it from all other lines of the report.
    public func fields(_ line: CostLine, _ key: Key, _ times: Times, count: Int64, id: String) -> [ReportValue] {
        let quantity = ExactAmount(count)
        let rate = line.price?.text(leastDigits: 10) ?? ""
        let cost = line.price?.times(count).text(leastDigits: 10) ?? ""
        // A missing price is told: nothing stands where an amount would, not even a zero.
        let description =
            line.price.map { "\(line.currency) \($0.text()) per \(line.unit)" }
            ?? "The price list has no price for \(line.use.service):\(line.use.operation) in \(line.use.region)"
        let known = line.price != nil
        let texts =
            [
                id, times.interval, "", "AWS", "Anniversary", payer, periodStart, periodEnd, line.use.account, "Usage",
                times.start, times.end, line.product.code,
                line.usageType, line.use.operation, "",
            ] + (hasResources ? [line.use.resource] : []) + [
                quantity.text(leastDigits: 10), line.currency, rate, cost, rate, cost, description, "",
                line.use.principal, line.product.name, line.use.region, line.product.code, known ? line.currency : "",
                cost, rate,
                known ? "OnDemand" : "", line.unit,
            ] + key.tags
        return texts.map { .text($0) }
    }
}
