import FoundationEssentials
import Inspector2API
import Ledger
import Platform
import Wire

// What the default event bus is told of: findings, and scans.
// <https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html>

extension MutableRecords {
    /// Tells of a finding that is new, or says or is something else than before.
    func announce(_ finding: StoredFinding) throws(ServiceError) {
        let view = try finding.view()
        try announce(
            AnnouncedEvent(
                source: "aws.inspector2", detailType: "Inspector2 Finding", resources: [finding.resource],
                time: finding.updated, detail: EventJSON.text(of: view.structure)))
    }

    /// Tells that a resource has been scanned for the first time.
    func announceFirstScan(
        of resource: CoveredResource, counts: [String: Int], total: Int, at time: Double
    ) throws(ServiceError) {
        let image = try resource.detailsView().details?.awsEcrContainerImage
        let repository = image.map { RegistryImage.repositoryARN($0.repositoryName, scope) }
        try announce(
            AnnouncedEvent(
                source: "aws.inspector2", detailType: "Inspector2 Scan", resources: [repository ?? resource.resource],
                time: time
            ) { writer in
                writer.member("scan-status", "INITIAL_SCAN_COMPLETE")
                writer.member("repository-name", repository)
                writer.key("finding-severity-counts")
                writer.beginObject()
                for severity in ["CRITICAL", "HIGH", "MEDIUM"] {
                    writer.key(severity)
                    writer.integer(counts[severity] ?? 0)
                }
                writer.key("TOTAL")
                writer.integer(total)
                writer.endObject()
                if let image {
                    writer.member("image-digest", image.imageHash)
                    writer.key("image-tags")
                    writer.beginArray()
                    for tag in image.imageTags ?? [] { writer.string(tag) }
                    writer.endArray()
                }
                if resource.type == "AWS_EC2_INSTANCE" { writer.member("instance-id", resource.resource) }
                writer.member("version", "1.0")
            })
    }

    /// Tells that a resource is scanned, or is not any more.
    func announceCoverage(of resource: CoveredResource, at time: Double) throws(ServiceError) {
        try announce(
            AnnouncedEvent(
                source: "aws.inspector2", detailType: "Inspector2 Coverage", resources: [resource.resource], time: time
            ) { writer in
                writer.key("scanStatus")
                writer.beginObject()
                writer.member("reason", resource.reason)
                writer.member("statusCodeValue", resource.isActive ? "ACTIVE" : "INACTIVE")
                writer.endObject()
                writer.member("scanType", resource.scanType)
                writer.member(
                    "eventTimestamp", Timestamp(secondsSinceEpoch: time).iso8601WithMilliseconds)
                writer.member("version", "1.0")
            })
    }
}

/// Structures as events and reports have them: as the API's JSON, but for times, which are written for people.
enum EventJSON {
    static func text(of structure: Structure) -> String {
        var writer = JSONWriter()
        write(.structure(structure), to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func write(_ value: Value, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): writer.string(text)
        case .integer(let number): writer.integer(number)
        case .double(let number): writer.double(number)
        case .boolean(let flag): writer.boolean(flag)
        case .timestamp(let time): writer.string(day(time))
        case .list(let values):
            writer.beginArray()
            for value in values { write(value, to: &writer) }
            writer.endArray()
        case .map(let entries):
            writer.beginObject()
            for entry in entries {
                writer.key(entry.key)
                write(entry.value, to: &writer)
            }
            writer.endObject()
        case .structure(let structure):
            writer.beginObject()
            for member in structure.shape.members {
                guard let value = structure[member.name] else { continue }
                writer.key(member.name)
                write(value, to: &writer)
            }
            writer.endObject()
        default: writer.null()
        }
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Wed Sep 04 16:59:44.356 UTC 2024`
    static func day(_ time: Timestamp) -> String {
        let text = time.iso8601WithMilliseconds
        let parts = text.split { "-T.Z".contains($0) }.map(String.init)
        guard parts.count >= 4, let month = Int(parts[1]), months.indices.contains(month - 1) else { return text }
        let weekday = time.httpDate.prefix(3)
        let milliseconds = parts.count > 4 ? parts[4] : "000"
        return "\(weekday) \(months[month - 1]) \(parts[2]) \(parts[3]).\(milliseconds) UTC \(parts[0])"
    }
}
