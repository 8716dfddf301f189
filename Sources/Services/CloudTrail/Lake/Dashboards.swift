import CloudTrailAPI
import Directory
import LakeQuery
import Ledger
import Platform
import Policy
import Wire

// Dashboards: making, showing, changing and deleting them.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/lake-dashboard.html>

extension Quota {
    /// In a Region.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
    static let dashboards = Quota("DashboardsPerRegion", 100)
}

/// The dashboard that a request names, by its name or ARN. It need not exist.
struct DashboardName: Sendable {
    static let prefix = "dashboard/"

    let name: String
    let account: String
    let region: String

    var arn: String { Dashboard.arn(name, in: Scope(account: account, region: region)) }

    /// - Throws: ResourceNotFoundException for what can name none.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        guard text.utf8.starts(with: "arn:".utf8) else {
            (name, account, region) = (text, call.accountID, call.region)
            return
        }
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "cloudtrail",
            arn.account.utf8.count == 12, !arn.region.isEmpty, arn.resource.hasPrefix(Self.prefix)
        else { throw .resourceNotFound(text) }
        (name, account, region) = (String(arn.resource.dropFirst(Self.prefix.count)), arn.account, arn.region)
    }
}

extension Call {
    /// A dashboard of the caller's account.
    /// - Throws: ResourceNotFoundException.
    func dashboard(_ name: DashboardName) throws(ServiceError) -> Dashboard {
        guard let dashboard = environment.lake.dashboard(name.arn), name.account == accountID, name.region == region
        else { throw .resourceNotFound(name.arn) }
        return dashboard
    }
}

extension MutableRecords {
    /// The same, as it is now.
    func dashboard(_ name: DashboardName, _ call: Call) throws(ServiceError) -> Dashboard {
        let dashboard = try call.dashboard(name)
        guard let now = try get(Dashboard.self, dashboard.id) else { throw .resourceNotFound(name.arn) }
        return now
    }
}

/// An operation on the one dashboard that it names.
protocol OnDashboard: Operation where InputFields: CloudTrail.WithDashboardId {}

extension OnDashboard {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.needOfOwner(on: try DashboardName(input.dashboardId, call).arn))
    }
}

extension Structure {
    /// What answers say of a dashboard, whichever operation asks: as many members as its answer has.
    fileprivate mutating func show(_ dashboard: Dashboard) {
        self["DashboardArn"] = .string(dashboard.arn)
        self["Name"] = .string(dashboard.name)
        self["Type"] = .string("CUSTOM")
        self["Status"] = .string(dashboard.updated > dashboard.created ? "UPDATED" : "CREATED")
        self["Widgets"] =
            dashboard.widgets.map { widget in
                CloudTrail.Widget {
                    $0.queryAlias = widget.alias
                    $0.queryStatement = widget.statement
                    if !widget.parameters.isEmpty { $0.queryParameters = widget.parameters }
                    $0.viewProperties = widget.view
                }
            }.wireValue
        self["TagsList"] = dashboard.tags.map(CloudTrail.Tag.init).wireValue
        self["RefreshSchedule"] = dashboard.schedule.map { $0.shown.wireValue }
        self["CreatedTimestamp"] = .timestamp(Timestamp(secondsSinceEpoch: dashboard.created))
        self["UpdatedTimestamp"] = .timestamp(Timestamp(secondsSinceEpoch: dashboard.updated))
        self["LastRefreshId"] = dashboard.lastRefresh.map { .string($0) }
        self["LastRefreshFailureReason"] = dashboard.lastFailure.map { .string($0) }
        self["TerminationProtectionEnabled"] = .boolean(dashboard.isProtected)
    }
}

extension Dashboard.Schedule {
    fileprivate var shown: CloudTrail.RefreshSchedule {
        CloudTrail.RefreshSchedule {
            if let hours {
                $0.frequency = CloudTrail.RefreshScheduleFrequency {
                    $0.unit = isDaily ? "DAYS" : "HOURS"
                    $0.value = isDaily ? 1 : hours
                }
            }
            $0.status = isEnabled ? "ENABLED" : "DISABLED"
            $0.timeOfDay = timeOfDay
        }
    }

    /// - Throws: ServiceQuotaExceededException for what AWS does not do so often: these operations have no better error.
    fileprivate init(_ schedule: CloudTrail.RefreshSchedule) throws(ServiceError) {
        if let frequency = schedule.frequency {
            isDaily = frequency.unit == "DAYS"
            let value = frequency.value ?? 0
            guard isDaily ? value == 1 : [1, 6, 12, 24].contains(value) else {
                throw CloudTrail.Failure.serviceQuotaExceededException(
                    "A dashboard is refreshed every 1, 6, 12 or 24 HOURS, or each 1 DAYS.")
            }
            hours = isDaily ? 24 : value
        }
        isEnabled = schedule.status == "ENABLED"
        timeOfDay = schedule.timeOfDay
        guard !isEnabled || hours != nil else {
            throw CloudTrail.Failure.serviceQuotaExceededException("An enabled RefreshSchedule needs a Frequency.")
        }
    }

