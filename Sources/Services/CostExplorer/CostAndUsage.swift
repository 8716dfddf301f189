import CostExplorerAPI
import Costs
import Metering
import Platform
import Wire

/// What lines are put together by.
struct Grouping: Sendable {
    enum Key: Sendable {
        case dimension(CostDimension)
        case tag(String)
    }

    let keys: [Key]
    let definitions: [CostExplorer.GroupDefinition]

    private static let dimensions: Set<CostDimension> = [
        .zone, .linkedAccount, .operation, .region, .service, .usageType, .recordType, .legalEntity, .billingEntity,
        .payerAccount,
    ]

    /// - Throws: ValidationException for more than two, or one by which there are no groups.
    init(_ definitions: [CostExplorer.GroupDefinition], resources: Bool) throws(ServiceError) {
        guard definitions.count <= 2 else { throw .costs("GroupBy must have at most 2 group definitions") }
        self.definitions = definitions
        keys = try definitions.map { (definition) throws(ServiceError) in
            guard let key = definition.key, !key.isEmpty else { throw .costs("A group definition has no key") }
            switch definition.type ?? "DIMENSION" {
            case "TAG": return .tag(key)
            case "DIMENSION":
                guard let dimension = CostDimension(rawValue: key),
                    Self.dimensions.contains(dimension) || resources && dimension == .resource
                else { throw .costs("Group Definition dimension is invalid: \(key)") }
                return .dimension(dimension)
            default: throw .costs("Gatehouse has no cost categories to group by")
            }
        }
    }

    /// The group of a line: of a tag, `key$value`.
    func group(of line: CostLine, _ names: AccountNames) -> [String] {
        keys.map { key in
            switch key {
            case .dimension(let dimension): dimension.value(of: line, names)
            case .tag(let key): "\(key)$\(names.tag(key, of: line) ?? "")"
            }
        }
    }
}

/// What GetCostAndUsage has summed up.
private struct CostTable {
    let parts: [HourRange]
    /// By period, then by group.
    private(set) var totals: [[[String]: CostTotal]]
    private let unit: TimeUnit

    /// More groups than that are not kept in memory: a narrower question has an answer.
    static let mostGroups = 200_000

    init(_ range: HourRange, _ unit: TimeUnit) {
        self.unit = unit
        parts = range.parts(unit)
        totals = Array(repeating: [:], count: parts.count)
    }

    private var count = 0

    mutating func add(_ line: CostLine, _ group: [String]) throws(ServiceError) {
        // The last that begins no later.
        var (low, high) = (0, parts.count)
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].start <= line.use.hour { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return }
        if totals[low - 1][group] == nil { count += 1 }
        guard count <= Self.mostGroups else {
            throw CostExplorer.Failure.limitExceededException("The answer has too many groups: ask for less at a time.")
        }
        totals[low - 1][group, default: CostTotal()].add(line)
    }
}

/// What both operations ask.
private struct CostQuestion: Sendable {
    var period: CostExplorer.DateInterval
    var granularity: String
    var filter: CostExplorer.Expression?
    var metrics: [String]
    var groups: [CostExplorer.GroupDefinition]
    var token: String?
    var resources = false

    struct Answer {
        var results: [CostExplorer.ResultByTime] = []
        var attributes: [CostExplorer.DimensionValuesWithAttributes] = []
        var token: String?
    }

    /// Groups on a page of an answer, at the least.
    private static let page = 5000

