import Directory
import Ledger

/// A channel: a way for events from outside of AWS into event data stores. It lies where it was made.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateChannel.html>
struct Channel: Record {
    static let kind = "AWS::CloudTrail::Channel"

    /// The end of its ARN: a UUID.
    let id: String
    var name: String
    /// `Custom`, or a partner of AWS's.
    let source: String
    let accountID: String
    let region: String
    /// The ARNs of the event data stores.
    var destinations: [String]
    var tags: [Tag] = []
    /// Its resource-based policy, with principals as they are kept.
    var policy: String?

    var aliases: [String] { [arn] }
    var requirements: [Requirement] { [.account(accountID)] }

    static let ofStore = "eventDataStore"
    var references: [Reference] { destinations.map { Reference(Self.ofStore, to: $0) } }

    var scope: Scope { Scope(account: accountID, region: region) }
    var arn: String { ARN.text("cloudtrail", region, accountID, "channel/", id) }
}

/// What has become of the events that were put into a channel: GetChannel tells.
struct ChannelStatus: Record {
    static let kind = "Gatehouse::CloudTrail::ChannelStatus"
    static let keepsHistory = false

    /// ``Channel/id``
    let id: String
    /// Seconds since 1970.
    var attempted: Double
    var attemptedEvent: String?
    var succeeded: Double?
    var succeededEvent: String?
    /// Of the last event that was not taken.
    var errorCode: String?
}
