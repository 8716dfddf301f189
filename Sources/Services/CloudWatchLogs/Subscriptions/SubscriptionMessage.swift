import Compression
import LogPatterns
import Platform
import Wire

/// Events as they are sent on.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>
struct SubscriptionMessage: Sendable {
    let owner: String
    let group: String
    let stream: String
    /// The name of the filter, or of the account's policy.
    let filter: String
    let isOfAccount: Bool
    let events: [KeptEvent]
    /// nil: it can't be read any more, and no fields are told.
    let pattern: FilterPattern?

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.member("messageType", "DATA_MESSAGE")
        writer.member("owner", owner)
        writer.member("logGroup", group)
        writer.member("logStream", stream)
        writer.key("subscriptionFilters")
        writer.beginArray()
        writer.string(filter)
        writer.endArray()
        writer.key("logEvents")
        writer.beginArray()
        for event in events {
            writer.beginObject()
            writer.member("id", event.place.text)
            writer.key("timestamp")
            writer.integer(Int(event.place.time))
            let text = event.text
            writer.member("message", text)
            if pattern?.form == .delimited, let fields = pattern?.extracted(from: text) {
                writer.key("extractedFields")
                writer.beginObject()
                for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                    writer.member(String(name.dropFirst()), value)
                }
                writer.endObject()
            }
            writer.endObject()
        }
        writer.endArray()
        if isOfAccount { writer.member("policyLevel", "ACCOUNT_LEVEL_POLICY") }
        writer.endObject()
        return writer.bytes
    }

    /// What a stream gets when a filter is made, so that it is seen whether it takes anything.
    static func control(at time: Double) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("messageType", "CONTROL_MESSAGE")
        writer.member("owner", "CloudwatchLogs")
        writer.member("logGroup", "")
        writer.member("logStream", "")
        writer.key("subscriptionFilters")
        writer.beginArray()
        writer.endArray()
        writer.key("logEvents")
        writer.beginArray()
        writer.beginObject()
        writer.member("id", "")
        writer.key("timestamp")
        writer.integer(Int(milliseconds(time)))
        writer.member("message", "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.")
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
