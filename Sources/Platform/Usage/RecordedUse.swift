import Ledger
import Wire

/// One call as far as last-used data goes: who used what, when and where.
public struct RecordedUse: Sendable, Equatable {
    /// The unique id of the user or role; the account's number for the root user.
    public var principalID: String
    /// The principal's account.
    public var accountID: String
    /// The id of the access key, if it is a long-term one.
    public var longTermKey: String?
    /// `iam`
    public var service: String
    /// The operation's name: `CreateUser`.
    public var action: String
    /// The region that the call was made in.
    public var region: String
    /// Milliseconds since 1970.
    public var time: Int64

    /// Makes a use; see the properties.
    public init(
        principalID: String, accountID: String, longTermKey: String?, service: String, action: String, region: String,
        time: Int64
    ) {
        self.principalID = principalID
        self.accountID = accountID
        self.longTermKey = longTermKey
        self.service = service
        self.action = action
        self.region = region
        self.time = time
    }

    /// The use that a CloudTrail record tells of; nil when it tells of none.
    init?(_ event: Event, _ record: JSONValue) {
        guard record["eventType"]?.text == "AwsApiCall", let principal = Self.principal(event, record),
            let source = record["eventSource"]?.text, let service = source.split(separator: ".").first,
            let action = record["eventName"]?.text
        else { return nil }
        let identity = record["userIdentity"]
        self.init(
            principalID: principal, accountID: event.account,
            longTermKey: identity?["sessionContext"] == nil ? identity?["accessKeyId"]?.text : nil,
            service: String(service), action: action, region: record["awsRegion"]?.text ?? "", time: event.time)
    }

    /// Whose call an event tells of, by unique id: a session is its role's, or its user's. Nil for a caller from outside of AWS, and
    /// for one of another account than that in whose history it stands.
    public static func principal(of event: Event) -> String? {
        (try? JSONValue(parsing: event.body)).flatMap { principal(event, $0) }
    }

    /// Whose call a CloudTrail record tells of: a session is its role's, or its user's. Nil for a caller from outside of
    /// AWS, and for one of another account than that in whose history it stands.
    static func principal(_ event: Event, _ record: JSONValue) -> String? {
        guard let identity = record["userIdentity"], identity["accountId"]?.text == event.account,
            ["Root", "IAMUser", "AssumedRole", "FederatedUser"].contains(identity["type"]?.text ?? "")
        else { return nil }
        let holder = identity["sessionContext"]?["sessionIssuer"]?["principalId"]?.text ?? identity["principalId"]?.text
        return holder?.split(separator: ":").first.map(String.init)
    }

    /// Whether a CloudTrail record tells of a password that opened a console session.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
    static func isSignIn(_ record: JSONValue) -> Bool {
        record["eventName"]?.text == "ConsoleLogin" && record["responseElements"]?["ConsoleLogin"]?.text == "Success"
            && ["IAMUser", "Root"].contains(record["userIdentity"]?["type"]?.text ?? "")
    }
}

extension JSONValue {
    fileprivate var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
