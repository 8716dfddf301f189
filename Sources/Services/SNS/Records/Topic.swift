import Directory
import Ledger
import Platform

/// A topic.
/// <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>
struct Topic: Record, Equatable {
    static let kind = "AWS::SNS::Topic"

    let name: String
    let accountID: String
    let region: String
    /// Tells it from those that had its name before: what hangs on it hangs on this.
    let uniqueID: String
    /// Seconds since 1970.
    let created: Double
    /// Whether messages keep their order; it never changes.
    let isFIFO: Bool
    var displayName = ""
    /// With users and roles by their unique ids.
    var policy: String
    /// As it was set; nil: it was not.
    var deliveryPolicy: String?
    /// As it was set: an id, an ARN or an alias; nil: messages are not encrypted with KMS.
    var kmsKeyID: String?
    /// `1` or `2`; nil: it was never set, which means 1.
    var signatureVersion: String?
    /// `PassThrough`; nil: it was never set.
    var tracing: String?
    /// Of a FIFO topic: whether a message without a deduplication id gets the hash of its text.
    var deduplicatesByContent = false
    /// Of a FIFO topic: `Topic` or `MessageGroup`; nil: it was never set, which means `Topic`.
    var throughputScope: String?
    /// What of messages is kept from whom; nil: nothing.
    var dataProtectionPolicy: String?
    var tags: [Tag] = []

    var id: String { name }
    var arn: String { ARN.text("sns", region, accountID, "", name) }
    var scope: Scope { Scope(account: accountID, region: region) }
    var aliases: [String] { [uniqueID] }
    var requirements: [Requirement] { [.account(accountID)] }
}
