import Directory
import Platform
import Wire

/// A CloudTrail record. No secret is in it: members that the model or the operation calls secret are hidden.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
struct EventRecord {
    private let attempt: Attempt
    private let result: Result<Structure, ServiceError>
    private let eventID: String

    init(_ attempt: Attempt, _ result: Result<Structure, ServiceError>, eventID: String) {
        self.attempt = attempt
        self.result = result
        self.eventID = eventID
    }

    /// Longest texts, in UTF-8 bytes, as AWS documents them.
    private static let longestText = 1024

    var json: [UInt8] {
        let arrival = attempt.authenticated.routed.arrival
        let caller = attempt.caller
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writeIdentity(caller, &writer)
        writer.member("eventTime", Timestamp(secondsSinceEpoch: arrival.time.rounded(.down)).iso8601)
        writer.member("eventSource", attempt.authenticated.service.eventSource)
        writer.member("eventName", attempt.operationName ?? "")
        writer.member("awsRegion", attempt.authenticated.region)
        writer.member("sourceIPAddress", arrival.sourceIP)
        writer.member("userAgent", Self.cut(arrival.request.header("user-agent") ?? ""))
        if case .failure(let error) = result {
            // CloudTrail names the model's exceptions by their shapes: NoSuchEntityException.
            writer.member("errorCode", attempt.authenticated.service.shape.errors[error.code]?.name ?? error.code)
            if !error.message.isEmpty { writer.member("errorMessage", Self.cut(error.message)) }
        }
        let secrets = attempt.decoded?.operation.secretMembers ?? []
        writer.key("requestParameters")
        if let input = attempt.decoded?.input, !input.isEmpty {
            writeCloudTrailJSON(input, to: &writer, hiding: secrets)
        } else {
            writer.null()
        }
        writer.key("responseElements")
        if case .success(let output) = result, attempt.decoded?.operation.recordsOutput == true,
            !output.isEmpty
        {
            writeCloudTrailJSON(output, to: &writer, hiding: secrets)
        } else {
            writer.null()
        }
        writer.member("requestID", arrival.requestID)
        writer.member("eventID", eventID)
        writer.member("readOnly", attempt.isReadOnly)
        writeResources(&writer)
        writer.member("eventType", "AwsApiCall")
        writer.member("managementEvent", true)
        writer.member("recipientAccountId", caller.accountID)
        writer.member("eventCategory", "Management")
        writer.endObject()
        return writer.bytes
    }

    /// STS names the role; IAM's own records have no such list.
    private func writeResources(_ writer: inout JSONWriter) {
        guard let decoded = attempt.decoded, attempt.authenticated.service.listsResourcesInRecords else { return }
        var resources: [(arn: ARN, type: String)] = []
        for (member, type) in attempt.authenticated.service.eventResources {
            guard case .string(let text) = decoded.input[member], let arn = ARN(parsing: text) else { continue }
            resources.append((arn, type))
        }
        guard !resources.isEmpty else { return }
        writer.key("resources")
        writer.beginArray()
        for resource in resources {
            writer.beginObject()
            writer.member("accountId", resource.arn.account)
            writer.member("type", resource.type)
            writer.member("ARN", resource.arn.description)
            writer.endObject()
        }
        writer.endArray()
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
    private func writeIdentity(_ caller: Caller, _ writer: inout JSONWriter) {
        writer.beginObject()
        switch caller.identity {
        case .root: writer.member("type", "Root")
        case .user: writer.member("type", "IAMUser")
        case .roleSession: writer.member("type", "AssumedRole")
        case .federatedUser: writer.member("type", "FederatedUser")
        case .webIdentity: writer.member("type", "WebIdentityUser")
        case .saml: writer.member("type", "SAMLUser")
        case .anonymous: writer.member("type", "Unknown")
        }
        writer.member("principalId", caller.userID)
        if let identity = caller.federatedIdentity {
            writer.member("userName", identity.subject)
            writer.member("identityProvider", identity.nameQualifier ?? identity.provider)
            writer.endObject()
            return
        }
        if !caller.arn.isEmpty { writer.member("arn", caller.arn) }
        writer.member("accountId", caller.accountID)
        if !caller.accessKeyID.isEmpty { writer.member("accessKeyId", caller.accessKeyID) }
        if case .user(let user) = caller.identity { writer.member("userName", user.name) }
        if let session = caller.session {
            writer.key("sessionContext")
            writer.beginObject()
            writeIssuer(caller, &writer)
            if let provider = session.federatedProvider, provider.contains(":oidc-provider/") {
                writer.key("webIdFederationData")
                writer.beginObject()
                writer.member("federatedProvider", provider)
                writer.key("attributes")
                writer.beginObject()
                writer.endObject()
                writer.endObject()
            }
            writer.key("attributes")
            writer.beginObject()
            writer.member("creationDate", Timestamp(secondsSinceEpoch: session.issued).iso8601)
            writer.member("mfaAuthenticated", session.mfaTime == nil ? "false" : "true")
            writer.endObject()
            if let identity = session.sourceIdentity { writer.member("sourceIdentity", identity) }
            if session.taskPolicyARN != nil { writer.member("assumedRoot", "true") }
            writer.endObject()
            if let delegate = session.delegateAccountID {
                writer.key("invokedByDelegate")
                writer.beginObject()
                writer.member("accountId", delegate)
                writer.endObject()
            }
        }
        writer.endObject()
    }

    /// Whose permissions a session has: the role's, or those of whoever vouches for a federated user.
    private func writeIssuer(_ caller: Caller, _ writer: inout JSONWriter) {
        let issuer: (type: String, id: String, arn: String, name: String?)
        switch caller.identity {
        case .roleSession(let role, _): issuer = ("Role", role.uniqueID, role.arn, role.name)
        case .federatedUser(let user?, _): issuer = ("IAMUser", user.uniqueID, user.arn, user.name)
        case .federatedUser(nil, _):
            issuer = ("Root", caller.accountID, "arn:aws:iam::\(caller.accountID):root", nil)
        case .root, .user, .webIdentity, .saml, .anonymous: return
        }
        writer.key("sessionIssuer")
        writer.beginObject()
        writer.member("type", issuer.type)
        writer.member("principalId", issuer.id)
        writer.member("arn", issuer.arn)
        writer.member("accountId", caller.accountID)
        if let name = issuer.name { writer.member("userName", name) }
        writer.endObject()
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= longestText ? text : String(decoding: text.utf8.prefix(longestText), as: UTF8.self)
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        boolean(value)
    }
}
