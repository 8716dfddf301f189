import CostExplorerAPI
import Costs
import Metering
import Platform
import Wire

/// The values of something that there are within some hours.
private func values(
    of period: CostExplorer.DateInterval, _ filter: CostExplorer.Expression?, containing search: String?,
    _ bill: Bill, _ value: (CostLine) -> [String]
) async throws(ServiceError) -> [String] {
    let range = try period.hours(.hourly)
    let filter = try filter?.filter() ?? .all
    let search = search?.lowercased() ?? ""
    var found: Set<String> = []
    try await bill.forEach(in: range) { (line) throws(ServiceError) in
        guard filter.matches(line, bill.names) else { return }
        for value in value(line) where search.isEmpty || value.lowercased().contains(search) { found.insert(value) }
    }
    return found.sorted()
}

/// - Throws: InvalidNextTokenException.
private func page(
    _ values: [String], after token: String?, limit: Int?
) throws(ServiceError) -> Page<String> {
    guard let paging = try? Paging(marker: token, maxItems: min(max(limit ?? 1000, 1), 1000)) else {
        throw CostExplorer.Failure.invalidNextTokenException("The next page token is invalid.")
    }
    return Platform.page(values, by: { $0 }, paging)
}

extension CostExplorer.GetDimensionValues: ComputeOperation, OnAllCosts {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard input.context ?? "COST_AND_USAGE" == "COST_AND_USAGE",
            let dimension = CostDimension(rawValue: input.dimension)
        else { throw .costs("Gatehouse's bills have no dimension \(input.dimension) in that context") }
        let bill = try await Bill(of: call.accountID, call.environment)
        let all = try await values(of: input.timePeriod, input.filter, containing: input.searchString, bill) { line in
            [dimension.value(of: line, bill.names)].filter { !$0.isEmpty }
        }
        let page = try page(all, after: input.nextPageToken, limit: input.maxResults)
        return Output {
            $0.dimensionValues = page.items.map { value in
                CostExplorer.DimensionValuesWithAttributes {
                    $0.value = value
                    $0.attributes =
                        dimension == .linkedAccount ? ["description": bill.names.names[value] ?? ""] : [:]
                }
            }
            $0.returnSize = page.items.count
            $0.totalSize = all.count
            $0.nextPageToken = page.marker
        }
    }
}

extension CostExplorer.GetTags: ComputeOperation, OnAllCosts {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let bill = try await Bill(of: call.accountID, call.environment)
        let key = input.tagKey
        let all = try await values(of: input.timePeriod, input.filter, containing: input.searchString, bill) { line in
            guard let key else { return line.use.tags.keys.filter { bill.names.tagKeys.contains($0) } }
            return [bill.names.tag(key, of: line) ?? ""]
        }
        let page = try page(all, after: input.nextPageToken, limit: input.maxResults)
        return Output {
            $0.tags = page.items
            $0.returnSize = page.items.count
            $0.totalSize = all.count
            $0.nextPageToken = page.marker
        }
    }
}
