import Directory
import GuardDutyAPI
import Ledger
import Platform
import Wire

// Filters of findings, and suppression rules.
// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateFilter.html>

extension Quota {
    /// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_limits.html>
    static let guardDutyFilters = Quota("GuardDutyFiltersPerAccount", 100)
}

extension RecordReading {
    fileprivate func filter(_ name: String, of detector: String, _ call: Call) throws(ServiceError) -> StoredFilter {
        _ = try self.detector(detector, call)
        guard let filter = try get(StoredFilter.self, name) else { throw .noSuchResource }
        return filter
    }
}

extension MutableRecords {
    /// Puts a filter in its place among the others, each of which has a rank of its own.
    fileprivate func place(_ filter: StoredFilter, at rank: Int?) throws(ServiceError) {
        var others = try list(StoredFilter.self).filter { $0.name != filter.name }
            .sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
        let place = min(max(1, rank ?? filter.rank), others.count + 1)
        others.insert(filter, at: place - 1)
        for (index, var one) in others.enumerated() where one.rank != index + 1 || one.name == filter.name {
            one.rank = index + 1
            try put(one)
        }
    }

    /// A suppression rule archives what is active and matches now as well.
    fileprivate func suppress(_ filter: StoredFilter, _ call: Call) throws(ServiceError) {
        guard filter.action == .archive else { return }
        try schedule(SuppressFindings(filter: filter.name), id: filter.name, at: call.time)
    }

    fileprivate func checkMayFilter(_ call: Call) throws(ServiceError) {
        guard call.environment.guardDuty.administrator(of: call.accountID, region: call.region) == nil else {
            throw .badRequest(
                "The request is rejected because the account is a member: only its administrator can have filters.")
        }
    }
}

/// Archives the findings that a new suppression rule is about.
struct SuppressFindings: Job {
    static let kind = "GuardDuty::SuppressFindings"
    private static let batch = 256

    let filter: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, name) = (context.environment, context.scope, filter)
        for account in environment.guarded(by: scope) {
            var after: RowKey?
            repeat {
                let place = after
                after = try await environment.write(Scope(account: account, region: scope.region), requestID: "") {
                    (records) throws(ServiceError) -> RowKey? in
                    guard let filter = try records.of(scope).get(StoredFilter.self, name), filter.action == .archive
                    else { return nil }
                    let criteria = try filter.criteriaView()
                    let rows = try records.list(
                        StoredFinding.self, RowRange(after: place.map { .key($0) }), limit: Self.batch)
                    for var row in rows where !row.isArchived {
                        guard FindingMatch.matches(criteria, try row.view()) else { continue }
                        (row.isArchived, row.isSuppressed, row.due) = (true, true, nil)
                        try records.put(row)
                    }
                    return rows.count == Self.batch ? rows.last?.key : nil
                }
            } while after != nil
        }
        try await context.finish { _ in }
    }
}

extension GuardDuty.CreateFilter: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let arn = call.guardDutyARN(input.detectorId, .filter, input.name)
        return call.accessToNew(arn, input.tags, on: arn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        try records.checkMayFilter(call)
        try FindingMatch.check(input.findingCriteria)
        guard input.name.utf8.allSatisfy({ Self.isOfName($0) }) else { throw .invalidParameter("name") }
        guard try records.get(StoredFilter.self, input.name) == nil else {
            throw .badRequest("The request is rejected because a filter with the given name already exists.")
        }
        let most = call.quotas[.guardDutyFilters]
        guard try records.count(StoredFilter.self) < most else { throw .guardDutyLimit("filters", most) }
        let filter = StoredFilter(
            name: input.name, accountID: call.accountID, region: call.region, detectorID: input.detectorId,
            action: input.action.flatMap(StoredFilter.Action.init(rawValue:)) ?? .none,
            description: input.description, rank: 1, criteria: input.findingCriteria.structure.json,
            created: call.time, tags: try TagRules.ofGuardDuty.merge(input.tags ?? [:], into: []))
        try records.place(filter, at: input.rank ?? 1)
        try records.suppress(filter, call)
        return Output { $0.name = filter.name }
    }

    /// Letters, digits, and `.-_`.
    private static func isOfName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}

extension GuardDuty.UpdateFilter: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .filter, input.filterName)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var filter = try records.filter(input.filterName, of: input.detectorId, call)
        if let criteria = input.findingCriteria {
            try FindingMatch.check(criteria)
            filter.criteria = criteria.structure.json
        }
        if let action = input.action.flatMap(StoredFilter.Action.init(rawValue:)) { filter.action = action }
        if let description = input.description { filter.description = description }
        try records.place(filter, at: input.rank)
        try records.suppress(filter, call)
        return Output { $0.name = filter.name }
    }
}

extension GuardDuty.GetFilter: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .filter, input.filterName)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let filter = try records.filter(input.filterName, of: input.detectorId, call)
        let criteria = try filter.criteriaView()
        return Output {
            $0.name = filter.name
            $0.description = filter.description
            $0.action = filter.action.rawValue
            $0.rank = filter.rank
            $0.findingCriteria = criteria
            $0.tags = Dictionary(filter.tags.map { ($0.key, $0.value) }) { $1 }
        }
    }
}

extension GuardDuty.DeleteFilter: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .filter, input.filterName)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try records.filter(input.filterName, of: input.detectorId, call))
        return Output()
    }
}

extension GuardDuty.ListFilters: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let page = try records.page(StoredFilter.self, try Paging(guardDuty: input))
        return Output {
            $0.filterNames = page.items.map(\.name)
            $0.nextToken = page.marker
        }
    }
}
