import Ledger
import Platform
import Wire

// What the default event bus is told of findings.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html>

extension MutableRecords {
    /// Tells of a finding of external access that is new, or says or is something else than before.
    /// - Parameter isOfDeleted: whether its resource is gone.
    func announce(
        _ finding: AnalyzedFinding, of analyzer: Analyzer, isOfDeleted: Bool = false
    ) throws(ServiceError) {
        guard case .external(let access) = finding.details else { return }
        func text(_ time: Double) -> String { Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601 }
        try announce(
            AnnouncedEvent(
                source: "aws.access-analyzer", detailType: "Access Analyzer Finding", resources: [analyzer.arn],
                time: finding.updated
            ) { writer in
                writer.member("version", "1.0")
                writer.member("id", finding.id)
                writer.member("status", finding.status.rawValue)
                writer.member("resourceType", finding.resourceType)
                writer.member("resource", finding.resource)
                writer.member("createdAt", text(finding.created))
                writer.member("analyzedAt", text(finding.analyzed))
                writer.member("updatedAt", text(finding.updated))
                writer.member("accountId", finding.owner)
                writer.member("region", scope.region)
                if let error = finding.error {
                    writer.member("error", error)
                } else {
                    writer.key("principal")
                    writer.beginObject()
                    for (type, name) in access.principalMap ?? [:] { writer.member(type, name) }
                    writer.endObject()
                    writer.key("action")
                    writer.beginArray()
                    for action in access.actions { writer.string(action) }
                    writer.endArray()
                    writer.key("condition")
                    writer.beginObject()
                    for (key, value) in access.conditions.sorted(by: { $0.key < $1.key }) { writer.member(key, value) }
                    writer.endObject()
                }
                writer.key("isDeleted")
                writer.boolean(isOfDeleted)
                writer.key("isPublic")
                writer.boolean(access.isPublic)
            })
    }
}
