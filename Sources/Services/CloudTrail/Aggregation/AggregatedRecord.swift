import Platform
import Wire

extension AggregatedCount {
    /// The aggregated event, as JSON.
    ///
    /// AWS: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html
    /// - Parameter id: a UUID.
    func record(id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.0")
        writer.member("accountId", subject.account)
        writer.member("eventId", id)
        writer.member("eventCategory", "Aggregated")
        writer.member("eventType", "AwsAggregatedEvent")
        writer.member("awsRegion", subject.region)
        writer.member("eventSource", subject.source)
        writer.key("timeWindow")
        writer.beginObject()
        writer.member("windowStart", Self.text(subject.window))
        writer.member("windowEnd", Self.text(subject.window + 1))
        writer.member("windowSize", "PT5M")
        writer.endObject()
        writer.key("summary")
        writer.beginObject()
        writer.key("primaryDimension")
        Self.write(subject.template.primary, [(subject.name, count)], &writer)
        writer.key("details")
        writer.beginArray()
        for dimension in subject.template.details {
            guard let tally = details[dimension.rawValue], !tally.isEmpty else { continue }
            Self.write(dimension, tally.largest(Self.shown), &writer)
        }
        writer.endArray()
        writer.endObject()
        if isLate {
            writer.key("addendum")
            writer.beginObject()
            writer.member("reason", "DELIVERY_DELAY")
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    private static func write(
        _ dimension: AggregationDimension, _ counts: [(value: String, count: Int64)], _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("dimension", dimension.rawValue)
        writer.key("statistics")
        writer.beginArray()
        for (value, count) in counts {
            writer.beginObject()
            writer.member("name", value)
            writer.key("value")
            writer.integer(Int(count))
            writer.endObject()
        }
        writer.endArray()
        writer.member("aggregationType", "Count")
        writer.endObject()
    }

    private static func text(_ window: Int64) -> String {
        Timestamp(secondsSinceEpoch: Double(window) * Double(AggregationSubject.windowSize) / 1000).iso8601
    }
}
