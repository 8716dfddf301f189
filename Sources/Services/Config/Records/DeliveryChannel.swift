import Ledger
import Platform

/// Where AWS Config puts what it records.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeliveryChannel.html>
struct DeliveryChannel: Record {
    static let kind = "AWS::Config::DeliveryChannel"

    let name: String
    let accountID: String
    let region: String
    var bucket: String
    var prefix: String?
    var kmsKeyARN: String?
    var topicARN: String?
    /// `TwentyFour_Hours`; nil: snapshots are delivered on request alone.
    var snapshotFrequency: String?

    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }
}

/// How the deliveries of a channel have gone.
struct ChannelStatus: Record {
    static let kind = "Config::DeliveryChannelStatus"
    static let keepsHistory = false

    struct Delivery: Sendable, Codable, Equatable {
        /// `Success` or `Failure`
        var status: String
        var errorCode: String?
        var errorMessage: String?
        /// Seconds since 1970.
        var attempted: Double
        var succeeded: Double?
    }

    /// The channel's name.
    let id: String
    var snapshot: Delivery?
    var history: Delivery?
    var stream: Delivery?
}
