import Directory
import Ledger

/// A finding of an analyzer: what it says, and what has become of it.
///
/// A row and not a record: there may be a hundred thousand of them, and nothing follows their changes.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html>
struct AnalyzedFinding: TableRow, Equatable {
    static let kind = "AWS::AccessAnalyzer::Finding"

    enum Status: String, Sendable, Codable, CaseIterable {
        case active = "ACTIVE"
        case archived = "ARCHIVED"
        case resolved = "RESOLVED"
    }

    /// The analyzer's ``Analyzer/findingsPartition``.
    let partition: String
    /// A UUID. The same access of the same resource has the same one whoever finds it, however often.
    let id: String
    /// The ARN of the resource; of unused access, that of the role or user.
    let resource: String
    /// `AWS::S3::Bucket`
    let resourceType: String
    /// The account that owns the resource.
    let owner: String
    /// What it says.
    var details: FindingDetails
    /// Why the analysis failed: `INTERNAL_ERROR`. nil: it did not.
    var error: String?
    var status: Status
    /// Seconds since 1970.
    let created: Double
    /// When its resource was last looked at, seconds since 1970.
    var analyzed: Double
    /// When anything of it last changed, seconds since 1970.
    var updated: Double

    var key: RowKey { RowKey(.text(id)) }

    var indexes: [RowIndex] {
        var indexes = [RowIndex(Self.byResource, RowKey(.text(resource)))]
        if status == .resolved { indexes.append(RowIndex(Self.byResolution, RowKey(.number(Int64(updated))))) }
        return indexes
    }

    /// What statistics are made of.
    var amounts: [String: Int64] {
        let what = error == nil ? details.statistic : Self.failed
        var amounts = [status.rawValue: Int64(1), Self.amount(status, what, ofType: resourceType): 1]
        if status == .active, details.kind.isOfUnusedAccess { amounts[Self.amount(what, of: owner)] = 1 }
        return amounts
    }

    /// The statistic of findings that say that the analysis failed.
    static let failed = "error"

    static func amount(_ status: Status, _ statistic: String, ofType type: String) -> String {
        "\(status.rawValue) \(statistic) \(type)"
    }

    static func amount(_ statistic: String, of account: String) -> String { "\(statistic) of \(account)" }

    static let byResource = "resource"
    /// Those that are resolved, by the time since when they are.
    static let byResolution = "resolved"
}

/// What a finding says.
enum FindingDetails: Sendable, Codable, Equatable {
    case external(ExternalAccess)
    case `internal`(InternalAccess)
    case unusedRole(lastAccessed: Double?)
    case unusedAccessKey(id: String, lastAccessed: Double?)
    case unusedPassword(lastAccessed: Double?)
    /// Service by service, in the order of their names.
    case unusedPermission([UnusedPermission])

    /// The names are AWS's.
    enum Kind: String, Sendable, CaseIterable {
        case external = "ExternalAccess"
        case unusedRole = "UnusedIAMRole"
        case unusedAccessKey = "UnusedIAMUserAccessKey"
        case unusedPassword = "UnusedIAMUserPassword"
        case unusedPermission = "UnusedPermission"
        case `internal` = "InternalAccess"

        static let unused: [Kind] = [.unusedRole, .unusedAccessKey, .unusedPassword, .unusedPermission]

        var isOfUnusedAccess: Bool { Self.unused.contains(self) }
    }

    var kind: Kind {
        switch self {
        case .external: .external
        case .internal: .internal
        case .unusedRole: .unusedRole
        case .unusedAccessKey: .unusedAccessKey
        case .unusedPassword: .unusedPassword
        case .unusedPermission: .unusedPermission
        }
    }

    /// The statistic of findings of public access.
    static let isPublic = "public"

    /// Under which name they are counted, for each type of resource.
    var statistic: String {
        if case .external(let access) = self, access.isPublic { return Self.isPublic }
        return kind.rawValue
    }