    func answer(_ call: Call) async throws(ServiceError) -> Answer {
        let unit = try TimeUnit(granularity: granularity)
        let range = try period.hours(unit)
        let filter = try filter?.filter() ?? .all
        guard !metrics.isEmpty else { throw .costs("Metrics must not be empty") }
        let metrics = try metrics.map { (name) throws(ServiceError) in try CostMetric(name) }
        let grouping = try Grouping(groups, resources: resources)
        let bill = try await Bill(of: call.accountID, call.environment)
        var table = CostTable(range, unit)
        try await bill.forEach(in: range) { (line) throws(ServiceError) in
            guard filter.matches(line, bill.names) else { return }
            try table.add(line, grouping.group(of: line, bill.names))
        }
        let open = CivilDate(seconds: call.time).monthStart.hour
        let currency = bill.prices.currency
        func values(_ total: CostTotal) -> [String: CostExplorer.MetricValue] {
            Dictionary(metrics.map { ($0.rawValue, $0.value(total, currency)) }) { first, _ in first }
        }
        let start = try start(before: table.parts.count)
        var (answer, count) = (Answer(), 0)
        for (place, part) in table.parts.enumerated().dropFirst(start) {
            let groups = table.totals[place]
            if count > 0, count + groups.count > Self.page {
                answer.token = Paging.marker(after: String(place))
                break
            }
            count += groups.count
            answer.results.append(
                CostExplorer.ResultByTime {
                    $0.timePeriod = part.interval(unit)
                    $0.estimated = part.end > open
                    if grouping.keys.isEmpty {
                        $0.total = values(groups[[]] ?? CostTotal())
                        $0.groups = []
                        return
                    }
                    $0.total = [:]
                    $0.groups = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { keys, total in
                        CostExplorer.Group {
                            $0.keys = keys
                            $0.metrics = values(total)
                        }
                    }
                })
        }
        answer.attributes = attributes(table, grouping, bill)
        return answer
    }

    private func start(before count: Int) throws(ServiceError) -> Int {
        guard let token else { return 0 }
        guard let place = (try? Paging(marker: token, maxItems: nil))?.after.flatMap({ Int($0) }),
            (0..<count).contains(place)
        else { throw CostExplorer.Failure.invalidNextTokenException("The next page token is invalid.") }
        return place
    }

    /// What accounts are called.
    private func attributes(
        _ table: CostTable, _ grouping: Grouping, _ bill: Bill
    ) -> [CostExplorer.DimensionValuesWithAttributes] {
        var accounts: Set<String> = []
        for (place, key) in grouping.keys.enumerated() {
            guard case .dimension(.linkedAccount) = key else { continue }
            for groups in table.totals { accounts.formUnion(groups.keys.map { $0[place] }) }
        }
        return accounts.sorted().map { account in
            CostExplorer.DimensionValuesWithAttributes {
                $0.value = account
                $0.attributes = ["description": bill.names.names[account] ?? ""]
            }
        }
    }
}

extension CostExplorer.GetCostAndUsage: ComputeOperation, OnAllCosts {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let question = CostQuestion(
            period: input.timePeriod, granularity: input.granularity, filter: input.filter, metrics: input.metrics,
            groups: input.groupBy ?? [], token: input.nextPageToken)
        let answer = try await question.answer(call)
        return Output {
            if !question.groups.isEmpty { $0.groupDefinitions = question.groups }
            $0.resultsByTime = answer.results
            $0.dimensionValueAttributes = answer.attributes
            $0.nextPageToken = answer.token
        }
    }
}

extension CostExplorer.GetCostAndUsageWithResources: ComputeOperation, OnAllCosts {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let question = CostQuestion(
            period: input.timePeriod, granularity: input.granularity, filter: input.filter,
            metrics: input.metrics ?? [CostMetric.unblended.rawValue], groups: input.groupBy ?? [],
            token: input.nextPageToken, resources: true)
        let range = try input.timePeriod.hours(try TimeUnit(granularity: input.granularity))
        // "Up to the last 14 days".
        guard range.start >= CivilDate(seconds: call.time).adding(days: -14).hour else {
            throw .costs("Data with resources is only available for the last 14 days")
        }
        let answer = try await question.answer(call)
        return Output {
            if !question.groups.isEmpty { $0.groupDefinitions = question.groups }
            $0.resultsByTime = answer.results
            $0.dimensionValueAttributes = answer.attributes
            $0.nextPageToken = answer.token
        }
    }
}
