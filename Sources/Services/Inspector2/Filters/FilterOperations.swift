import Crypto
import Directory
import Inspector2API
import Ledger
import Platform
import Wire

// Filters of findings, and suppression rules.
// <https://docs.aws.amazon.com/inspector/latest/user/findings-managing-filtering.html>

extension Quota {
    /// <https://docs.aws.amazon.com/inspector/latest/user/inspector_quotas.html>
    static let suppressionRules = Quota("InspectorSuppressionRulesPerAccount", 500)
}

extension Inspector2.Filter {
    init(_ filter: FindingFilter) {
        self.init()
        arn = filter.arn
        ownerId = filter.accountID
        name = filter.name
        if let view = try? filter.criteriaView() { criteria = view }
        action = filter.action.rawValue
        createdAt = Timestamp(secondsSinceEpoch: filter.created)
        updatedAt = Timestamp(secondsSinceEpoch: filter.updated)
        description = filter.description
        reason = filter.reason
        tags = Dictionary(filter.tags.map { ($0.key, $0.value) }) { $1 }
    }
}

extension RecordReading {
    /// A filter of the caller's account.
    /// - Throws: ResourceNotFoundException.
    func findingFilter(_ arn: String, _ call: Call) throws(ServiceError) -> FindingFilter {
        guard let name = OwnedName(arn), name.kind == .filter, name.isOf(call),
            let filter = try get(FindingFilter.self, name.id)
        else { throw .inspectorNotFound("The filter \(arn) does not exist.") }
        return filter
    }

    fileprivate func checkNameIsFree(_ name: String, but id: String?) throws(ServiceError) {
        let others = try referrers(FindingFilter.self, FindingFilter.byName, to: name, limit: 2)
        guard others.allSatisfy({ $0.id == id }) else {
            throw Inspector2.Failure.badRequestException("A filter named \(name) already exists.")
        }
    }
}

extension MutableRecords {
    /// Has findings looked through for those that suppression rules no longer, or now, suppress.
    fileprivate func scheduleSuppression(_ call: Call) throws(ServiceError) {
        for account in call.environment.inspected(by: call.accountID, region: call.region) {
            try of(account: account).schedule(ApplySuppression(), id: ApplySuppression.id, at: call.time)
        }
    }
}

extension Call {
    /// - Throws: AccessDeniedException for a member's suppression rule, ValidationException for criteria that say nothing.
    fileprivate func check(
        _ action: String, _ criteria: Inspector2.FilterCriteria
    ) throws(ServiceError) -> FindingFilter.Action {
        guard let action = FindingFilter.Action(rawValue: action) else {
            throw .invalidField("action", "The action \(action) is not valid.")
        }
        if action == .suppress {
            if let administrator = environment.inspectorAdministrator(of: accountID, region: region) {
                throw .inspectorDenied(
                    "Account \(accountID) is a member account. Only the delegated administrator \(administrator) can "
                        + "have suppression rules.")
            }
            guard !criteria.structure.isEmpty else {
                throw .invalidField("filterCriteria", "A suppression rule has at least one criterion.")
            }
        }
        try FindingMatch.check(criteria)
        return action
    }
}

extension Inspector2.CreateFilter: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessToNew(.filter, input.tags) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let action = try call.check(input.action, input.filterCriteria)
        try records.checkNameIsFree(input.name, but: nil)
        guard try records.count(FindingFilter.self) < call.quotas[.suppressionRules] else {
            throw .inspectorQuota(
                "Filters", "An account has at most \(call.quotas[.suppressionRules]) filters and suppression rules.")
        }
        let id = InspectorName.findingID([call.requestID, "filter", input.name]).prefix(16)
        let filter = FindingFilter(
            id: String(id), accountID: call.accountID, region: call.region, name: input.name, action: action,
            description: input.description, reason: input.reason, criteria: input.filterCriteria.structure.json,
            created: call.time, updated: call.time,
            tags: try TagRules.ofInspector.merge(input.tags ?? [:], into: []))
        try records.put(filter)
        if action == .suppress { try records.scheduleSuppression(call) }
        return Output { $0.arn = filter.arn }
    }
}

extension Inspector2.UpdateFilter: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.inspectorAccess(onARN: input.filterArn, .filter, member: "filterArn")
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var filter = try records.findingFilter(input.filterArn, call)
        let before = filter
        if let criteria = input.filterCriteria { filter.criteria = criteria.structure.json }
        filter.action = try call.check(input.action ?? filter.action.rawValue, try filter.criteriaView())
        if let name = input.name {
            try records.checkNameIsFree(name, but: filter.id)
            filter.name = name
        }
        if let description = input.description { filter.description = description }
        if let reason = input.reason { filter.reason = reason }
        filter.updated = call.time
        try records.put(filter)
        if before.action == .suppress || filter.action == .suppress { try records.scheduleSuppression(call) }
        return Output { $0.arn = filter.arn }
    }
}

extension Inspector2.DeleteFilter: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.inspectorAccess(onARN: input.arn, .filter, member: "arn")
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let filter = try records.findingFilter(input.arn, call)
        try records.delete(filter)
        if filter.action == .suppress { try records.scheduleSuppression(call) }
        return Output { $0.arn = filter.arn }
    }
}

extension Inspector2.ListFilters: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = input.arns.map(Set.init)
        let action = input.action
        let page = try records.page(FindingFilter.self, try Paging(inspector: input)) { filter in
            (wanted?.contains(filter.arn) ?? true) && (action ?? filter.action.rawValue) == filter.action.rawValue
        }
        return Output(page) { Inspector2.Filter($0) }
    }
}

// MARK: - Suppression

extension Environment {
    /// The suppression rules that hold for an account's findings: its own and its administrator's.
    func suppressionRules(_ account: String, _ region: String) throws(ServiceError) -> [Inspector2.FilterCriteria] {
        var filters = inspector.filters(Scope(account: account, region: region))
        if let administrator = inspectorAdministrator(of: account, region: region) {
            filters = inspector.filters(Scope(account: administrator, region: region))
        }
        return try filters.filter { $0.action == .suppress }.map { filter throws(ServiceError) in
            try filter.criteriaView()
        }
    }
}

/// Goes through an account's findings after its suppression rules have changed.
struct ApplySuppression: Job {
    static let kind = "Inspector2::ApplySuppression"
    static let id = "rules"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope) = (context.environment, context.scope)
        let rules = try environment.suppressionRules(scope.account, scope.region)
        var after: RowKey?
        while true {
            let (place, now) = (after, environment.now())
            let batch = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                let rows = try records.list(StoredFinding.self, RowRange(after: place.map { .key($0) }), limit: 128)
                for row in rows where row.status != .closed {
                    let view = try row.view()
                    let status: StoredFinding.Status =
                        rules.contains { FindingMatch.matches($0, view, isForRule: true) } ? .suppressed : .active
                    guard status != row.status else { continue }
                    var row = row
                    row.status = status
                    row.updated = now
                    try records.put(row)
                    try records.announce(row)
                }
                return rows
            }
            guard batch.count == 128, let last = batch.last else { break }
            after = last.key
        }
        try await context.finish { _ in }
    }
}
