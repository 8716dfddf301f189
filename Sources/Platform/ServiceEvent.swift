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
    private let details: @Sendable (inout JSONWriter) -> Void

    /// Makes an event; nothing is recorded yet.
    /// - Parameters:
    ///   - name: what was done: `RotateKey`.
    ///   - source: who did it: `organizations.amazonaws.com`.
    ///   - account: in whose history it stands.
    ///   - region: where it was done; for a global service `us-east-1`.
    ///   - time: seconds since 1970.
    ///   - details: writes the members of `serviceEventDetails`.
    public init(
        _ name: String, source: String, account: String, region: String = "us-east-1", time: Double,
        details: @escaping @Sendable (inout JSONWriter) -> Void
    ) {
        self.name = name
        self.source = source
        self.account = account
        self.region = region
        self.time = time
        self.details = details
    }

    /// The event as the ledger keeps it, with a new id each time.
    public var event: Event {
        var random = SystemRandomNumberGenerator()
        let milliseconds = Int64(exactly: (time * 1000).rounded(.down)) ?? 0
        let id = UUIDv7.make(milliseconds: milliseconds, using: &random)
        return Event(
            id: id, requestID: UUIDv7.make(milliseconds: milliseconds, using: &random), account: account,
            time: milliseconds,
            attributes: [
                EventAttribute("EventName", name), EventAttribute("EventSource", source),
                EventAttribute("ReadOnly", "false"),
            ], body: json(id), decision: Array("[]".utf8))
    }

    private func json(_ id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writer.beginObject()
        writer.member("accountId", account)
        writer.member("invokedBy", source)
        writer.endObject()
        writer.member("eventTime", Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601)
        writer.member("eventSource", source)
        writer.member("eventName", name)
        writer.member("awsRegion", region)
        writer.member("sourceIPAddress", source)
        writer.member("userAgent", source)
        writer.key("requestParameters")
        writer.null()
        writer.key("responseElements")
        writer.null()
        writer.member("eventID", id)
        writer.key("readOnly")
        writer.boolean(false)
        writer.member("eventType", "AwsServiceEvent")
        writer.key("managementEvent")
        writer.boolean(true)
        writer.member("recipientAccountId", account)
        writer.key("serviceEventDetails")
        writer.beginObject()
        details(&writer)
        writer.endObject()
        writer.member("eventCategory", "Management")
        writer.endObject()
        return writer.bytes
    }
}
