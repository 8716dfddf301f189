import EC2API
import Platform
import Wire

/// An operation that lists resources: those of the ids that it is given, or all, as far as they pass its filters.
protocol Describing: ComputeOperation where InputFields: PageRequestFields, OutputFields: PageFields {
    associatedtype Described: Shown
    /// What the member with the ids is called.
    static var idsName: String { get }
    static func ids(_ input: Input) -> [String]?
    static func filters(_ input: Input) -> [EC2.Filter]?
    /// What it can be filtered by; as a rule, the resource's own.
    static var known: Filters<Described> { get }
    /// A resource as it is listed.
    static func show(_ resource: Described, _ estate: EC2Estate) -> OutputFields.Item
}

extension Describing where InputFields: EC2.MayHaveFilters {
    static func filters(_ input: Input) -> [EC2.Filter]? { input.filters }
}

extension Describing where InputFields: EC2.MayHaveFilter {
    static func filters(_ input: Input) -> [EC2.Filter]? { input.filter }
}

extension Describing {
    static var known: Filters<Described> { Described.filters }

    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessToAll }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let found = try Listing.named(Described.self, ids(input), idsName, input.pageLimit, estate)
        let passed = try known.apply(filters(input), to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(page.items.map { show($0, estate) }, next: page.marker)
    }
}

/// Lists that are given out a page at a time.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination>
enum Listing {
    /// The resources of the ids, or all.
    /// - Throws: the error that one is not there; InvalidParameterCombination for pages of named things.
    static func named<R: Shown>(
        _ type: R.Type, _ ids: [String]?, _ name: String, _ limit: Int?, _ estate: EC2Estate
    ) throws(ServiceError) -> [R] {
        guard let ids, !ids.isEmpty else { return estate.all(type) }
        guard limit == nil else {
            throw .invalidCombination("The parameter \(name) cannot be used with the parameter maxResults")
        }
        var (found, missing): ([R], [String]) = ([], [])
        for id in ids {
            guard let resource = estate.get(type, id) else {
                if !missing.contains(id) { missing.append(id) }
                continue
            }
            if !found.contains(where: { $0.id == id }) { found.append(resource) }
        }
        guard missing.isEmpty else { throw R.missing(all: missing) }
        return found
    }

    /// A page of items that have all been found.
    /// - Throws: InvalidParameterValue for a limit out of bounds, and for a token that is not one of ours.
    static func page<Item>(
        _ items: [Item], by key: (Item) -> String, _ token: String?, _ limit: Int?, least: Int = 5
    ) throws(ServiceError) -> Page<Item> {
        if let limit, limit < least {
            throw .invalidValue(
                "Value ( \(limit) ) for parameter maxResults is invalid. Expecting a value greater than or equal to \(least)."
            )
        }
        var paging: Paging
        do throws(ServiceError) {
            paging = try Paging(marker: token.flatMap { $0.isEmpty ? nil : $0 }, maxItems: min(limit ?? 1000, 1000))
        } catch {
            throw .ec2("InvalidNextToken", "The specified NextToken is not valid.")
        }
        // What is asked for without pages is given whole.
        if limit == nil, token == nil { paging.limit = .max - 1 }
        return Platform.page(items, by: key, paging)
    }
}
