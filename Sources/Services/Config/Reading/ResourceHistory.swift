import AWSConfigAPI
import FoundationEssentials
import Ledger
import Platform
import Posture
import Wire

// What was recorded of a resource, and what resources there are.

extension RecordReading {
    /// - Throws: NoAvailableConfigurationRecorderException where there is none.
    func requireRecorder(to purpose: String) throws(ServiceError) {
        guard try ownRecorder() == nil else { return }
        throw AWSConfig.Failure.noAvailableConfigurationRecorderException(
            "Configuration recorder is not available to \(purpose).")
    }

    /// The types of which something is recorded, in their order.
    /// - Complexity: a look-up for each.
    func recordedTypes() throws(ServiceError) -> [String] {
        var types: [String] = []
        var range = RowRange()
        while let type = try list(CurrentItem.self, range, limit: 1).first?.item.type {
            types.append(type)
            range.after = .prefix(RowPrefix(.text(type)))
        }
        return types
    }

    /// The current item of a resource; nil: it is not there, or not recorded.
    func currentItem(_ type: String, _ id: String) throws(ServiceError) -> StoredItem? {
        try get(CurrentItem.self, CurrentItem.key(type, id))?.item
    }
}

/// A place among rows, as pages name it.
enum RowToken {
    static func make(_ key: RowKey) -> String { Data(key.bytes).base64EncodedString() }

    /// - Throws: InvalidNextTokenException.
    static func key(_ token: String?) throws(ServiceError) -> RowKey? {
        guard let token else { return nil }
        guard let bytes = Data(base64Encoded: token), bytes.count <= RowKey.mostBytes else {
            throw AWSConfig.Failure.invalidNextTokenException("The specified next token is not valid.")
        }
        return RowKey(bytes: Array(bytes))
    }
}

extension AWSConfig.GetResourceConfigHistory: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try records.requireRecorder(to: "get resource config history")
        let later = try milliseconds(input.laterTime) ?? Int64.max - 1
        let earlier = try milliseconds(input.earlierTime) ?? 0
        // So AWS says it, without a word.
        guard earlier <= later else { throw AWSConfig.Failure.invalidTimeRangeException("") }
        let partition = PastItem.partition(input.resourceType, input.resourceId)
        guard try !records.list(PastItem.self, of: partition, limit: 1).isEmpty else {
            throw AWSConfig.Failure.resourceNotDiscoveredException(
                "Resource \(input.resourceId) of resourceType:\(input.resourceType) is unknown or has not been"
                    + " discovered.")
        }
        let isForward = input.chronologicalOrder == "Forward"
        let limit = input.limit.map { $0 == 0 ? 10 : min($0, 100) } ?? 10
        var range = RowRange(isReversed: !isForward)
        if let key = try RowToken.key(input.nextToken) {
            range.after = .key(key)
        } else if isForward {
            range.after = earlier > 0 ? .prefix(RowPrefix(.number(earlier - 1))) : nil
        } else {
            range.after = .key(RowKey(.number(later + 1)))
        }
        let rows = try records.list(PastItem.self, of: partition, range, limit: limit + 1)
            .prefix { isForward ? $0.item.captured <= later : $0.item.captured >= earlier }
        let page = rows.prefix(limit)
        let next = rows.count > limit ? page.last.map { RowToken.make($0.key) } : nil
        return Output(Page(items: page.map(\.item), marker: next)) { $0.view }
    }

    private static func milliseconds(_ time: Timestamp?) throws(ServiceError) -> Int64? {
        guard let time else { return nil }
        guard let number = Int64(exactly: (time.secondsSinceEpoch * 1000).rounded()), number > -(1 << 60),
            number < 1 << 60
        else { throw AWSConfig.Failure.invalidTimeRangeException("") }
        return number
    }
}

extension AWSConfig.BatchGetResourceConfig: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try records.requireRecorder(to: "batch get resource config")
        var found: [StoredItem] = []
        for key in input.resourceKeys {
            if let item = try records.currentItem(key.resourceType, key.resourceId) { found.append(item) }
        }
        let items = found
        return Output {
            $0.baseConfigurationItems = items.map(\.baseView)
            $0.unprocessedResourceKeys = []
        }
    }
}

extension AWSConfig.ListDiscoveredResources: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try records.requireRecorder(to: "list discovered resources")
        let ids = input.resourceIds ?? []
        guard ids.isEmpty || input.resourceName == nil else {
            throw AWSConfig.Failure.validationException(
                "You can specify either resource IDs or a resource name, but not both, in the same request.")
        }
        guard ids.count <= 20 else {
            throw AWSConfig.Failure.validationException("At most 20 resource IDs can be specified.")
        }
        let (type, withDeleted) = (input.resourceType, input.includeDeletedResources ?? false)
        let limit = input.limit.map { $0 == 0 ? 100 : min($0, 100) } ?? 100
        if !ids.isEmpty || input.resourceName != nil {
            let found = try records.named(type, ids, input.resourceName, withDeleted: withDeleted)
            let page = page(found, try ConfigPage.paging(input, usual: 100))
            return Output(page) { $0.identifier }
        }
        // Those that are there and those that are not, in one order.
        let after = try RowToken.key(input.nextToken)
        let range = RowRange(RowPrefix(.text(type)), after: after.map { .key($0) })
        var items = try records.list(CurrentItem.self, range, limit: limit + 1).map { ($0.key, $0.item) }
        if withDeleted {
            items += try records.list(DeletedItem.self, range, limit: limit + 1).map { ($0.key, $0.item) }
            items.sort { $0.0 < $1.0 }
        }
        let some = items.prefix(limit)
        let next = items.count > limit ? some.last.map { RowToken.make($0.0) } : nil
        return Output(Page(items: some.map(\.1), marker: next)) { $0.identifier }
    }
}

extension StoredItem {
    fileprivate var identifier: AWSConfig.ResourceIdentifier {
        AWSConfig.ResourceIdentifier {
            $0.resourceType = type
            $0.resourceId = id
            $0.resourceName = name
            $0.resourceDeletionTime = status.isGone ? time : nil
        }
    }
}

extension Records {
    /// The resources of a type with one of these ids, or of this name.
    fileprivate func named(
        _ type: String, _ ids: [String], _ name: String?, withDeleted: Bool
    ) throws(ServiceError) -> [StoredItem] {
        var found: [StoredItem] = []
        for id in ids {
            if let item = try currentItem(type, id) {
                found.append(item)
            } else if withDeleted, let item = try get(DeletedItem.self, CurrentItem.key(type, id))?.item {
                found.append(item)
            }
        }
        if let name {
            let range = RowIndexRange(RowPrefix(.text(type), .text(name)))
            found += try list(CurrentItem.self, by: "name", range, limit: 100).map(\.item)
        }
        return found
    }
}

extension AWSConfig.GetDiscoveredResourceCounts: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = Set(input.resourceTypes ?? [])
        var counts: [(type: String, count: Int)] = []
        for type in try records.recordedTypes() where wanted.isEmpty || wanted.contains(type) {
            counts.append((type, try records.sum(type, CurrentItem.self)))
        }
        counts.sort { ($1.count, $0.type) < ($0.count, $1.type) }
        let total = counts.reduce(0) { $0 + $1.count }
        let page = page(counts, try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        return Output {
            $0.totalDiscoveredResources = total
            $0.resourceCounts = page.items.map { one in
                AWSConfig.ResourceCount {
                    $0.resourceType = one.type
                    $0.count = one.count
                }
            }
            $0.nextToken = page.marker
        }
    }
}
