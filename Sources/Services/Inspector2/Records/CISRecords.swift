import Directory
import Inspector2API
import Ledger
import Wire

/// When instances are compared with the benchmarks of the Center for Internet Security, and which.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_CisScanConfiguration.html>
struct CISConfiguration: Record {
    static let kind = "AWS::InspectorV2::CisScanConfiguration"

    /// A UUID.
    let id: String
    let accountID: String
    let region: String
    var name: String
    /// `LEVEL_1`, `LEVEL_2`
    var level: String
    var schedule: CISSchedule
    /// Numbers of accounts, `SELF` or `ALL_ACCOUNTS`.
    var accounts: [String]
    /// Instances that have one of the values of each of these tags.
    var targetTags: [String: [String]]
    var tags: [Tag] = []

    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { OwnedName(.cisConfiguration, id, account: accountID, region: region).arn }
}

/// A comparison of instances with a benchmark.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_CisScan.html>
struct CISScan: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::CisScan"

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case running = "IN_PROGRESS"
        case completed = "COMPLETED"
        case cancelled = "CANCELLED"
        case failed = "FAILED"
    }

    /// A UUID.
    let id: String
    let accountID: String
    let region: String
    let configurationARN: String
    let name: String
    let level: String
    /// The account that has scheduled it.
    let scheduledBy: String
    /// Seconds since 1970.
    let started: Double
    let accounts: [String]
    let targetTags: [String: [String]]
    var status = Status.running
    var failedChecks = 0
    var totalChecks = 0

    var key: RowKey { RowKey(.text(id)) }
    var arn: String { OwnedName(.cisScan, id, account: accountID, region: region).arn }
}

/// An instance that a scan looks at.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_CisTargetResourceAggregation.html>
struct CISTarget: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::CisTarget"

    /// The ``CISScan/id``.
    let partition: String
    let accountID: String
    let resource: String
    let tags: [String: [String]]
    var platform: String?
    /// `COMPLETED`, `TIMED_OUT`, `CANCELLED`; nil: it is being looked at, or nobody has begun.
    var status: String?
    /// `SSM_UNMANAGED`, `UNSUPPORTED_OS`
    var reason: String?
    /// The token of the session in which an agent reports what it finds; nil: none has begun.
    var session: String?
    /// When the agent was last heard, in seconds since 1970.
    var lastHeard: Double?
    var passed = 0
    var failed = 0
    var skipped = 0

    var key: RowKey { RowKey(.text(resource)) }
}

/// What a check of a benchmark has found in an instance.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_CisScanResultDetails.html>
struct CISResult: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::CisResult"

    /// The ``CISScan/id``.
    let partition: String
    let accountID: String
    let resource: String
    let check: String
    /// What the check is about; nil: nobody has said it.
    var title: String?
    /// `PASSED`, `FAILED`, `SKIPPED`
    let status: String
    /// What the agent said besides.
    let details: String?
    let level: String
    let platform: String?

    var key: RowKey { RowKey(.text(resource), .text(check)) }
}
