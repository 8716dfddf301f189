import Directory
import Platform
import Wire

/// A CloudTrail record. No secret is in it: members that the model or the operation calls secret are hidden.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
struct EventRecord {
    private let attempt: Attempt
    private let result: Result<Structure, ServiceError>
    private let eventID: String
    private let recipient: String
    private let sharedEventID: String?
    private let resources: [RecordedResource]

    /// - Parameters:
    ///   - recipient: the account in whose history it is recorded.
    ///   - sharedEventID: the id that it shares with other accounts' records of the same call.
    ///   - resources: what the call was about.
    init(
        _ attempt: Attempt, _ result: Result<Structure, ServiceError>, eventID: String, recipient: String,
        sharedEventID: String?, resources: [RecordedResource]
    ) {
        self.attempt = attempt
        self.result = result
        self.eventID = eventID
        self.recipient = recipient
        self.sharedEventID = sharedEventID
        self.resources = resources
    }

    /// Longest texts, in UTF-8 bytes, as AWS documents them.
    private static let longestText = 1024

    var json: [UInt8] {
        let call = attempt.call
        let caller = call.caller
        let particulars = call.module.events
        let source = call.source
        let service = source.address == nil ? source.userAgent : nil
        var writer = JSONWriter(capacity: 1536)
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writeIdentity(caller, invokedBy: service, &writer)
        writer.member("eventTime", Timestamp(secondsSinceEpoch: call.time.rounded(.down)).iso8601)
        writer.member("eventSource", particulars.source)
        writer.member("eventName", attempt.eventName)
        writer.member("awsRegion", call.region)
        writer.member("sourceIPAddress", source.address ?? service ?? "")
        writer.member("userAgent", Self.cut(source.userAgent ?? ""))
        if case .failure(let error) = result {
            // CloudTrail names the model's exceptions by their shapes: NoSuchEntityException.
            let fault = particulars.namesFaults ? error.fault == .sender ? "Client." : "Server." : ""
            writer.member("errorCode", fault + (call.module.shape.errors[error.code]?.name ?? error.code))
            if !error.message.isEmpty { writer.member("errorMessage", Self.cut(error.message)) }
        }
        if let parameters = particulars.parameters?(attempt.decisions.map(\.resolved)) {
            writer.key("requestParameters")
            writer.json(parameters)
        } else {
            write("requestParameters", attempt.asked.input, &writer)
        }
        var output: Structure?
        if attempt.readable?.operation.recordsOutput == true { output = try? result.get() }
        write("responseElements", output, &writer)
        writeAdditional(&writer)
        writer.member("requestID", call.requestID)
        writer.member("eventID", eventID)
        writer.member("readOnly", attempt.isReadOnly)
        writeResources(&writer)
        writer.member("eventType", "AwsApiCall")
        let isData = attempt.isData
        writer.member("managementEvent", !isData)
        writer.member("recipientAccountId", recipient)
        if let sharedEventID { writer.member("sharedEventID", sharedEventID) }
        if let passage = call.source.endpoint {
            writer.member("vpcEndpointId", passage.endpointID)
            writer.member("vpcEndpointAccountId", passage.vpc.accountID)
        }
        writer.member("eventCategory", isData ? "Data" : "Management")
        write(source, &writer)
        if source.isOfConsole { writer.member("sessionCredentialFromConsole", "true") }
        writer.endObject()
        return writer.bytes
    }

    /// What the owner of a VPC endpoint is told: who called what, from where, and whether the endpoint's policy has kept the call from its
    /// service; nothing of what was asked and answered.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html>
    func networkJSON(_ passage: EndpointPassage, isDenied: Bool) -> [UInt8] {
        let call = attempt.call
        let source = call.source
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("userIdentity")
        writeIdentity(call.caller, invokedBy: nil, &writer)
        writer.member("eventTime", Timestamp(secondsSinceEpoch: call.time.rounded(.down)).iso8601)
        writer.member("eventSource", call.module.events.source)
        writer.member("eventName", attempt.eventName)
        writer.member("awsRegion", call.region)
        writer.member("sourceIPAddress", source.address ?? "")
        if isDenied {
            writer.member("errorCode", "VpceAccessDenied")
            writer.member("errorMessage", "The request was denied due to a VPC endpoint policy")
        }
        writer.member("requestID", call.requestID)
        writer.member("eventID", eventID)
        writer.member("eventType", "AwsVpceEvent")
        writer.member("recipientAccountId", recipient)
        if let sharedEventID { writer.member("sharedEventID", sharedEventID) }
        writer.member("vpcEndpointId", passage.endpointID)
        writer.member("vpcEndpointAccountId", passage.vpc.accountID)
        writer.member("eventCategory", "NetworkActivity")
        writer.endObject()
        return writer.bytes
    }

    /// An input or output without its secrets; null where nothing is left.
    private func write(_ name: StaticString, _ structure: Structure?, _ writer: inout JSONWriter) {
        let events = attempt.call.module.events
        let secrets = Secrets(attempt.secretMembers, kept: events.hiddenMembers)
        writer.key(name)
        if let structure, secrets.leavesAnything(of: structure) {
            writeCloudTrailJSON(structure, to: &writer, secrets, renaming: events.renamed)
        } else {
            writer.null()
        }
    }

    /// What the service adds; nothing where it has nothing to add.
    private func writeAdditional(_ writer: inout JSONWriter) {
        var members: [(name: String, value: String)] = []
        if let additional = attempt.call.module.events.additional,
            attempt.observed != nil || attempt.decisions.allSatisfy(\.decision.isAllowed)
        {
            members = additional(attempt.decisions.map(\.resolved), try? result.get())
        }
        members += attempt.call.notes
        if let denial = attempt.observed { members.append((name: "observedDenial", value: Self.cut(denial.message))) }
        guard !members.isEmpty else { return }
        writer.key("additionalEventData")
        writer.beginObject()
        for member in members { writer.member(member.name, member.value) }
        writer.endObject()
    }

