import Directory
import Ledger
import Wire

/// What Organizations itself records in the history of the management account, when something has come to its end that
/// was asked for before.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>
struct ServiceEvent {
    let name: String
    let account: String
    /// Seconds since 1970.
    let time: Double
    let details: @Sendable (inout JSONWriter) -> Void

    static func createAccountResult(_ request: AccountRequest, _ management: String, _ time: Double) -> ServiceEvent {
        ServiceEvent(name: "CreateAccountResult", account: management, time: time) { writer in
            writer.key("createAccountStatus")
            writer.beginObject()
            writer.member("id", request.id)
            writer.member("state", request.state.rawValue)
            // As everywhere in CloudTrail's records: the model calls the name sensitive.
            writer.member("accountName", "****")
            if let id = request.accountID { writer.member("accountId", id) }
            if let reason = request.failureReason { writer.member("failureReason", reason) }
            writer.member("requestedTimestamp", Timestamp(secondsSinceEpoch: request.requestDate).iso8601)
            writer.member("completedTimestamp", Timestamp(secondsSinceEpoch: time).iso8601)
            writer.endObject()
        }
    }

    static func closeAccountResult(_ account: Account, _ management: String, _ time: Double) -> ServiceEvent {
        ServiceEvent(name: "CloseAccountResult", account: management, time: time) { writer in
            writer.key("closeAccountStatus")
            writer.beginObject()
            writer.member("accountId", account.id)
            writer.member("state", "SUCCEEDED")
            writer.member(
                "requestedTimestamp", Timestamp(secondsSinceEpoch: account.closeDate ?? time).iso8601)
            writer.member("completedTimestamp", Timestamp(secondsSinceEpoch: time).iso8601)
            writer.endObject()
        }
    }

    private static let source = "organizations.amazonaws.com"

    var event: Event {
        var random = SystemRandomNumberGenerator()
        let milliseconds = Int64(exactly: (time * 1000).rounded(.down)) ?? 0
        let id = UUIDv7.make(milliseconds: milliseconds, using: &random)
        return Event(
            id: id, requestID: UUIDv7.make(milliseconds: milliseconds, using: &random), account: account,
            time: milliseconds,
            attributes: [
                EventAttribute("EventName", name), EventAttribute("EventSource", Self.source),
                EventAttribute("ReadOnly", "false"),
            ], body: json(id), decision: Array("[]".utf8))
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/non-api-aws-service-events.html>
    private func json(_ id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writer.beginObject()
        writer.member("accountId", account)
        writer.member("invokedBy", Self.source)
        writer.endObject()
        writer.member("eventTime", Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601)
        writer.member("eventSource", Self.source)
        writer.member("eventName", name)
        writer.member("awsRegion", "us-east-1")
        writer.member("sourceIPAddress", Self.source)
        writer.member("userAgent", Self.source)
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
