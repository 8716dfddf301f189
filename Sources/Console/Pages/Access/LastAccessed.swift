import IAMAPI
import Platform
import Wire

/// The access advisor's answer about a user, group, role or policy, for the template `last-accessed`.
enum LastAccessed {
    /// Which services an entity may use, and when it last did, in the order of use.
    static func content(of arn: String, at path: String, _ visit: Visit) async -> [String: Any?] {
        let report = await visit.attempt { () throws(ServiceError) in try await services(of: arn, visit) }
        guard let services = report.value else { return ["problem": report.problem] }
        guard let services else { return ["isBeingMade": true] }
        let list = LongList(services, visit.query, at: path) { "\($0.serviceName) \($0.serviceNamespace)" }
        return [
            "services": list.rows.map { service in
                present([
                    "serviceTitle": service.serviceName, "prefix": service.serviceNamespace,
                    "when": ShownTime(service.lastAuthenticated), "by": service.lastAuthenticatedEntity,
                    "where": service.lastAuthenticatedRegion,
                ])
            }
        ].merging(list.content) { $1 }
    }

    /// nil: the report is still being made.
    private static func services(
        of arn: String, _ visit: Visit
    ) async throws(ServiceError) -> [IAM.ServiceLastAccessed]? {
        let job = try await visit.call(IAM.GenerateServiceLastAccessedDetails.self, .init { $0.arn = arn }).jobId ?? ""
        for _ in 0..<20 {
            var marker: String?
            var all: [IAM.ServiceLastAccessed] = []
            repeat {
                let answer = try await visit.call(
                    IAM.GetServiceLastAccessedDetails.self,
                    .init {
                        $0.jobId = job
                        $0.marker = marker
                        $0.maxItems = 1000
                    })
                if answer.jobStatus == "IN_PROGRESS" {
                    all = []
                    break
                }
                all += answer.servicesLastAccessed
                marker = answer.marker
                if marker == nil {
                    return all.sorted { left, right in
                        let times = [left, right].map { $0.lastAuthenticated?.secondsSinceEpoch ?? 0 }
                        return times[0] == times[1] ? left.serviceName < right.serviceName : times[0] > times[1]
                    }
                }
            } while marker != nil
            try? await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}
