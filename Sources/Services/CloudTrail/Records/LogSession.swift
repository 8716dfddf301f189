import Ledger

/// What has come of a trail from one StartLogging on: how far it is in the event history, and the chains of its digests.
///
/// It moves on in the transaction that puts the files into the bucket, so that each event is in one file, whatever
/// happens in between.
struct LogSession: Record {
    static let kind = "Gatehouse::CloudTrail::LogSession"
    static let keepsHistory = false

    /// The digests of one account's events in one Region: each signs the one before.
    struct Chain: Sendable, Codable, Hashable {
        /// When the next digest's time begins, seconds since 1970.
        var start: Double
        /// The digest before; nil: the next is the first.
        var previous: Digest?
        /// The log files that the next digest will have.
        var files: [File] = []
    }

    /// A digest that was delivered.
    struct Digest: Sendable, Codable, Hashable {
        var bucket: String
        var key: String
        /// Of its JSON, SHA-256 in hexadecimal.
        var hash: String
        /// In hexadecimal.
        var signature: String
    }

    /// A log file that was delivered.
    struct File: Sendable, Codable, Hashable {
        var bucket: String
        var key: String
        /// Of its JSON, SHA-256 in hexadecimal.
        var hash: String
        /// Seconds since 1970.
        var newest: Double
        var oldest: Double
    }

    let id: String
    /// ``Trail/uniqueID``
    let trailID: String
    /// Events from then on, in milliseconds since 1970.
    let start: Int64
    /// Events until then, in milliseconds since 1970; nil: it goes on.
    var end: Int64?
    /// The number of the last segment of events that is done with.
    var cursor: Int64
    /// Since when digests are made, seconds since 1970; nil: none are.
    var digestsSince: Double?
    /// By ``LogPlace/chain``.
    var chains: [String: Chain] = [:]
    /// The last window of which aggregated events were delivered; nil: none was. What is counted of it later comes late.
    var aggregatedThrough: Int64?
}

/// What became of a trail's deliveries: GetTrailStatus tells.
struct TrailStatus: Record, Equatable {
    static let kind = "Gatehouse::CloudTrail::TrailStatus"
    static let keepsHistory = false

    /// ``Trail/uniqueID``
    let id: String
    /// All of them in seconds since 1970; the errors are S3's codes, and nil once a later delivery succeeds.
    var delivered: Double?
    var attempted: Double?
    var deliveryError: String?
    var digestDelivered: Double?
    var digestError: String?
    /// When the topic was told, and when it was tried; and SNS's code.
    var notified: Double?
    var notificationAttempted: Double?
    var notificationError: String?
    var logGroupDelivered: Double?
    var logGroupError: String?
}