    /// When it is next time, in seconds since 1970; nil: never.
    func next(after time: Double) -> Double? {
        guard isEnabled, let hours else { return nil }
        let parts = (timeOfDay ?? "00:00").split(separator: ":").map { Double($0) ?? 0 }
        let (hour, minute) = (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
        let interval = Double(hours) * 3600
        // Of an hourly schedule only the minutes count.
        let offset = hours == 1 ? minute * 60 : (hour * 60 + minute) * 60
        return ((time - offset) / interval).rounded(.down) * interval + interval + offset
    }
}

/// What widgets may be.
private enum WidgetRules {
    private static let most = 10

    static func widgets(
        _ widgets: [CloudTrail.RequestWidget], of old: [Dashboard.Widget], _ call: Call
    ) throws(ServiceError) -> [Dashboard.Widget] {
        guard widgets.count <= most else {
            throw CloudTrail.Failure.serviceQuotaExceededException("A dashboard has at most \(most) widgets.")
        }
        var made: [Dashboard.Widget] = []
        for widget in widgets {
            let parameters = widget.queryParameters ?? []
            // Whose query is as it was keeps its alias.
            let kept = old.first { old in
                old.statement == widget.queryStatement && !made.contains { $0.alias == old.alias }
            }
            let new = Dashboard.Widget(
                alias: kept?.alias ?? "widget-\(Identifiers.mixed(16))", statement: widget.queryStatement,
                parameters: parameters, view: widget.viewProperties)
            for parameter in parameters where !DashboardParameters.names.contains(parameter) {
                throw CloudTrail.Failure.invalidQueryStatementException(
                    "The query parameter \(parameter) is not one of "
                        + DashboardParameters.names.joined(separator: ", "))
            }
            try check(new, call)
            made.append(new)
        }
        return made
    }

    private static func check(_ widget: Dashboard.Widget, _ call: Call) throws(ServiceError) {
        let statement = try widget.parsed(call)
        for id in statement.stores {
            let store = try call.seenStore(id)
            guard store.accountID == call.accountID else { throw .unknownStore }
            guard store.status != .pendingDeletion else { throw .inactiveStore }
        }
        do throws(LakeQueryError) { _ = try QuerySandbox(statement) } catch { throw ServiceError(statement: error) }
    }

    /// What a request needs besides: it has queries run.
    static func needs(
        _ widgets: [CloudTrail.RequestWidget]?, _ schedule: CloudTrail.RefreshSchedule?, on arn: String, _ call: Call
    ) throws(ServiceError) -> [Access] {
        var needs: [Access] = []
        if schedule?.status == "ENABLED" {
            needs.append(
                Access("cloudtrail:StartDashboardRefresh", on: arn, resourceAccount: call.accountID))
        }
        var ids: [String] = []
        for widget in widgets ?? [] {
            let statement = Dashboard.Widget(
                alias: "", statement: widget.queryStatement, parameters: widget.queryParameters ?? [], view: [:])
            for id in try statement.parsed(call).stores where !ids.contains(id) { ids.append(id) }
        }
        for id in ids {
            var need = call.need(on: try EventDataStoreName(id, call))
            need.action = "cloudtrail:StartQuery"
            needs.append(need)
        }
        return needs
    }
}

extension Dashboard.Widget {
    /// - Throws: InvalidQueryStatementException.
    fileprivate func parsed(_ call: Call) throws(ServiceError) -> LakeStatement {
        let values = DashboardParameters.values([:], at: call.time)
        return try LakeStatement(try statement(with: parameters.map { values[$0] ?? "" }), at: call.time)
    }

    /// The statement with values in the places of its question marks.
    /// - Throws: InvalidQueryStatementException where they are not as many, or are more than values.
    func statement(with values: [String]) throws(ServiceError) -> String {
        for value in values where !value.utf8.allSatisfy(Self.isOfValue) {
            throw CloudTrail.Failure.invalidQueryStatementException(
                "The query parameter value \(value) has characters other than letters, digits, spaces and .:-_/")
        }
        let parts = statement.split(separator: "?", omittingEmptySubsequences: false)
        guard parts.count == values.count + 1 else {
            throw CloudTrail.Failure.invalidQueryStatementException(
                "The statement has \(parts.count - 1) question marks, and \(values.count) query parameters.")
        }
        return zip(parts, values + [""]).map { $0 + $1 }.joined()
    }

