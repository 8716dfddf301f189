import CloudTrailDataAPI
import Crypto
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Events from outside of AWS.
// <https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_PutAuditEvents.html>

extension CloudTrailData.PutAuditEvents: WriteOperation {
    /// What is put is for whoever queries the event data store, not for those who read who has put it.
    public static var secretMembers: Set<String> { ["auditEvents"] }

    /// 1 MB of events, which are texts in JSON.
    public static var bodyLimit: Int { 2 << 20 }

    /// The channel's policy decides on callers of other accounts, and may ask for the external id.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var access = Access("cloudtrail-data:PutAuditEvents", on: try channelARN(input, call).description)
        if let id = input.externalId { access.context["cloudtrail:externalid"] = .one(id) }
        return .required(access)
    }

    private static func channelARN(_ input: Input, _ call: Call) throws(ServiceError) -> ARN {
        guard let arn = ARN(parsing: input.channelArn), arn.partition == "aws", arn.service == "cloudtrail",
            arn.account.utf8.count == 12, arn.resource.hasPrefix(ChannelName.prefix), arn.region == call.region
        else { throw CloudTrailData.Failure.invalidChannelARN("The specified channel ARN is not a valid channel ARN.") }
        return arn
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let arn = try channelARN(input, call)
        let own = records.of(Scope(account: arn.account, region: arn.region))
        guard let channel = try own.get(Channel.self, String(arn.resource.dropFirst(ChannelName.prefix.count))) else {
            throw CloudTrailData.Failure.channelNotFound("The channel could not be found.")
        }
        guard Set(input.auditEvents.map(\.id)).count == input.auditEvents.count else {
            throw CloudTrailData.Failure.duplicatedAuditEventId(
                "Two or more entries in the request have the same event ID.")
        }
        guard input.auditEvents.reduce(0, { $0 + $1.eventData.utf8.count }) <= 1 << 20 else {
            throw CloudTrailData.Failure.channelUnsupportedSchema("The events of a request have 1 MB at most together.")
        }
        var taken: [(event: AuditRecord, id: String)] = []
        var failed: [CloudTrailData.ResultErrorEntry] = []
        for event in input.auditEvents {
            do throws(AuditRecord.Refusal) {
                taken.append((try AuditRecord(event, channel, at: call.time), event.id))
            } catch {
                failed.append(
                    CloudTrailData.ResultErrorEntry {
                        $0.errorCode = error.code
                        $0.errorMessage = error.message
                        $0.id = event.id
                    })
            }
        }
        for destination in channel.destinations {
            try own.append(taken.map(\.event), to: destination, call.environment)
        }
        var status = try own.get(ChannelStatus.self, channel.id) ?? ChannelStatus(id: channel.id, attempted: call.time)
        status.attempted = call.time
        status.attemptedEvent = taken.last?.event.id ?? status.attemptedEvent
        if let last = taken.last { (status.succeeded, status.succeededEvent) = (call.time, last.event.id) }
        status.errorCode = failed.last?.errorCode ?? status.errorCode
        try own.put(status)
        let (refused, events) = (failed, taken)
        return Output {
            $0.failed = refused
            $0.successful = events.map { one in
                CloudTrailData.AuditEventResultEntry {
                    $0.eventID = one.event.id
                    $0.id = one.id
                }
            }
        }
    }
}

extension MutableRecords {
    /// Puts events into an event data store, if it is there.
    fileprivate func append(
        _ events: [AuditRecord], to arn: String, _ environment: Environment
    ) throws(ServiceError) {
        guard let id = arn.split(separator: "/").last.map(String.init),
            let store = try get(EventDataStore.self, id), store.status != .pendingDeletion
        else { return }
        var chunks = EventChunks(store: store.id)
        for event in events { try chunks.append(event.body, at: event.time) }
        try ingest(chunks.finish(), environment)
    }
}

/// An event from outside of AWS, as event data stores have it.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-integration-event-schema.html>
private struct AuditRecord: Sendable {
    /// Why it is not taken.
    struct Refusal: Error {
        let code: String
        let message: String
    }

    /// Bytes of one event.
    private static let most = 256 << 10
    private static let required = [
        "version", "userIdentity", "eventSource", "eventName", "eventTime", "UID", "recipientAccountId",
    ]
    /// What is only a text.
    private static let texts = [
        "version", "userAgent", "eventSource", "eventName", "eventTime", "UID", "errorCode", "errorMessage",
        "sourceIPAddress", "recipientAccountId",
    ]
    /// Characters of a text.
    private static let longest = 1024

    let id = UUID().uuidString.lowercased()
    /// In milliseconds since 1970.
    let time: Int64
    let body: [UInt8]

    init(_ event: CloudTrailData.AuditEvent, _ channel: Channel, at now: Double) throws(Refusal) {
        let data = Array(event.eventData.utf8)
        if let checksum = event.eventDataChecksum {
            guard Data(SHA256.hash(data: data)).base64EncodedString() == checksum else {
                throw Refusal(code: "InvalidChecksum", message: "The checksum does not match the eventData.")
            }
        }
        guard data.count <= Self.most else {
            throw Refusal(code: "FieldTooLong", message: "eventData has \(Self.most) bytes at most.")
        }
        guard let json = try? Wire.JSONValue(parsing: data), case .object = json else {
            throw Refusal(code: "InvalidData", message: "eventData is not a JSON object.")
        }
        for name in Self.required where json[name] == nil || json[name] == .null {
            throw Refusal(code: "FieldNotFound", message: "eventData has no \(name).")
        }
        for name in Self.texts {
            guard let value = json[name] else { continue }
            guard let text = value.text else {
                throw Refusal(code: "InvalidData", message: "\(name) of eventData is not a text.")
            }
            guard text.utf8.count <= Self.longest else {
                throw Refusal(code: "FieldTooLong", message: "\(name) of eventData has \(Self.longest) bytes at most.")
            }
        }
        for name in ["type", "principalId"] where json["userIdentity"]?[name]?.text == nil {
            throw Refusal(code: "FieldNotFound", message: "userIdentity of eventData has no \(name).")
        }
        guard json["recipientAccountId"]?.text == channel.accountID else {
            throw Refusal(
                code: "InvalidRecipient", message: "recipientAccountId is not the account of the channel.")
        }
        guard let time = json["eventTime"]?.text.flatMap(Timestamp.init(parsing:)) else {
            throw Refusal(
                code: "InvalidData", message: "eventTime of eventData is not a time, as 2026-11-29T07:41:59Z.")
        }
        self.time = RequestIDs.milliseconds(time.secondsSinceEpoch)
        body = Self.json(id, json, time, channel, at: now)
    }

    private static func json(
        _ id: String, _ data: Wire.JSONValue, _ time: Timestamp, _ channel: Channel, at now: Double
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.0")
        writer.member("eventCategory", EventCategory.activity)
        writer.member("eventType", "ActivityLog")
        writer.member("eventID", id)
        writer.member("eventTime", time.iso8601)
        writer.member("awsRegion", channel.region)
        writer.member("recipientAccountId", channel.accountID)
        writer.key("metadata")
        writer.beginObject()
        writer.member("ingestionTime", Timestamp(secondsSinceEpoch: now.rounded(.down)).iso8601)
        writer.member("channelARN", channel.arn)
        writer.endObject()
        writer.key("eventData")
        writer.json(data)
        writer.endObject()
        return writer.bytes
    }
}
