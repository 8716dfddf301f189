import LogMasking
import Platform
import Wire

/// What was found in events that have come, and the events with it.
struct ProtectedBatch: Sendable {
    /// The same events, that know what in them is sensitive.
    private(set) var parts: [ArraySlice<NewEvent>]
    /// A report of each event that has something sensitive, as AWS writes them.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-audit-findings.html>
    private(set) var reports: [String] = []
    /// Where the reports go.
    private(set) var targets: Set<AuditFindings.Target> = []
    /// How many such events there are in each minute since 1970.
    private(set) var counts: [Int64: Int] = [:]

    init(_ parts: [ArraySlice<NewEvent>], _ protection: Protection?, of group: LogGroup, at time: Double) {
        self.parts = parts
        guard let protection else { return }
        targets = AuditFindings.Target.all(of: protection.destinations)
        self.parts = parts.map { events in
            events.map { event in
                let bytes = Array(event.message.utf8)
                let findings = protection.data.findings(in: bytes)
                guard !findings.isEmpty else { return event }
                counts[event.timestamp / 60_000, default: 0] += 1
                if !targets.isEmpty { reports.append(Self.report(findings, bytes, group, time)) }
                var found = event
                found.sensitive = SensitiveData.places(of: findings)
                return found
            }[...]
        }
    }

    /// Places of one kind that a report names; it counts all.
    private static let mostDetections = 200

    private static func report(
        _ findings: [SensitiveData.Finding], _ message: [UInt8], _ group: LogGroup, _ time: Double
    ) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("auditTimestamp", Timestamp(secondsSinceEpoch: time).iso8601)
        writer.member("resourceArn", "\(group.reference.arn):*")
        writer.key("dataIdentifiers")
        writer.beginArray()
        for finding in findings {
            writer.beginObject()
            writer.member("name", finding.name)
            writer.key("count")
            writer.integer(finding.places.count)
            writer.key("detections")
            writer.beginArray()
            // Characters are counted, the first of which is 1.
            var (characters, byte) = (0, 0)
            func count(to end: Int) -> Int {
                characters += message[byte..<end].count { $0 & 0xc0 != 0x80 }
                byte = end
                return characters
            }
            for place in finding.places.prefix(mostDetections) {
                writer.beginObject()
                writer.key("start")
                writer.integer(count(to: place.lowerBound) + 1)
                writer.key("end")
                writer.integer(count(to: place.upperBound))
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// What CloudWatch counts of them.
    var data: [MetricData] {
        counts.map { minute, count in
            MetricData(
                "LogEventsWithFindings", in: "AWS/Logs", at: Double(minute) * 60, [.init(1, count: Double(count))])
        }
    }

    /// The events with all that is sensitive masked: what filters see.
    var masked: [ArraySlice<NewEvent>] {
        parts.map { events in
            events.map { event in
                event.sensitive.isEmpty
                    ? event
                    : NewEvent(
                        timestamp: event.timestamp,
                        message: String(
                            decoding: SensitiveData.masked(Array(event.message.utf8), event.sensitive), as: UTF8.self))
            }[...]
        }
    }
}
