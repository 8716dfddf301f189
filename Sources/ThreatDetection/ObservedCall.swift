public import WAF
public import Wire

/// A call of an API as the event history has it: what detectors go by.
///
/// It is made of a CloudTrail record, Gatehouse's own or AWS's.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
public struct ObservedCall: Sendable, Equatable {
    /// Who called.
    public struct Actor: Sendable, Equatable {
        /// `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`
        public var type = ""
        /// With a role's session, both: `AROAEXAMPLE:i-0123456789abcdef0`.
        public var principalID = ""
        public var arn = ""
        /// The account that the caller is of; empty where that is not told.
        public var accountID = ""
        public var accessKeyID = ""
        /// The user's name, or the role's.
        public var userName = ""
        /// When the session began, in seconds since 1970; nil: there is none.
        public var sessionStart: Double?
        public var usedMFA = false
        /// Whether it is a session of AssumeRoot.
        public var isAssumedRoot = false
        /// Whether EC2 has handed the session's credentials to an instance.
        public var isOfInstance = false

        public init() {}

        /// What stands for the caller whichever session it calls with: a user, a role, or the root user.
        public var id: String {
            let id = principalID.prefix { $0 != ":" }
            return id.isEmpty ? arn : String(id)
        }

        /// The name of a role's session; nil: it is none.
        public var sessionName: String? {
            guard let colon = principalID.firstIndex(of: ":") else { return nil }
            return String(principalID[principalID.index(after: colon)...])
        }

        /// The instance that the credentials were made for; nil: they were not made for one.
        public var instanceID: String? {
            guard isOfInstance, let name = sessionName, name.hasPrefix("i-") else { return nil }
            return name
        }
    }

    /// The event's own id, by which CloudTrail finds it.
    public var eventID = ""
    /// The account in whose history it stands.
    public var recipient = ""
    public var region = ""
    /// `iam.amazonaws.com`
    public var source = ""
    /// `CreateUser`
    public var name = ""
    /// Seconds since 1970.
    public var time = 0.0
    public var actor = Actor()
    /// The service that called, for the caller or by itself; nil: none did.
    public var invokedBy: String?
    /// As it is written: an address, or the name of a service.
    public var sourceAddress = ""
    public var userAgent = ""
    /// nil: the call was answered.
    public var errorCode: String?
    public var isReadOnly = true
    /// Whether it is about data, such as an object's, and not about management.
    public var isOfData = false
    /// nil: it came by no endpoint of a VPC.
    public var endpointID: String?
    /// The account of that endpoint's VPC.
    public var endpointAccount: String?
    public var request: JSONValue = .null
    public var response: JSONValue = .null
    public var additional: JSONValue = .null
    /// The bucket that it is about; nil: it is about none.
    public var bucket: String?
    /// The account that owns the bucket; nil: it is not told.
    public var bucketOwner: String?
    /// The object; nil: it is about none, or several.
    public var objectKey: String?

    public init() {}

    /// Whether the call was answered.
    public var succeeded: Bool { errorCode == nil }

    /// The client's address; nil: a service called.
    public var address: IPAddress? { IPAddress(sourceAddress) }

    /// `iam:CreateUser`
    public var api: String { "\(service):\(name)" }

    /// The service's own name, of `iam.amazonaws.com`: `iam`.
    public var service: Substring { source.prefix { $0 != "." } }

    /// Reads a record.
    /// - Returns: nil for what is no call by somebody: what a service did by itself, and what can't be read.
    public init?(record: [UInt8]) {
        guard let value = try? JSONValue(parsing: record) else { return nil }
        self.init(record: value)
    }

    /// Reads a record.
    /// - Returns: nil for what is no call by somebody.
    public init?(record: JSONValue) {
        guard case .object(let members) = record else { return nil }
        var type = "AwsApiCall"
        // Once through all: each look-up by name would be another walk.
        for member in members {
            switch member.key {
            case "eventID": eventID = member.value.text ?? ""
            case "recipientAccountId": recipient = member.value.text ?? ""
            case "awsRegion": region = member.value.text ?? ""
            case "eventSource": source = member.value.text ?? ""
            case "eventName": name = member.value.text ?? ""
            case "eventTime":
                time = member.value.text.flatMap(Timestamp.init(parsing:))?.secondsSinceEpoch ?? 0
            case "userIdentity": read(identity: member.value)
            case "sourceIPAddress": sourceAddress = member.value.text ?? ""
            case "userAgent": userAgent = member.value.text ?? ""
            case "errorCode": errorCode = member.value.text
            case "readOnly": isReadOnly = member.value == .boolean(true)
            case "eventCategory": isOfData = member.value == .string("Data")
            case "managementEvent": if member.value == .boolean(false) { isOfData = true }
            case "vpcEndpointId": endpointID = member.value.text
            case "vpcEndpointAccountId": endpointAccount = member.value.text
            case "requestParameters": request = member.value
            case "responseElements": response = member.value
            case "additionalEventData": additional = member.value
            case "resources": read(resources: member.value)
            case "eventType": type = member.value.text ?? type
            // Sign-ins tell of their failures so alone.
            case "errorMessage": if errorCode == nil { errorCode = member.value.text }
            default: break
            }
        }
        guard type == "AwsApiCall" || type == "AwsConsoleSignIn", actor.type != "AWSService", !name.isEmpty,
            !source.isEmpty
        else { return nil }
        if source == "s3.amazonaws.com" {
            if bucket == nil { bucket = request["bucketName"]?.text }
            if objectKey == nil { objectKey = request["key"]?.text }
        }
    }

    private mutating func read(identity: JSONValue) {
        actor.type = identity["type"]?.text ?? ""
        actor.principalID = identity["principalId"]?.text ?? ""
        actor.arn = identity["arn"]?.text ?? ""
        actor.accountID = identity["accountId"]?.text ?? ""
        actor.accessKeyID = identity["accessKeyId"]?.text ?? ""
        actor.userName = identity["userName"]?.text ?? ""
        invokedBy = identity["invokedBy"]?.text
        guard let context = identity["sessionContext"] else { return }
        actor.isAssumedRoot = context["assumedRoot"]?.isTrue ?? false
        actor.isOfInstance = context["ec2RoleDelivery"] != nil
        if let name = context["sessionIssuer"]?["userName"]?.text { actor.userName = name }
        let attributes = context["attributes"]
        actor.usedMFA = attributes?["mfaAuthenticated"]?.isTrue ?? false
        actor.sessionStart = attributes?["creationDate"]?.text.flatMap(Timestamp.init(parsing:))?.secondsSinceEpoch
    }

    private mutating func read(resources: JSONValue) {
        guard case .array(let elements) = resources else { return }
        let bucketPrefix = "arn:aws:s3:::"
        for element in elements {
            guard let arn = element["ARN"]?.text, arn.hasPrefix(bucketPrefix) else { continue }
            let rest = arn.dropFirst(bucketPrefix.count)
            if let slash = rest.firstIndex(of: "/") {
                objectKey = objectKey ?? String(rest[rest.index(after: slash)...])
            } else {
                bucket = bucket ?? String(rest)
                bucketOwner = bucketOwner ?? element["accountId"]?.text
            }
        }
    }
}

extension JSONValue {
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// CloudTrail writes some truths as texts.
    var isTrue: Bool { self == .boolean(true) || self == .string("true") }

    /// A member by the name that the API gives it: events begin it with a small letter or, in AWS's of S3, as it is.
    func named(_ name: String) -> JSONValue? {
        self[name] ?? self[name.prefix(1).lowercased() + name.dropFirst()]
    }
}
