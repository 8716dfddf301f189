import Directory
import IAMService
import Ledger
import Platform
import Wire

/// An entry of the event history that tells of a sign-in, or of what is done before or beside it.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
struct SignInEvent {
    /// Who it is about.
    enum Identity {
        case owner(PasswordOwner)
        /// Somebody typed a name that the account does not have. The event does not say it: it may be a password.
        case unknownUser
        /// A session of a role, or of a federated user.
        case session(Caller)
    }

    let name: String
    let identity: Identity
    let account: String
    /// nil: it succeeded.
    var failure: String?
    /// The members of `additionalEventData`.
    var details: [(name: String, value: String)] = []

    /// Puts it into the account's history, durably.
    func record(_ request: WebRequest, _ environment: Environment) async throws(ServiceError) {
        let event = event(request, environment)
        // Before the event: whoever restores last-used data from events must not miss it.
        if name == "ConsoleLogin", failure == nil, case .owner(let owner) = identity {
            environment.usage.takePassword(of: owner.id, in: account, time: event.time)
        }
        do throws(LedgerError) {
            try await environment.ledger.recordDurably(event)
        } catch {
            throw ServiceError(error)
        }
    }

    private func event(_ request: WebRequest, _ environment: Environment) -> Event {
        let time = environment.now()
        let id = RequestIDs.make(time: time)
        var attributes = [
            EventAttribute("EventName", name), EventAttribute("EventSource", "signin.amazonaws.com"),
            EventAttribute("ReadOnly", "false"),
        ]
        switch identity {
        case .owner(let owner): attributes.append(EventAttribute("Username", owner.name))
        case .session(let caller): attributes.append(EventAttribute("Username", caller.userName))
        case .unknownUser: break
        }
        return Event(
            id: id, requestID: request.arrival.requestID, account: account, time: RequestIDs.milliseconds(time),
            attributes: attributes, body: json(id, time, request, environment), decision: Array("[]".utf8))
    }

    private func json(_ id: String, _ time: Double, _ request: WebRequest, _ environment: Environment) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writer.beginObject()
        write(&writer)
        writer.endObject()
        writer.member("eventTime", Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601)
        writer.member("eventSource", "signin.amazonaws.com")
        writer.member("eventName", name)
        writer.member("awsRegion", isGlobal ? "us-east-1" : environment.region)
        writer.member("sourceIPAddress", request.arrival.address)
        writer.member(
            "userAgent", String(decoding: (request.header("user-agent") ?? "").utf8.prefix(1024), as: UTF8.self))
        if let failure { writer.member("errorMessage", failure) }
        writer.key("requestParameters")
        writer.null()
        writer.key("responseElements")
        writer.beginObject()
        writer.member(name, failure == nil ? "Success" : "Failure")
        writer.endObject()
        if !details.isEmpty {
            writer.key("additionalEventData")
            writer.beginObject()
            for detail in details { writer.member(detail.name, detail.value) }
            writer.endObject()
        }
        writer.member("eventID", id)
        writer.key("readOnly")
        writer.boolean(false)
        writer.member("eventType", "AwsConsoleSignIn")
        writer.key("managementEvent")
        writer.boolean(true)
        writer.member("recipientAccountId", account)
        writer.member("eventCategory", "Management")
        if let tls = request.arrival.tls {
            writer.key("tlsDetails")
            writer.beginObject()
            writer.member("tlsVersion", tls.versionName)
            if let suite = tls.cipherSuite { writer.member("cipherSuite", suite) }
            if let host = request.header("host") { writer.member("clientProvidedHostHeader", host) }
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    /// The root user signs in at the global endpoint.
    private var isGlobal: Bool {
        if case .owner(let owner) = identity { return owner.userName == nil }
        return false
    }

    private func write(_ writer: inout JSONWriter) {
        switch identity {
        case .owner(let owner):
            writer.member("type", owner.userName == nil ? "Root" : "IAMUser")
            writer.member("principalId", owner.id)
            writer.member("arn", owner.arn)
            writer.member("accountId", account)
            if let name = owner.userName { writer.member("userName", name) }
        case .unknownUser:
            writer.member("type", "IAMUser")
            writer.member("accountId", account)
            writer.member("accessKeyId", "")
            writer.member("userName", "HIDDEN_DUE_TO_SECURITY_REASONS")
        case .session(let caller):
            if case .federatedUser = caller.identity {
                writer.member("type", "FederatedUser")
            } else {
                writer.member("type", "AssumedRole")
            }
            writer.member("principalId", caller.userID)
            writer.member("arn", caller.arn)
            writer.member("accountId", account)
        }
    }
}
