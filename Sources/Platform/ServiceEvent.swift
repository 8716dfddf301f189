public import Ledger
public import Wire

/// An entry of the event history that no call made: something that a service did by itself, after it was asked or
/// because the operator told Gatehouse to.
///
/// ```swift
/// let event = ServiceEvent(
///     "RotateKey", source: "kms.amazonaws.com", account: scope.account, time: environment.now()
/// ) { writer in
///     writer.member("keyId", "1234abcd")
/// }
/// ```
///
/// AWS: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/non-api-aws-service-events.html
public struct ServiceEvent: Sendable {
    private let name: String
    private let source: String
    private let account: String
    private let region: String
    private let time: Double
    private let agent: String
    private let resource: EventParticulars.Resource?
    private let response: [(name: String, value: String)]
    private let details: (@Sendable (inout JSONWriter) -> Void)?

    /// Makes an event; nothing is recorded yet.
    /// - Parameters:
    ///   - name: what was done: `RotateKey`.
    ///   - source: who did it: `organizations.amazonaws.com`.
    ///   - account: in whose history it stands.
    ///   - region: where it was done; for a global service `us-east-1`.
    ///   - time: seconds since 1970.
    ///   - agent: what the event calls whoever did it; nil: `source`. Some services say `AWS Internal`.
    ///   - resource: what it was done to; nil: the event has no `resources`.
    ///   - response: the members of `responseElements`, which are null without any.
    ///   - details: writes the members of `serviceEventDetails`; nil: there are none.
    public init(
        _ name: String, source: String, account: String, region: String = "us-east-1", time: Double,
        agent: String? = nil, resource: EventParticulars.Resource? = nil,
        response: [(name: String, value: String)] = [],
        details: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) {
        self.name = name
        self.source = source
        self.account = account
        self.region = region
        self.time = time
        self.agent = agent ?? source
        self.resource = resource
        self.response = response
        self.details = details
    }

    /// The event as the ledger keeps it, with a new id each time.
    public var event: Event {
        var random = SystemRandomNumberGenerator()
        let milliseconds = Int64(exactly: (time * 1000).rounded(.down)) ?? 0
        let id = UUIDv7.make(milliseconds: milliseconds, using: &random)
        let found = resource.map { [EventAttribute("ResourceType", $0.type), EventAttribute("ResourceName", $0.arn)] }
        return Event(
            id: id, requestID: UUIDv7.make(milliseconds: milliseconds, using: &random), account: account,
            time: milliseconds,
            attributes: [
                EventAttribute("EventName", name), EventAttribute("EventSource", source),
                EventAttribute("ReadOnly", "false"),
            ] + (found ?? []), body: json(id), decision: Array("[]".utf8))
    }

    private func json(_ id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writer.beginObject()
        writer.member("accountId", account)
        writer.member("invokedBy", agent)
        writer.endObject()
        writer.member("eventTime", Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601)
        writer.member("eventSource", source)
        writer.member("eventName", name)
        writer.member("awsRegion", region)
        writer.member("sourceIPAddress", agent)
        writer.member("userAgent", agent)
        writer.key("requestParameters")
        writer.null()
        writer.key("responseElements")
        if response.isEmpty {
            writer.null()
        } else {
            writer.beginObject()
            for member in response { writer.member(member.name, member.value) }
            writer.endObject()
        }
        writer.member("eventID", id)
        writer.key("readOnly")
        writer.boolean(false)
        if let resource {
            writer.key("resources")
            writer.beginArray()
            writer.beginObject()
            writer.member("accountId", account)
            writer.member("type", resource.type)
            writer.member("ARN", resource.arn)
            writer.endObject()
            writer.endArray()
        }
        writer.member("eventType", "AwsServiceEvent")
        writer.key("managementEvent")
        writer.boolean(true)
        writer.member("recipientAccountId", account)
        if let details {
            writer.key("serviceEventDetails")
            writer.beginObject()
            details(&writer)
            writer.endObject()
        }
        writer.member("eventCategory", "Management")
        writer.endObject()
        return writer.bytes
    }
}
