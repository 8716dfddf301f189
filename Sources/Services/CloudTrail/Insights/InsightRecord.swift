import Crypto
import FoundationEssentials
import Ledger
import Platform
import Wire

/// The beginning or the end of something unusual.
struct InsightRecord: Sendable {
    /// AWS shows so many identities, agents and errors.
    private static let shown = 5

    let subject: RateSubject
    /// Its first minute, counted since 1970.
    let start: Int64
    /// Minutes.
    let duration: Int64
    let isEnd: Bool
    /// Calls in a minute.
    let baseline: Double
    let average: Double
    let unusual: Attributions
    let usual: Attributions

    /// In milliseconds since 1970.
    private var time: Int64 { (isEnd ? start + duration : start) * 60_000 }
    private var state: String { isEnd ? "End" : "Start" }

    /// The same for beginning and end.
    private var sharedID: String { Self.id("\(subject.account)\n\(subject.region)\n\(what)\n\(start)") }
    private var id: String { Self.id("\(sharedID)\n\(state)\n\(duration)\n\(average)\n\(baseline)") }
    private var what: String {
        "\(subject.type.rawValue)\n\(subject.source)\n\(subject.name)\n\(subject.error ?? "")"
    }

    /// A UUID of version 8 (RFC 9562), made of a hash: whoever finds the same gives it the same name.
    private static func id(_ text: String) -> String {
        var bytes = Array(SHA256.hash(data: Array(text.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.hexadecimal
        var parts: [Substring] = []
        var rest = digits[...]
        for count in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return parts.joined(separator: "-")
    }

    /// Keeps it for whoever asks for Insights events, and for the trail or event data store that has them.
    func keep(
        from source: InsightSource, _ watch: String, _ records: MutableRecords, _ environment: Environment
    ) throws(ServiceError) {
        let body = String(decoding: ofTrail, as: UTF8.self)
        try records.of(InsightEvent.scope).put(
            InsightEvent(
                account: subject.account, region: subject.region, time: time, id: id, source: subject.source,
                name: subject.name, body: body))
        switch source {
        case .trail:
            try records.put(
                PendingInsight(
                    watch: watch, account: subject.account, region: subject.region, time: time, id: id, body: body))
        case .store(let store):
            guard let destination = store.insightsDestination.flatMap({ environment.lake.store(arn: $0) }) else {
                return
            }
            let own = records.of(destination.scope)
            // As it is now: it may be about to be deleted.
            guard let now = try own.get(EventDataStore.self, destination.id), now.status != .pendingDeletion else {
                return
            }
            var chunks = EventChunks(store: destination.id)
            try chunks.append(ofStore(store.arn), at: time)
            try own.ingest(chunks.finish(), environment)
        }
    }

    // MARK: JSON

    private func head(_ writer: inout JSONWriter) {
        writer.member("eventVersion", "1.11")
        writer.member("eventTime", Timestamp(secondsSinceEpoch: Double(time / 1000)).iso8601)
        writer.member("awsRegion", subject.region)
        writer.member("eventID", id)
        writer.member("eventType", "AwsCloudTrailInsight")
        writer.member("recipientAccountId", subject.account)
        writer.member("sharedEventID", sharedID)
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html>
    private var ofTrail: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        head(&writer)
        writer.key("insightDetails")
        writer.beginObject()
        writer.member("state", state)
        writer.member("eventSource", subject.source)
        writer.member("eventName", subject.name)
        writer.member("insightType", subject.type.rawValue)
        if let error = subject.error { writer.member("errorCode", error) }
        writer.key("insightContext")
        writer.beginObject()
        writer.key("statistics")
        writer.beginObject()
        writer.key("baseline")
        writer.average(baseline)
        writer.key("insight")
        writer.average(average)
        writer.key("insightDuration")
        writer.integer(Int(duration))
        writer.key("baselineDuration")
        writer.integer(Int(RateModel.baselineMinutes))
        writer.endObject()
        attributions(&writer, names: ("insight", "baseline"))
        writer.endObject()
        writer.endObject()
        writer.member("eventCategory", EventCategory.insight)
        writer.endObject()
        return writer.bytes
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-lake.html>
    private func ofStore(_ arn: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        head(&writer)
        writer.member("insightSource", arn)
        writer.member("insightState", state)
        writer.member("insightEventSource", subject.source)
        writer.member("insightEventName", subject.name)
        if let error = subject.error { writer.member("insightErrorCode", error) }
        writer.member("insightType", subject.type.rawValue)
        writer.key("insightContext")
        writer.beginObject()
        writer.key("baselineAverage")
        writer.double(baseline)
        writer.key("insightAverage")
        writer.double(average)
        writer.key("baselineDuration")
        writer.integer(Int(RateModel.baselineMinutes))
        writer.key("insightDuration")
        writer.integer(Int(duration))
        attributions(&writer, names: ("insights", "baselines"))
        writer.endObject()
        writer.member("eventCategory", EventCategory.insight)
        writer.endObject()
        return writer.bytes
    }

    private func attributions(_ writer: inout JSONWriter, names: (StaticString, StaticString)) {
        writer.key("attributions")
        writer.beginArray()
        let sorts: [(String, KeyPath<Attributions, Tally>)] = [
            ("userIdentityArn", \.identities), ("userAgent", \.agents), ("errorCode", \.errors),
        ]
        for (name, sort) in sorts {
            writer.beginObject()
            writer.member("attribute", name)
            writer.key(names.0)
            Self.values(&writer, unusual[keyPath: sort], duration)
            writer.key(names.1)
            Self.values(&writer, usual[keyPath: sort], RateModel.baselineMinutes)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func values(_ writer: inout JSONWriter, _ counts: Tally, _ minutes: Int64) {
        writer.beginArray()
        for (value, count) in counts.largest(shown) {
            writer.beginObject()
            writer.member("value", value)
            writer.key("average")
            writer.double(Double(count) / Double(minutes))
            writer.endObject()
        }
        writer.endArray()
    }
}

extension JSONWriter {
    fileprivate mutating func average(_ value: Double) {
        beginObject()
        key("average")
        double(value)
        endObject()
    }
}
