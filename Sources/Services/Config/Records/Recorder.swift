import Directory
import Ledger
import Platform

/// A configuration recorder: what is recorded of an account in a Region, with whose role, and whether it is running.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorder.html>
struct Recorder: Record, TaggedResource {
    static let kind = "AWS::Config::ConfigurationRecorder"
    static let arnType = "configuration-recorder"

    /// Which types count.
    enum Strategy: String, Sendable, Codable {
        case all = "ALL_SUPPORTED_RESOURCE_TYPES"
        case inclusion = "INCLUSION_BY_RESOURCE_TYPES"
        case exclusion = "EXCLUSION_BY_RESOURCE_TYPES"
    }

    /// How often changes are recorded.
    enum Frequency: String, Sendable, Codable {
        case continuous = "CONTINUOUS"
        case daily = "DAILY"
    }

    /// Some types whose changes are recorded otherwise than those of the others.
    struct Override: Sendable, Codable, Equatable {
        var description: String?
        var types: [String]
        var frequency: Frequency
    }

    let name: String
    let accountID: String
    let region: String
    var roleARN: String
    var strategy = Strategy.all
    var includesGlobalTypes = false
    /// Those that are included, or excluded.
    var types: [String] = []
    var frequency = Frequency.continuous
    var overrides: [Override] = []
    /// The service that it is for, of a service-linked one.
    var servicePrincipal: String?
    var isRecording = false
    /// Seconds since 1970; nil: never.
    var started: Double?
    var stopped: Double?
    /// When ``isRecording`` changed last.
    var changed: Double?
    var tags: [Tag] = []

    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { Self.arn(name, accountID, region) }
    var scope: Scope { Scope(account: accountID, region: region) }

    static func arn(_ name: String, _ account: String, _ region: String) -> String {
        ConfigName.arn(account, region, "\(arnType)/\(name)/\(ConfigName.id(arnType, name, account, region))")
    }

    /// Whether it records resources of a type.
    /// - Parameter isGlobal: whether the type is one of IAM's.
    func records(_ type: String, isGlobal: Bool) -> Bool {
        switch strategy {
        case .inclusion: types.contains(type)
        case .exclusion: !types.contains(type)
        case .all: !isGlobal || includesGlobalTypes
        }
    }

    func frequency(of type: String) -> Frequency {
        overrides.first { $0.types.contains(type) }?.frequency ?? frequency
    }
}

/// How far a recorder's items have been numbered.
struct RecorderProgress: Record {
    static let kind = "Config::RecorderProgress"
    static let keepsHistory = false

    /// There is one in a scope.
    static let name = "items"
    var id = name
    /// The number of the next line of the log.
    var next: Int64 = 1
    /// The last line that a history file has.
    var delivered: Int64 = 0
}

/// For how long items are kept.
struct Retention: Record {
    static let kind = "Config::RetentionConfiguration"
    /// What AWS calls the only one that there can be.
    static let name = "default"
    /// Days, if nobody says otherwise.
    static let usual = 2557

    var id = name
    var days: Int
}
