import Ledger
import Platform
import Wire

/// An event on a bus.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
struct BusEvent: Codable, Sendable, Equatable {
    let id: String
    let source: String
    let detailType: String
    /// The account that it is from.
    let account: String
    /// Seconds since 1970.
    let time: Double
    let region: String
    let resources: [String]
    /// JSON, an object.
    let detail: String
    /// When EventBridge got it, seconds since 1970.
    var ingested: Double
    /// nil: it comes from no archive.
    var replay: String?
    /// How often it has gone from one bus to another.
    var hops = 0

    /// What targets get that want nothing else.
    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", "0")
        writer.member("id", id)
        writer.member("detail-type", detailType)
        writer.member("source", source)
        writer.member("account", account)
        writer.member("time", Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601)
        writer.member("region", region)
        writer.key("resources")
        writer.beginArray()
        for resource in resources { writer.string(resource) }
        writer.endArray()
        writer.key("detail")
        writer.raw(detail)
        if let replay { writer.member("replay-name", replay) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// How large it is by AWS's count, in bytes.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>
    var size: Int {
        14 + source.utf8.count + detailType.utf8.count + detail.utf8.count
            + resources.reduce(0) { $0 + $1.utf8.count }
    }

    init(
        id: String, source: String, detailType: String, account: String, time: Double, region: String,
        resources: [String], detail: String, ingested: Double
    ) {
        self.id = id
        self.source = source
        self.detailType = detailType
        self.account = account
        self.time = time
        self.region = region
        self.resources = resources
        self.detail = detail
        self.ingested = ingested
    }
}
