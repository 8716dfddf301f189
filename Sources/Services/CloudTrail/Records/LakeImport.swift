import Ledger

/// An import: log files of a bucket that are copied into an event data store. It lies where it was started.
///
/// It moves on in the transaction that puts the events into the store, so that each file is there once, whatever happens in
/// between.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartImport.html>
struct LakeImport: Record {
    static let kind = "Gatehouse::CloudTrail::Import"
    static let keepsHistory = false

    /// What it does, in AWS's words.
    enum Status: String, Sendable, Codable {
        case initializing = "INITIALIZING"
        case inProgress = "IN_PROGRESS"
        case failed = "FAILED"
        case stopped = "STOPPED"
        case completed = "COMPLETED"

        var isActive: Bool { self == .initializing || self == .inProgress }
    }

    /// What has become of it so far.
    struct Statistics: Sendable, Codable, Hashable {
        var prefixesFound = 0
        var prefixesCompleted = 0
        var filesCompleted = 0
        var eventsCompleted = 0
        var failedEntries = 0
    }

    /// A UUID.
    let id: String
    /// The ARN of the event data store.
    let destination: String
    let uri: String
    let bucketRegion: String
    let roleARN: String
    /// Events from then on, and until then, in seconds since 1970; nil: all.
    let start: Double?
    let end: Double?
    let created: Double
    var updated: Double
    var status = Status.initializing
    var statistics = Statistics()
    /// The last key that is done with; nil: none is.
    var marker: String?
    /// The folder of that key.
    var folder: String?
    /// Of the files that failed, which are tried again, the last that is done with; nil: none are tried again.
    var retried: String?

    /// Of an event data store, while it is imported into.
    static let active = "activeImport"
    /// Of an account and Region.
    static let ongoing = "ongoing"
    static let ofStore = "eventDataStore"

    var references: [Reference] {
        [Reference(Self.ofStore, to: destination)]
            + (status.isActive
                ? [Reference(Self.active, to: destination), Reference(Self.ongoing, to: Self.ongoing)] : [])
    }
}

/// What an import could not take in.
struct ImportFailure: TableRow {
    static let kind = "Gatehouse::CloudTrail::ImportFailure"

    /// ``LakeImport/id``
    let importID: String
    /// A key, or what keys begin with, of the bucket.
    let location: String
    /// `FAILED`, `RETRY`, `SUCCEEDED`
    var status: String
    var type: String
    var message: String
    /// Seconds since 1970.
    var updated: Double

    static let failed = "FAILED"
    static let retry = "RETRY"
    static let succeeded = "SUCCEEDED"

    var partition: String { importID }
    var key: RowKey { RowKey(.text(location)) }
}
