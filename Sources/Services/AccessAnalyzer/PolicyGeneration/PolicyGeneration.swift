import Ledger
import Platform

/// A policy that is to be written from what a user or role did, or has been.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html>
struct PolicyGeneration: Record {
    static let kind = "Gatehouse::AccessAnalyzer::PolicyGeneration"
    static let keepsHistory = false
    /// How long it is listed and kept, in seconds.
    static let lifetime = 7.0 * 86_400

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case inProgress = "IN_PROGRESS"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
        case canceled = "CANCELED"
    }

    /// A trail, and of which Regions its events count.
    struct Trail: Sendable, Codable, Equatable {
        var arn: String
        var regions: [String]
        var allRegions: Bool
    }

    /// Where the events come from.
    struct CloudTrail: Sendable, Codable, Equatable {
        var trails: [Trail]
        var accessRole: String
        /// Seconds since 1970.
        var start: Double
        /// Seconds since 1970.
        var end: Double
    }

    /// Why it came to nothing.
    struct Failure: Sendable, Codable, Equatable {
        /// The names are AWS's.
        enum Code: String, Sendable, Codable {
            case authorization = "AUTHORIZATION_ERROR"
            case resourceNotFound = "RESOURCE_NOT_FOUND_ERROR"
            case quotaExceeded = "SERVICE_QUOTA_EXCEEDED_ERROR"
            case service = "SERVICE_ERROR"
        }

        var code: Code
        var message: String
    }

    /// What was written.
    struct Result: Sendable, Codable, Equatable {
        /// That name the resources which were used.
        var policies: [String] = []
        /// That have placeholders in their stead.
        var templates: [String] = []
        /// For services that were used without anything being known of the actions; nil: there are none.
        var serviceLevel: String?
        /// Whether it covers everything that was used.
        var isComplete = false
    }

    /// A UUID of version 7: the newest have the greatest.
    let id: String
    /// The ARN of the user or role.
    let principal: String
    /// nil: only what is known of the last use of services counts.
    let cloudTrail: CloudTrail?
    let clientToken: String?
    /// Seconds since 1970.
    let started: Double
    var status = Status.inProgress
    /// Seconds since 1970.
    var completed: Double?
    var failure: Failure?
    var result: Result?

    init(id: String, principal: String, cloudTrail: CloudTrail?, clientToken: String?, started: Double) {
        self.id = id
        self.principal = principal
        self.cloudTrail = cloudTrail
        self.clientToken = clientToken
        self.started = started
    }

    /// Those in progress are found without a look at the others.
    static let ongoing = "ongoing-policy-generation"

    var references: [Reference] { status == .inProgress ? [Reference(Self.ongoing, to: Self.ongoing)] : [] }
}

/// How much of it an account may have; AWS changes none of these.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html>
enum PolicyGenerationQuotas {
    /// At the same time.
    static let concurrent = 1
    /// Within 24 hours, those that were canceled among them.
    static let perDay = 50
    /// How much of the past a policy can be made of, in seconds: 90 days.
    static let span = 90.0 * 86_400
}
