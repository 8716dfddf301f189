import Directory
import EventBridgeAPI
import Ledger
import Platform
import Wire

/// An archive: keeps the events of a bus that match its pattern.
struct StoredArchive: Record, Equatable {
    static let kind = "AWS::Events::Archive"

    let name: String
    /// What its rows are kept under: that of a later archive of the same name differs.
    let uniqueID: String
    let accountID: String
    let region: String
    /// The bus's ARN.
    let source: String
    /// Seconds since 1970.
    let created: Double
    var description: String?
    /// nil: all events.
    var pattern: String?
    /// 0: for ever.
    var retentionDays = 0

    var id: String { name }
    var arn: String { ARN.text("events", region, accountID, "archive/", name) }
}

/// A replay of an archive's events.
struct StoredReplay: Record, Equatable {
    static let kind = "AWS::Events::Replay"
    static let keepsHistory = false

    /// How far a replay is. The raw values are the API's.
    enum State: String, Codable, Sendable {
        case starting = "STARTING"
        case running = "RUNNING"
        case cancelled = "CANCELLED"
        case completed = "COMPLETED"
        case failed = "FAILED"

        var isOver: Bool { self != .starting && self != .running }
    }

    let name: String
    let accountID: String
    let region: String
    var description: String?
    /// The archive's ARN, and its unique id.
    let source: String
    let archive: String
    /// The bus's ARN, and those of the rules that the events are for; empty: all rules.
    let destination: String
    let rules: [String]
    /// Of the events that are replayed, in seconds since 1970.
    let from: Double
    let to: Double
    /// When it was started, in seconds since 1970.
    let started: Double
    var state = State.starting
    var reason: String?
    /// The time of the last event that was replayed.
    var last: Double?
    var ended: Double?
    /// The key of the last row; nil: none was read.
    var cursor: [UInt8]?

    var id: String { name }
    var arn: String { ARN.text("events", region, accountID, "replay/", name) }
    /// Those that are not over are counted without reading any.
    var references: [Reference] { state.isOver ? [] : [Reference(Self.isRunning, to: accountID)] }

    /// A relation of a replay that is not over to its account.
    static let isRunning = "running replay of account"
}
