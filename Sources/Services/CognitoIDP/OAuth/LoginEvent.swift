import Ledger
import Platform
import Wire

/// The event history's entry of a request to an endpoint of a user pool's domain.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/understanding-amazon-cognito-entries.html>
package struct LoginEvent: Sendable {
    /// `Token_POST`
    package let name: String
    package let domain: LoginDomain
    package let isReadOnly: Bool
    package let status: Int
    /// What is wrong; nil: nothing.
    package let error: (code: String, message: String)?
    /// All that the address and the form had.
    package let parameters: [(name: String, value: String)]

    package init(
        _ name: String, at domain: LoginDomain, isReadOnly: Bool, status: Int,
        error: (code: String, message: String)?, parameters: [(name: String, value: String)]
    ) {
        self.name = name
        self.domain = domain
        self.isReadOnly = isReadOnly
        self.status = status
        self.error = error
        self.parameters = parameters
    }

    /// Whatever else there is says who somebody is, or is a secret: it is hidden.
    private static let shown: Set<String> = [
        "client_id", "code_challenge_method", "deliveryMedium", "grant_type", "identity_provider", "idp_identifier",
        "lang",
        "logout_uri", "prompt", "redirect_uri", "response_type", "scope",
    ]
    private static let longestText = 1024
    private static let most = 50

    /// The event as the ledger keeps it.
    package func event(of request: SiteRequest, at time: Double) -> Event {
        let id = RequestIDs.make(time: time)
        return Event(
            id: id, requestID: request.requestID, account: domain.accountID, time: RequestIDs.milliseconds(time),
            attributes: [
                EventAttribute("EventName", name), EventAttribute("EventSource", "cognito-idp.amazonaws.com"),
                EventAttribute("ReadOnly", isReadOnly ? "true" : "false"),
            ], body: json(id, request, time), decision: Array("[]".utf8))
    }

    private func json(_ id: String, _ request: SiteRequest, _ time: Double) -> [UInt8] {
        var writer = JSONWriter(capacity: 1536)
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writer.beginObject()
        writer.member("accountId", domain.accountID)
        writer.endObject()
        writer.member("eventTime", Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601)
        writer.member("eventSource", "cognito-idp.amazonaws.com")
        writer.member("eventName", name)
        writer.member("awsRegion", domain.region)
        writer.member("sourceIPAddress", request.address)
        writer.member("userAgent", Self.cut(request.request.header("user-agent") ?? ""))
        if let error {
            writer.member("errorCode", error.code)
            if !error.message.isEmpty { writer.member("errorMessage", Self.cut(error.message)) }
        }
        writer.key("requestParameters")
        writer.null()
        writer.key("responseElements")
        writer.null()
        writer.key("additionalEventData")
        writer.beginObject()
        writer.key("responseParameters")
        writer.beginObject()
        writer.key("status")
        writer.integer(status)
        writer.endObject()
        writeParameters(&writer)
        writer.member("userPoolDomain", domain.fullName)
        writer.member("userPoolId", domain.poolID)
        writer.endObject()
        writer.member("requestID", request.requestID)
        writer.member("eventID", id)
        writer.key("readOnly")
        writer.boolean(isReadOnly)
        writer.member("eventType", "AwsServiceEvent")
        writer.key("managementEvent")
        writer.boolean(true)
        writer.member("recipientAccountId", domain.accountID)
        writer.key("serviceEventDetails")
        writer.beginObject()
        writer.member("serviceAccountId", domain.accountID)
        writer.endObject()
        writer.member("eventCategory", "Management")
        writer.endObject()
        return writer.bytes
    }

    private func writeParameters(_ writer: inout JSONWriter) {
        writer.key("requestParameters")
        writer.beginObject()
        var names: [String] = []
        for (name, _) in parameters where !names.contains(name) && names.count < Self.most { names.append(name) }
        for name in names {
            writer.key(Self.cut(name))
            writer.beginArray()
            for parameter in parameters where parameter.name == name {
                writer.string(Self.shown.contains(name) ? Self.cut(parameter.value) : "HIDDEN_DUE_TO_SECURITY_REASONS")
            }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func cut(_ text: String) -> String { String(decoding: text.utf8.prefix(longestText), as: UTF8.self) }
}
