import CloudTrailAPI
import Directory
import Ledger
import Platform
import Wire

// Running the queries of a dashboard.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/lake-dashboard-refresh.html>

/// The queries of a refresh, each of which has been allowed.
public struct RefreshDraft: Sendable {
    let dashboard: Dashboard
    let queries: [PreparedCall<CloudTrail.StartQuery>]
}

extension CloudTrail.StartDashboardRefresh: PreparedWriteOperation, OnDashboard {
    /// CloudTrail runs the queries in its own name, as the policies of the event data stores have to allow.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> RefreshDraft {
        let dashboard = try call.dashboard(DashboardName(input.dashboardId, call))
        let given = input.queryParameterValues ?? [:]
        for name in given.keys where !DashboardParameters.names.contains(name) {
            throw .parameter(
                "The query parameter \(name) is not one of \(DashboardParameters.names.joined(separator: ", "))")
        }
        let values = DashboardParameters.values(given, at: call.time)
        let services = call.environment.services(in: call.region)
        let identity = ServiceIdentity.own(BucketAccess.service, for: dashboard.arn, in: dashboard.accountID)
        var queries: [PreparedCall<CloudTrail.StartQuery>] = []
        for widget in dashboard.widgets {
            queries.append(
                try await services.prepare(
                    CloudTrail.StartQuery.self,
                    CloudTrail.StartQuery.Input {
                        $0.queryAlias = widget.alias
                        if !widget.parameters.isEmpty {
                            $0.queryParameters = widget.parameters.map { values[$0] ?? "" }
                        }
                    }, as: identity))
        }
        return RefreshDraft(dashboard: dashboard, queries: queries)
    }

    public static func handle(
        _ input: Input, _ draft: RefreshDraft, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(draft.dashboard.scope)
        guard var dashboard = try own.get(Dashboard.self, draft.dashboard.id) else {
            throw .resourceNotFound(draft.dashboard.arn)
        }
        let refresh = "\(RequestIDs.milliseconds(call.time))\(Int.random(in: 1000...9999))"
        for query in draft.queries {
            guard let id = try query.complete(in: own).queryId, var kept = try own.get(StoredQuery.self, id) else {
                throw .internalFailure
            }
            kept.refreshID = refresh
            try own.put(kept)
        }
        dashboard.lastRefresh = refresh
        try own.put(dashboard)
        return Output { $0.refreshId = refresh }
    }
}

extension MutableRecords {
    /// Sees to the next refresh of a dashboard, as its schedule says.
    func setRefresh(of dashboard: Dashboard, after time: Double) throws(ServiceError) {
        if let next = dashboard.schedule?.next(after: time) {
            try schedule(RefreshDashboard(), id: dashboard.id, at: next)
        } else {
            try cancel(RefreshDashboard.self, id: dashboard.id)
        }
    }
}

/// Refreshes the dashboard of its id, as the dashboard's own policy has to allow CloudTrail.
struct RefreshDashboard: Job {
    static let kind = "CloudTrail::RefreshDashboard"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        guard let dashboard = environment.lake.dashboard(Dashboard.arn(id, in: context.scope)) else { return }
        var failure: String?
        do throws(ServiceError) {
            _ = try await environment.services(in: context.scope.region).call(
                CloudTrail.StartDashboardRefresh.self,
                CloudTrail.StartDashboardRefresh.Input { $0.dashboardId = dashboard.arn },
                as: .own(BucketAccess.service, for: dashboard.arn, in: dashboard.accountID))
        } catch {
            failure = "\(error.code): \(error.message)"
        }
        let now = environment.now()
        try await context.finish { [failure] (records) throws(ServiceError) in
            guard var dashboard = try records.get(Dashboard.self, id) else { return }
            dashboard.lastFailure = failure
            try records.put(dashboard)
            try records.setRefresh(of: dashboard, after: now)
        }
    }
}