    /// By what a finding of a resource is the same as an earlier one: what else there is may change.
    var identity: String {
        switch self {
        case .external(let access): access.identity
        case .internal(let access): access.identity
        case .unusedRole: "unused role"
        case .unusedAccessKey(let id, _): "unused key \(id)"
        case .unusedPassword: "unused password"
        case .unusedPermission: "unused permission"
        }
    }
}

/// Somebody outside the zone of trust has access.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ExternalAccessDetails.html>
struct ExternalAccess: Sendable, Codable, Equatable {
    /// What a principal is named by: `AWS`, `Federated`, `CanonicalUser`.
    var principalType: String
    /// `*`, an account's number, an ARN, or a provider.
    var principal: String
    /// In the order of their names.
    var actions: [String]
    /// What must be so of a request, by the names of condition keys.
    var conditions: [String: String]
    var isPublic: Bool
    /// How access is granted; of buckets alone.
    var sources: [AccessSource]
    var resourceControl: ControlRestriction
    /// A request that proves it; nil where the analysis failed.
    var witness: FindingWitness?

    var identity: String {
        (["external", principalType, principal] + conditions.identity).joined(separator: "\n")
    }
}

/// A user or role inside the zone of trust has access.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_InternalAccessDetails.html>
struct InternalAccess: Sendable, Codable, Equatable {
    /// The ARN of the user or role.
    var principal: String
    var principalAccount: String
    /// Of a role; else of a user.
    var isRole: Bool
    /// In the order of their names.
    var actions: [String]
    /// What must be so of a request, by the names of condition keys.
    var conditions: [String: String]
    /// How access is granted; of buckets alone.
    var sources: [AccessSource]
    var resourceControl: ControlRestriction
    var serviceControl: ControlRestriction
    var witness: FindingWitness?

    var identity: String { (["internal \(principal)"] + conditions.identity).joined(separator: "\n") }
}

extension [String: String] {
    /// Conditions as parts of what a finding is known again by.
    fileprivate var identity: [String] { sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } }
}

/// Actions of a service that a user or role may do, and has not done.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionDetails.html>
struct UnusedPermission: Sendable, Codable, Equatable {
    struct Action: Sendable, Codable, Equatable {
        var name: String
        /// Seconds since 1970.
        var lastAccessed: Double?
    }

    /// `s3`
    var service: String
    /// Seconds since 1970; nil: never, as far as anybody knows.
    var lastAccessed: Double?
    /// Empty where it is the whole service.
    var actions: [Action]
}

/// How access is granted. The names are AWS's.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_FindingSource.html>
struct AccessSource: Sendable, Codable, Hashable {
    enum Kind: String, Sendable, Codable {
        case policy = "POLICY"
        case bucketACL = "BUCKET_ACL"
        case accessPoint = "S3_ACCESS_POINT"
        case accessPointAccount = "S3_ACCESS_POINT_ACCOUNT"
    }

    var kind: Kind
    var accessPointARN: String?
    var accessPointAccount: String?
}

/// What control policies of the organization have to do with a finding. The names are AWS's.
enum ControlRestriction: String, Sendable, Codable {
    /// There is one, and it is not taken into account.
    case applicable = "APPLICABLE"
    case failed = "FAILED_TO_EVALUATE_RCP"
    case notApplicable = "NOT_APPLICABLE"
    /// There is one, and what it takes away is not in the finding.
    case applied = "APPLIED"
}

/// A request that proves a finding: the policy engine has allowed it.
struct FindingWitness: Sendable, Codable, Equatable {
    /// The caller's ARN; empty of an anonymous caller.
    var principal: String
    var action: String
    var resource: String
    /// The condition keys that the request has, in lower case.
    var context: [String: [String]]
    /// The condition keys that it must not have, in lower case.
    var absent: [String]
}

extension Analyzer {
    /// Where its findings are: of its name, and of no later analyzer's of that name.
    var findingsPartition: String { "\(name)/\(Int64(created * 1000))" }
}
