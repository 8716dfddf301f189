import AWSConfigAPI
import ConfigSelect
import Ledger
import Platform
import Wire

// What aggregators read.

extension Records {
    /// The current item of a resource in a place that an aggregator may read; nil: there is none.
    fileprivate func item(
        _ identifier: AWSConfig.AggregateResourceIdentifier, for aggregator: Aggregator, _ environment: Environment
    ) throws(ServiceError) -> StoredItem? {
        let scope = Scope(account: identifier.sourceAccountId, region: identifier.sourceRegion)
        guard aggregator.places(environment).contains(scope), aggregator.includes(identifier.resourceType) else {
            return nil
        }
        return try of(scope).currentItem(identifier.resourceType, identifier.resourceId)
    }
}

extension AWSConfig.GetAggregateResourceConfig: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let identifier = input.resourceIdentifier
        guard let item = try records.item(identifier, for: aggregator, call.environment) else {
            throw AWSConfig.Failure.resourceNotDiscoveredException(
                "Resource \(identifier.resourceId) of resourceType:\(identifier.resourceType) is unknown or has not"
                    + " been discovered.")
        }
        return Output { $0.configurationItem = item.view }
    }
}

extension AWSConfig.BatchGetAggregateResourceConfig: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        var (found, missing): ([StoredItem], [AWSConfig.AggregateResourceIdentifier]) = ([], [])
        for identifier in input.resourceIdentifiers {
            if let item = try records.item(identifier, for: aggregator, call.environment) {
                found.append(item)
            } else {
                missing.append(identifier)
            }
        }
        let (items, unprocessed) = (found, missing)
        return Output {
            $0.baseConfigurationItems = items.map(\.baseView)
            $0.unprocessedResourceIdentifiers = unprocessed
        }
    }
}

extension AWSConfig.GetAggregateDiscoveredResourceCounts: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let filters = input.filters
        var (total, groups): (Int, [String: Int]) = (0, [:])
        for scope in aggregator.places(call.environment)
        where filters?.accountId ?? scope.account == scope.account && filters?.region ?? scope.region == scope.region {
            let own = records.of(scope)
            for type in try own.recordedTypes()
            where aggregator.includes(type) && filters?.resourceType ?? type == type {
                let count = try own.sum(type, CurrentItem.self)
                total += count
                switch input.groupByKey {
                case "RESOURCE_TYPE": groups[type, default: 0] += count
                case "ACCOUNT_ID": groups[scope.account, default: 0] += count
                case "AWS_REGION": groups[scope.region, default: 0] += count
                default: break
                }
            }
        }
        let page = page(
            groups.map { (name: $0.key, count: $0.value) }, by: \.name,
            try ConfigPage.paging(input.nextToken, input.limit, usual: 1000, most: 1000))
        let sum = total
        return Output {
            $0.totalDiscoveredResources = sum
            $0.groupByKey = input.groupByKey
            $0.groupedResourceCounts = page.items.map { group in
                AWSConfig.GroupedResourceCount {
                    $0.groupName = group.name
                    $0.resourceCount = group.count
                }
            }
            $0.nextToken = page.marker
        }
    }
}

extension AWSConfig.ListAggregateDiscoveredResources: ComputeOperation, OnAggregator {
    public static var isReadOnly: Bool { true }

    /// A query, in other words.
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let aggregator = try await call.environment.read(call.scope) { (records) throws(ServiceError) in
            try records.aggregator(input.configurationAggregatorName)
        }
        let filters = input.filters
        let type = input.resourceType
        let places = aggregator.places(call.environment).filter {
            filters?.accountId ?? $0.account == $0.account && filters?.region ?? $0.region == $0.region
        }
        let walk = ItemWalk(environment: call.environment, places: places, type: type) { item in
            aggregator.includes(item.type) && filters?.resourceId ?? item.id == item.id
                && (filters?.resourceName == nil || filters?.resourceName == item.name)
        }
        let (items, next) = try await walk.page(input.limit.map { $0 == 0 ? 100 : $0 } ?? 100, input.nextToken)
        return Output {
            $0.resourceIdentifiers = items.map { scope, item in
                AWSConfig.AggregateResourceIdentifier {
                    $0.sourceAccountId = scope.account
                    $0.sourceRegion = scope.region
                    $0.resourceId = item.id
                    $0.resourceType = item.type
                    $0.resourceName = item.name
                }
            }
            $0.nextToken = next
        }
    }
}

extension AWSConfig.SelectAggregateResourceConfig: ComputeOperation, OnAggregator {
    public static var isReadOnly: Bool { true }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let aggregator = try await call.environment.read(call.scope) { (records) throws(ServiceError) in
            try records.aggregator(input.configurationAggregatorName)
        }
        let query = try ConfigQuery(expression: input.expression)
        let run = SelectRun(query: query, environment: call.environment, places: aggregator.places(call.environment)) {
            aggregator.includes($0.type)
        }
        let answer = try await run.page(input.maxResults ?? input.limit, input.nextToken)
        return Output {
            $0.results = answer.results
            $0.queryInfo = query.info
            $0.nextToken = answer.next
        }
    }
}