    /// Nothing that would be more of a statement than a value.
    private static func isOfValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: " .:-_/".utf8.contains(byte)
        }
    }
}

/// What can stand for the question marks of a widget's statement.
enum DashboardParameters {
    static let names = ["$StartTime$", "$EndTime$", "$Period$"]

    /// - Parameter given: as the request has them. Without it is the last day, by the hour.
    static func values(_ given: [String: String], at time: Double) -> [String: String] {
        func text(_ time: Double) -> String { Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601 }
        // Events have whole seconds: what has happened in this one is before the next.
        let usual = ["$StartTime$": text(time - 86_400), "$EndTime$": text(time + 1), "$Period$": "hour"]
        return usual.merging(given) { $1 }
    }
}

extension CloudTrail.CreateDashboard: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags((input.tagsList ?? []).map { Directory.Tag($0) })
        let arn = try DashboardName(input.name, call).arn
        return .required(
            [call.needOfOwner(on: arn, tags)]
                + (try WidgetRules.needs(input.widgets, input.refreshSchedule, on: arn, call)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard input.name != "AWSCloudTrail-Highlights" else {
            throw CloudTrail.Failure.unsupportedOperationException(
                "Gatehouse has custom dashboards alone, and not the Highlights dashboard.")
        }
        guard try records.get(Dashboard.self, input.name) == nil else {
            throw CloudTrail.Failure.conflictException("The dashboard \(input.name) already exists.")
        }
        let quota = call.quotas[.dashboards]
        guard try records.count(Dashboard.self) < quota else {
            throw CloudTrail.Failure.serviceQuotaExceededException(
                "The maximum number of dashboards, \(quota), has been reached.")
        }
        var dashboard = Dashboard(
            name: input.name, accountID: call.accountID, region: call.region, created: call.time, updated: call.time)
        dashboard.widgets = try WidgetRules.widgets(input.widgets ?? [], of: [], call)
        dashboard.schedule = try input.refreshSchedule.map { value throws(ServiceError) in
            try Dashboard.Schedule(value)
        }
        dashboard.isProtected = input.terminationProtectionEnabled ?? false
        dashboard.tags = try TagRules.ofTrails.merge((input.tagsList ?? []).map { Directory.Tag($0) }, into: [])
        try records.put(dashboard)
        try records.setRefresh(of: dashboard, after: call.time)
        return Output { $0.structure.show(dashboard) }
    }
}

extension CloudTrail.GetDashboard: ComputeOperation, OnDashboard {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let dashboard = try call.dashboard(DashboardName(input.dashboardId, call))
        return Output { $0.structure.show(dashboard) }
    }
}

extension CloudTrail.ListDashboards: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:ListDashboards", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        // There are none that CloudTrail manages.
        let isCustom = input.type != "MANAGED"
        let paging: Paging
        do throws(ServiceError) { paging = try Paging(marker: input.nextToken, maxItems: input.maxResults) } catch {
            // This operation has no error of its own for it.
            throw .parameter("The specified token is invalid.")
        }
        let page = try records.page(Dashboard.self, paging) { dashboard in
            isCustom && dashboard.name.utf8.starts(with: (input.namePrefix ?? "").utf8)
        }
        return Output(page) { dashboard in
            CloudTrail.DashboardDetail {
                $0.dashboardArn = dashboard.arn
                $0.type = "CUSTOM"
            }
        }
    }
}

extension CloudTrail.UpdateDashboard: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let arn = try DashboardName(input.dashboardId, call).arn
        return .required(
            [call.needOfOwner(on: arn)] + (try WidgetRules.needs(input.widgets, input.refreshSchedule, on: arn, call)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var dashboard = try records.dashboard(DashboardName(input.dashboardId, call), call)
        if let widgets = input.widgets {
            dashboard.widgets = try WidgetRules.widgets(widgets, of: dashboard.widgets, call)
        }
        if let schedule = input.refreshSchedule { dashboard.schedule = try Dashboard.Schedule(schedule) }
        if let value = input.terminationProtectionEnabled { dashboard.isProtected = value }
        dashboard.updated = call.time
        try records.put(dashboard)
        try records.setRefresh(of: dashboard, after: call.time)
        return Output { $0.structure.show(dashboard) }
    }
}

extension CloudTrail.DeleteDashboard: WriteOperation, OnDashboard {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let dashboard = try records.dashboard(DashboardName(input.dashboardId, call), call)
        guard !dashboard.isProtected else {
            throw CloudTrail.Failure.conflictException(
                "The dashboard cannot be deleted because termination protection is enabled for it.")
        }
        try records.cancel(RefreshDashboard.self, id: dashboard.id)
        try records.delete(dashboard)
        return Output()
    }
}
