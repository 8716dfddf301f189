import Directory
import FoundationEssentials
import Ledger

/// An event data store: events that are kept to be queried. It lies in its home Region.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventDataStore.html>
struct EventDataStore: Record {
    static let kind = "AWS::CloudTrail::EventDataStore"

    /// What it does, in AWS's words.
    enum Status: String, Sendable, Codable {
        case enabled = "ENABLED"
        case stopped = "STOPPED_INGESTION"
        case pendingDeletion = "PENDING_DELETION"
    }

    /// What a day of keeping costs on AWS; here it says how long is possible.
    enum BillingMode: String, Sendable, Codable {
        case extendable = "EXTENDABLE_RETENTION_PRICING"
        case fixed = "FIXED_RETENTION_PRICING"

        var usualDays: Int { self == .extendable ? 366 : 2557 }
        var mostDays: Int { self == .extendable ? 3653 : 2557 }
    }

    /// The end of its ARN: a UUID.
    let id: String
    var name: String
    /// The owner; where it is an organization's the management account.
    let accountID: String
    let homeRegion: String
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    var status = Status.enabled
    var selectors: [AdvancedSelector]
    var isMultiRegion = true
    /// The organization whose accounts' events it takes; nil: its own account's alone.
    var organizationID: String?
    var billingMode = BillingMode.extendable
    /// How long events are kept.
    var retentionDays: Int
    var isProtected = true
    /// The ARN of a KMS key.
    var kmsKeyID: String?
    var tags: [Tag] = []
    /// The ``IngestionSession``s that are not through: the one that is on, and those that have ended of late.
    var sessions: [String] = []
    /// Its resource-based policy, with principals as they are kept.
    var policy: String?
    var eventConfiguration: EventConfiguration?
    /// nil: none.
    var insightSelectors: [InsightSelector]?
    /// The ARN of the event data store that takes its Insights events.
    var insightsDestination: String?
    /// The ``InsightWatch`` that is on; nil: there are no Insights, or the store takes no events.
    var insightWatch: String?

    var aliases: [String] { [arn] }
    var requirements: [Requirement] { [.account(accountID)] }

    var scope: Scope { Scope(account: accountID, region: homeRegion) }
    var arn: String { ARN.text("cloudtrail", homeRegion, accountID, "eventdatastore/", id) }
    /// Since when events are kept at a time, in milliseconds since 1970.
    func oldest(at time: Double) -> Int64 { Int64((time - Double(retentionDays) * 86_400) * 1000) }
}

/// How large the events of an event data store may be, and what they are to tell besides.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventConfiguration.html>
struct EventConfiguration: Sendable, Codable, Hashable {
    struct Selector: Sendable, Codable, Hashable {
        /// `TagContext`, `RequestContext`
        let type: String
        let keys: [String]
    }

    /// The type of the selector that names keys of resources' tags.
    static let tags = "TagContext"

    /// Whether events may be as large as 1 MB, rather than 256 KB.
    var isLarge = false
    var selectors: [Selector] = []
}

/// How far an event data store is in the event history. It moves on in the transaction that puts the events into the store,
/// so that each is there once, whatever happens in between.
struct IngestionSession: Record {
    static let kind = "Gatehouse::CloudTrail::IngestionSession"
    static let keepsHistory = false

    let id: String
    /// ``EventDataStore/id``
    let store: String
    /// Events from then on, in milliseconds since 1970.
    let start: Int64
    /// Events until then, in milliseconds since 1970; nil: it goes on.
    var end: Int64?
    /// The number of the last segment of events that is done with.
    var cursor: Int64
}

/// Events of an event data store: their records, some hundreds in a row.
struct EventChunk: TableRow {
    static let kind = "AWS::CloudTrail::EventDataStore::Events"

    /// ``EventDataStore/id``
    let store: String
    let id: String
    /// Of the events in it, in milliseconds since 1970.
    let newest: Int64
    let count: Int64
    /// In bytes, before they were compressed.
    let size: Int64
    /// The records, one in a line, as gzip.
    let records: Data

    var partition: String { store }
    /// The oldest come first, so that what is too old is found at the beginning.
    var key: RowKey { RowKey(.number(newest), .text(id)) }
    var amounts: [String: Int64] { ["events": count, "bytes": size] }
}