    /// How the call was encrypted; nothing for one that was not.
    private func write(_ source: Call.Source, _ writer: inout JSONWriter) {
        guard let tls = source.tls else { return }
        writer.key("tlsDetails")
        writer.beginObject()
        writer.member("tlsVersion", tls.versionName)
        if let suite = tls.cipherSuite { writer.member("cipherSuite", suite) }
        if let host = source.host { writer.member("clientProvidedHostHeader", Self.cut(host)) }
        writer.endObject()
    }

    /// STS names the role; IAM's own records have no such list.
    private func writeResources(_ writer: inout JSONWriter) {
        let particulars = attempt.call.module.events
        guard particulars.listsResources else { return }
        var isFirst = true
        for resource in resources {
            guard let account = resource.account ?? ARN(parsingFreely: resource.name)?.account else { continue }
            if isFirst {
                writer.key("resources")
                writer.beginArray()
            }
            isFirst = false
            writer.beginObject()
            // The ARN of an object has no account.
            if !account.isEmpty { writer.member("accountId", account) }
            writer.member("type", resource.type)
            if resource.isPrefix {
                writer.member("ARNPrefix", resource.name)
            } else {
                writer.member("ARN", resource.name)
            }
            writer.endObject()
        }
        if !isFirst { writer.endArray() }
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
    private func writeIdentity(_ caller: Caller, invokedBy service: String?, _ writer: inout JSONWriter) {
        writer.beginObject()
        defer { writer.endObject() }
        if caller.servicePrincipal != nil {
            writer.member("type", "AWSService")
            if let service { writer.member("invokedBy", service) }
            return
        }
        if caller.isAnonymous, caller.accountID.isEmpty {
            // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html>
            writer.member("type", "AWSAccount")
            writer.member("principalId", "")
            writer.member("accountId", "ANONYMOUS_PRINCIPAL")
            return
        }
        if caller.isAnonymous {
            // Of an app's users.
            writer.member("type", "Unknown")
            writer.member("principalId", "Anonymous")
            return
        }
        if recipient != caller.accountID, caller.isOfAWS {
            // What the owner of a resource is told about a caller from another account.
            writer.member("type", "AWSAccount")
            writer.member("principalId", caller.userID)
            writer.member("accountId", caller.accountID)
            if let service { writer.member("invokedBy", service) }
            return
        }
        switch caller.identity {
        case .root: writer.member("type", "Root")
        case .user: writer.member("type", "IAMUser")
        case .roleSession: writer.member("type", "AssumedRole")
        case .federatedUser: writer.member("type", "FederatedUser")
        case .webIdentity: writer.member("type", "WebIdentityUser")
        case .saml: writer.member("type", "SAMLUser")
        case .service, .anonymous: writer.member("type", "Unknown")
        }
        writer.member("principalId", caller.userID)
        if let identity = caller.federatedIdentity {
            writer.member("userName", identity.subject)
            writer.member("identityProvider", identity.nameQualifier ?? identity.provider)
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
            if let provider = session.federatedProvider, !provider.contains(":saml-provider/") {
                writer.key("webIdFederationData")
                writer.beginObject()
                writer.member("federatedProvider", provider)
                writer.key("attributes")
                writer.beginObject()
                if !provider.hasPrefix("arn:") { writeClaims(of: provider, session, &writer) }
                writer.endObject()
                writer.endObject()
            }
            writer.key("attributes")
            writer.beginObject()
            writer.member("creationDate", Timestamp(secondsSinceEpoch: session.issued).iso8601)
            writer.member("mfaAuthenticated", session.mfaTime == nil ? "false" : "true")
            writer.endObject()
            if let identity = session.sourceIdentity { writer.member("sourceIdentity", identity) }
            // <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
            if case .one(let version)? = session.context?["ec2:roledelivery"] {
                writer.member("ec2RoleDelivery", version)
            }
            if session.taskPolicyARN != nil { writer.member("assumedRoot", "true") }
            writer.endObject()
            if let delegate = session.delegateAccountID {
                writer.key("invokedByDelegate")
                writer.beginObject()
                writer.member("accountId", delegate)
                writer.endObject()
            }
        }
        if let service { writer.member("invokedBy", service) }
    }

    /// What the token of a provider that every account knows has said: of an identity pool's.
    private func writeClaims(of provider: String, _ session: Session, _ writer: inout JSONWriter) {
        for claim in ["amr", "aud", "sub"] {
            let key = "\(provider):\(claim)"
            guard let value = session.context?[key] else { continue }
            writer.key(key)
            switch value {
            case .one(let text): writer.string(text)
            case .many(let texts):
                var list = JSONWriter()
                list.beginArray()
                for text in texts { list.string(text) }
                list.endArray()
                writer.string(String(decoding: list.bytes, as: UTF8.self))
            }
        }
    }

    /// Whose permissions a session has: the role's, or those of the user behind a federated user.
    private func writeIssuer(_ caller: Caller, _ writer: inout JSONWriter) {
        let issuer: (type: String, id: String, arn: String, name: String?)
        switch caller.identity {
        case .roleSession(let role, _): issuer = ("Role", role.uniqueID, role.arn, role.name)
        case .federatedUser(let user?, _): issuer = ("IAMUser", user.uniqueID, user.arn, user.name)
        case .federatedUser(nil, _):
            issuer = ("Root", caller.accountID, "arn:aws:iam::\(caller.accountID):root", nil)
        case .root, .user, .webIdentity, .saml, .service, .anonymous: return
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
    mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        boolean(value)
    }
}
