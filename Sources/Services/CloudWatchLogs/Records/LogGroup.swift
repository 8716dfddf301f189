import Directory
import FoundationEssentials
import Ledger
import Platform

/// A log group: what log streams belong to, how long their events are kept, and who may see them.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>
struct LogGroup: Record {
    static let kind = "AWS::Logs::LogGroup"

    let name: String
    /// Unlike that of any other group, also of one that has had the name before: its rows are found by it.
    let uniqueID: String
    let accountID: String
    let region: String
    /// Milliseconds since 1970.
    let created: Int
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    let logClass: String
    /// nil: events never expire.
    var retentionInDays: Int?
    /// The ARN of the key that new events are encrypted with; nil: the root key does it.
    var kmsKeyID: String?
    /// The data keys that events were ever encrypted with, in the order of their numbers: one of each KMS key.
    var dataKeys: [DataKey] = []
    /// Whether it can't be deleted.
    var isProtected = false
    var tags: [Tag] = []
    /// Its own resource policy, beside those of the account; nil: it has none.
    var policy: OwnPolicy?
    /// Its own data protection policy; nil: it has none.
    var dataProtection: DataProtection?

    /// A data protection policy of one log group.
    struct DataProtection: Codable, Sendable, Equatable {
        let document: String
        /// Milliseconds since 1970.
        let updated: Int
    }

    /// A resource policy of one log group.
    struct OwnPolicy: Codable, Sendable, Equatable {
        let document: String
        /// Milliseconds since 1970.
        let updated: Int
        /// Another one with each change.
        let revision: String
    }

    /// A key that KMS has made for the group, and that only KMS can open.
    struct DataKey: Codable, Sendable, Equatable {
        let keyARN: String
        let sealed: Data
    }

    var id: String { name }
    var aliases: [String] { [uniqueID] }
    var requirements: [Requirement] { [.account(accountID)] }
    var scope: Scope { Scope(account: accountID, region: region) }
    var reference: LogGroupName { LogGroupName(account: accountID, region: region, name: name) }

    /// What binds data keys to the group; key policies can ask for it.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
    var encryptionContext: [String: String] { ["aws:logs:arn": reference.arn] }

    /// The number of the data key for new events; nil: there is none.
    var currentDataKey: Int? { kmsKeyID.flatMap { key in dataKeys.lastIndex { $0.keyARN == key } } }

    /// The first time, in milliseconds, whose events are still kept.
    func firstKept(at time: Double) -> Int64 {
        guard let retentionInDays else { return 0 }
        return max(0, milliseconds(time) - Int64(retentionInDays) * 86_400_000)
    }
}

/// A time in milliseconds since 1970, of one in seconds.
func milliseconds(_ time: Double) -> Int64 { Int64(exactly: (time * 1000).rounded(.down)) ?? 0 }
