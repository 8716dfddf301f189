import IAMAPI
import Pages
import Platform
import Wire

/// Which services a user may reach, and when they were last used: access advisor.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>
enum LastAccessedPages {
    static let routes: [Route] = [
        .get("users/{name}/last-accessed") { (visit) throws(ServiceError) in try await show(visit) },
        .post("users/{name}/last-accessed") { (visit) throws(ServiceError) in try await start(visit) },
    ]

    private struct Row: Sendable {
        let serviceName: String
        let namespace: String
        let used: Moment?
        let usedRegion: String?
        /// Actions that were used, if the report tells of actions.
        let actions: [ActionRow]
        /// `3 of 40`
        let actionCount: String?
        var grants: String?
    }

    private struct ActionRow: Sendable {
        let actionName: String
        let actionUsed: Moment
    }

    private static let mostShown = 100

    private static func start(_ visit: Visit) async throws(ServiceError) -> Reply {
        let head = try await UserPages.head(.lastAccessed, visit)
        let input = IAM.GenerateServiceLastAccessedDetails.Input {
            $0.arn = head.arn(visit)
            $0.granularity = visit.form.isOn("actions") ? "ACTION_LEVEL" : "SERVICE_LEVEL"
        }
        let job = try await visit.call(IAM.GenerateServiceLastAccessedDetails.self, input).jobId ?? ""
        return visit.redirect(
            UserPages.path(visit["name"]) + "/last-accessed?job=" + PercentEncoding.queryValue(job))
    }

    private struct Report: Sendable {
        var status: String
        var completed: Moment?
        var services: [IAM.ServiceLastAccessed]
        var failure: String?
    }

    private static func report(_ job: String, _ visit: Visit) async throws(ServiceError) -> Report {
        var report = Report(status: "", services: [])
        var marker: String?
        repeat {
            let answer = try await visit.call(
                IAM.GetServiceLastAccessedDetails.self,
                .init {
                    $0.jobId = job
                    $0.maxItems = 1000
                    $0.marker = marker
                })
            report.status = answer.jobStatus
            report.completed = visit.moment(answer.jobCompletionDate)
            report.services += answer.servicesLastAccessed
            report.failure = answer.error?.message
            marker = answer.isTruncated == true ? answer.marker : nil
        } while marker != nil
        return report
    }

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let head = try await UserPages.head(.lastAccessed, visit)
        guard let job = visit.query["job"] else { return UserPages.page("user-last-accessed", head, visit, [:]) }
        let found = await visit.attempt { () throws(ServiceError) in try await report(job, visit) }
        guard let report = found.value else {
            return UserPages.page("user-last-accessed", head, visit, ["problem": found.problem])
        }
        guard report.status == "COMPLETED" else {
            var reply = UserPages.page(
                "user-last-accessed", head, visit,
                ["isRunning": report.status == "IN_PROGRESS", "failure": report.failure])
            // Without a script, too, the page comes again until the job is done.
            if report.status == "IN_PROGRESS" { reply.headers.append((name: "refresh", value: "1")) }
            return reply
        }
        // The latest first; what was never used in the order of the names.
        let sorted = report.services.sorted { left, right in
            let times = (left.lastAuthenticated?.secondsSinceEpoch, right.lastAuthenticated?.secondsSinceEpoch)
            return switch times {
            case (let left?, let right?): left > right
            case (nil, nil): left.serviceName < right.serviceName
            default: times.0 != nil
            }
        }
        let start = visit.query.number("from") ?? 0
        let shown = Array(sorted.dropFirst(start).prefix(mostShown))
        let granting = await grants(shown.map(\.serviceNamespace), head.arn(visit), visit)
        let rows = shown.map { service in
            let used = (service.trackedActionsLastAccessed ?? []).compactMap { action in
                action.lastAccessedTime.map {
                    ActionRow(actionName: action.actionName ?? "", actionUsed: visit.moment($0))
                }
            }
            return Row(
                serviceName: service.serviceName, namespace: service.serviceNamespace,
                used: service.lastAuthenticated.map { visit.moment($0) }, usedRegion: service.lastAuthenticatedRegion,
                actions: used,
                actionCount: service.trackedActionsLastAccessed.map { "\(used.count) of \($0.count) actions" },
                grants: granting[service.serviceNamespace])
        }
        let unused = sorted.count { $0.lastAuthenticated == nil }
        let link = "?job=" + PercentEncoding.queryValue(job) + "&from="
        return UserPages.page(
            "user-last-accessed", head, visit,
            [
                "isDone": true, "completed": report.completed, "services": rows, "hasNone": sorted.isEmpty,
                "summary": "\(sorted.count) services can be reached; \(unused) of them were never used.",
                "next": start + mostShown < sorted.count ? link + String(start + mostShown) : nil,
                "previous": start > 0 ? link + String(max(0, start - mostShown)) : nil,
            ])
    }

    /// The policies that grant access to each service, by its namespace.
    private static func grants(_ namespaces: [String], _ arn: String, _ visit: Visit) async -> [String: String] {
        guard !namespaces.isEmpty else { return [:] }
        let found = await visit.attempt { () throws(ServiceError) in
            let input = IAM.ListPoliciesGrantingServiceAccess.Input {
                $0.arn = arn
                $0.serviceNamespaces = namespaces
            }
            return try await visit.call(IAM.ListPoliciesGrantingServiceAccess.self, input)
                .policiesGrantingServiceAccess
        }
        return Dictionary(
            (found.value ?? []).map { entry in
                (entry.serviceNamespace ?? "", (entry.policies ?? []).map(\.policyName).joined(separator: ", "))
            }
        ) { first, _ in first }
    }
}
