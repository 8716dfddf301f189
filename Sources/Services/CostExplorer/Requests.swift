import CostExplorerAPI
import Costs
import Platform
import Wire

extension View<CostExplorer.DateIntervalFields> {
    /// The hours that are meant: days, or hours where both ends say some.
    /// - Throws: ValidationException for what is none.
    func hours(_ granularity: TimeUnit? = nil) throws(ServiceError) -> HourRange {
        guard let first = Self.hour(start), let last = Self.hour(end) else {
            throw .costs("Start date or end date is not a date in the format yyyy-MM-dd or yyyy-MM-ddThh:mm:ssZ")
        }
        guard start.utf8.count == end.utf8.count else {
            throw .costs("Start date and end date must have the same format")
        }
        guard start.utf8.count == 10 || granularity == .hourly else {
            throw .costs("Date/time must be in the format yyyy-MM-dd unless the granularity is HOURLY")
        }
        guard first < last else { throw .costs("Start date (and hour) should be before end date (and hour)") }
        // Nobody asks for more than a few years, and each period is a line of the answer.
        guard last - first <= Self.mostHours else { throw .costs("The time period is longer than ten years") }
        return HourRange(first, last)
    }

    private static let mostHours: Int64 = 3660 * 24

    private static func hour(_ text: String) -> Int64? {
        guard let date = CivilDate(text.prefix(10)) else { return nil }
        guard text.utf8.count > 10 else { return date.hour }
        let rest = Array(text.utf8.dropFirst(10))
        guard rest.count == 10, text.hasSuffix(":00:00Z"), let hour = Int64(text.dropFirst(11).prefix(2)),
            (0..<24).contains(hour)
        else { return nil }
        return date.hour + hour
    }
}

extension HourRange {
    /// It as answers show it: with hours where they are asked for.
    func interval(_ granularity: TimeUnit) -> CostExplorer.DateInterval {
        CostExplorer.DateInterval {
            $0.start = granularity == .hourly ? Self.text(ofHour: start) : CivilDate(hour: start).text
            $0.end = granularity == .hourly ? Self.text(ofHour: end) : CivilDate(hour: end).text
        }
    }
}

extension TimeUnit {
    /// - Throws: ValidationException for none of Cost Explorer's.
    init(granularity: String) throws(ServiceError) {
        guard let unit = TimeUnit(rawValue: granularity), [.hourly, .daily, .monthly].contains(unit) else {
            throw .costs("Granularity must be one of HOURLY, DAILY, MONTHLY")
        }
        self = unit
    }
}

extension View<CostExplorer.ExpressionFields> {
    /// - Throws: ValidationException for an expression that says nothing, or two things at once.
    func filter() throws(ServiceError) -> CostFilter {
        var parts: [CostFilter] = []
        if let and { parts.append(.and(try and.map { (part) throws(ServiceError) in try part.filter() })) }
        if let or { parts.append(.or(try or.map { (part) throws(ServiceError) in try part.filter() })) }
        if let not { parts.append(.not(try not.filter())) }
        if let dimensions {
            guard let key = dimensions.key else { throw .costs("A dimension of the expression has no key") }
            guard let dimension = CostDimension(rawValue: key) else {
                throw .costs("Gatehouse's bills have no dimension \(key)")
            }
            let options = try CostFilter.MatchOptions(dimensions.matchOptions)
            parts.append(.dimension(dimension, values: try Self.values(dimensions.values, options), options))
        }
        if let tags {
            guard let key = tags.key else { throw .costs("A tag of the expression has no key") }
            let options = try CostFilter.MatchOptions(tags.matchOptions)
            parts.append(.tag(key: key, values: try Self.values(tags.values, options), options))
        }
        if let costCategories {
            // There are no cost categories: nothing is in one.
            parts.append(try CostFilter.MatchOptions(costCategories.matchOptions).absent ? .all : .or([]))
        }
        guard parts.count == 1, let only = parts.first else {
            throw .costs("An expression must have exactly one of Or, And, Not, Dimensions, Tags, CostCategories")
        }
        return only
    }

    private static func values(
        _ values: [String]?, _ options: CostFilter.MatchOptions
    ) throws(ServiceError) -> [String] {
        if options.absent { return [] }
        guard let values, !values.isEmpty else { throw .costs("Values of the expression must not be empty") }
        return values
    }
}

extension CostFilter.MatchOptions {
    /// - Throws: ValidationException for one that there is not here.
    init(_ names: [String]?) throws(ServiceError) {
        guard let options = Self(names: names ?? []) else {
            throw .costs("A match option of the expression is not supported")
        }
        self = options
    }
}

/// A number that answers show.
enum CostMetric: String, CaseIterable {
    case amortized = "AmortizedCost"
    case blended = "BlendedCost"
    case netAmortized = "NetAmortizedCost"
    case netUnblended = "NetUnblendedCost"
    case normalized = "NormalizedUsageAmount"
    case unblended = "UnblendedCost"
    case usage = "UsageQuantity"

    /// Whichever way it is spelt: `UnblendedCost`, `UNBLENDED_COST`.
    /// - Throws: ValidationException for none.
    init(_ name: String) throws(ServiceError) {
        let plain = name.lowercased().filter { $0 != "_" }
        guard let metric = Self.allCases.first(where: { $0.rawValue.lowercased() == plain }) else {
            throw .costs("The metric \(name) is not supported")
        }
        self = metric
    }

    func amount(_ total: CostTotal) -> ExactAmount {
        switch self {
        case .usage: total.quantity
        case .normalized: .zero
        default: total.cost
        }
    }

    /// There are neither reservations nor discounts: all costs are the same. What has no price is told by its usage type
    /// (``PriceList/unpricedType``).
    func value(_ total: CostTotal, _ currency: String) -> CostExplorer.MetricValue {
        CostExplorer.MetricValue {
            $0.amount = amount(total).billed
            $0.unit =
                switch self {
                case .usage: total.unit ?? "N/A"
                case .normalized: "N/A"
                default: currency
                }
        }
    }
}
