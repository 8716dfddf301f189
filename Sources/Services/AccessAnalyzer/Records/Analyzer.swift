import Directory
import Ledger

/// An analyzer: what it looks for, in which account or organization, and which of its findings are archived at once.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzerSummary.html>
struct Analyzer: Record {
    static let kind = "AWS::AccessAnalyzer::Analyzer"

    let name: String
    let accountID: String
    let region: String
    let type: AnalyzerType
    /// Seconds since 1970.
    let created: Double
    var configuration = Configuration()
    /// In the order of their names.
    var archiveRules: [ArchiveRule] = []
    var tags: [Tag] = []
    /// The service that made it, of a service-linked analyzer: `securityhub.amazonaws.com`.
    var managedBy: String?

    var id: String { name }
    var scope: Scope { Scope(account: accountID, region: region) }
    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { AnalyzerName(name, account: accountID, region: region).arn }

    /// What an analyzer may be told besides its type.
    struct Configuration: Sendable, Codable, Equatable {
        /// Of an analyzer of unused access: after how many days without use something counts as unused.
        var unusedAccessAge: Int?
        /// Of an analyzer of unused access: which users and roles are left out. One that meets all of a criterion is.
        var exclusions: [Exclusion]?
        /// Of an analyzer of internal access: which resources count. One that meets all of a criterion does.
        var inclusions: [Inclusion]?
    }

    /// Users and roles that an analyzer of unused access leaves out.
    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalysisRuleCriteria.html>
    struct Exclusion: Sendable, Codable, Equatable {
        var accountIDs: [String]?
        /// One that has all tags of one of these maps; an empty value stands for any.
        var resourceTags: [[String: String]]?
    }

    /// Resources that an analyzer of internal access looks at.
    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_InternalAccessAnalysisRuleCriteria.html>
    struct Inclusion: Sendable, Codable, Equatable {
        var accountIDs: [String]?
        /// `AWS::S3::Bucket`
        var resourceTypes: [String]?
        var resourceARNs: [String]?
    }
}

/// What an analyzer looks for, and where. The names are AWS's.
enum AnalyzerType: String, Sendable, Codable, CaseIterable {
    case account = "ACCOUNT"
    case organization = "ORGANIZATION"
    case accountUnusedAccess = "ACCOUNT_UNUSED_ACCESS"
    case organizationUnusedAccess = "ORGANIZATION_UNUSED_ACCESS"
    case accountInternalAccess = "ACCOUNT_INTERNAL_ACCESS"
    case organizationInternalAccess = "ORGANIZATION_INTERNAL_ACCESS"

    /// What kind of access its findings tell of.
    enum Search: Sendable {
        case external
        case unused
        case `internal`
    }

    var search: Search {
        switch self {
        case .account, .organization: .external
        case .accountUnusedAccess, .organizationUnusedAccess: .unused
        case .accountInternalAccess, .organizationInternalAccess: .internal
        }
    }

    /// Whether it is about an organization, not one account.
    var isOfOrganization: Bool {
        switch self {
        case .organization, .organizationUnusedAccess, .organizationInternalAccess: true
        case .account, .accountUnusedAccess, .accountInternalAccess: false
        }
    }
}

/// Findings that meet all of its criteria are archived when they are made.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-archive-rules.html>
struct ArchiveRule: Sendable, Codable, Equatable {
    let name: String
    var filter: [String: Criterion]
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    var updated: Double
}

/// What a property of a finding has to be like.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Criterion.html>
struct Criterion: Sendable, Codable, Equatable {
    var eq: [String]?
    var neq: [String]?
    var contains: [String]?
    var exists: Bool?
}
