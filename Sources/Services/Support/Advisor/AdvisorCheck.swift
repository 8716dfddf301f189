import Platform
import Posture

/// A check of Trusted Advisor: AWS's id and name, and from which of Gatehouse's checks, or quotas, its result comes.
/// <https://docs.aws.amazon.com/awssupport/latest/user/trusted-advisor-check-reference.html>
struct AdvisorCheck: Sendable {
    enum Category: String, Sendable {
        case security
        case faultTolerance = "fault_tolerance"
        case cost = "cost_optimizing"
        case limits = "service_limits"
    }

    /// The colour of a resource.
    enum Status: String, Sendable, Comparable {
        case ok, warning, error

        private var rank: Int { self == .ok ? 0 : self == .warning ? 1 : 2 }
        static func < (one: Status, other: Status) -> Bool { one.rank < other.rank }
        /// As the tables of service limits have it.
        var color: String { self == .ok ? "Green" : self == .warning ? "Yellow" : "Red" }
    }

    /// Where its result comes from.
    enum Source: Sendable {
        /// Checks of an audit, by their ids; and how bad a failure is.
        case checks([String], @Sendable (PostureFinding) -> Status)
        /// A quota of a service, by their names.
        case quota(String, String)
    }

    let id: String
    let name: String
    let description: String
    let category: Category
    /// Trusted Advisor's names of the services.
    let services: [String]
    let source: Source

    /// What the texts of a flagged resource are.
    var columns: [String] {
        switch source {
        case .quota: ["Region", "Service", "Limit Name", "Limit Amount", "Current Usage", "Status"]
        case .checks: ["Status", "Region", "Resource", "Reason", "Proof"]
        }
    }

    var arn: String { "arn:aws:trustedadvisor:::check/\(id)" }

    /// The checks of an audit that it takes.
    var postureChecks: [PostureCheck] {
        guard case .checks(let ids, _) = source else { return [] }
        return ids.compactMap { PostureCheck.named($0) }
    }

    static func named(_ id: String) -> AdvisorCheck? { byID[id] }

    private static let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }

    static let all: [AdvisorCheck] = security + faultTolerance + cost + limits

    private static func yellow(_ finding: PostureFinding) -> Status { .warning }
    private static func red(_ finding: PostureFinding) -> Status { .error }

    // MARK: The table

    private static let security: [AdvisorCheck] = [
        AdvisorCheck(
            id: "7DAFEmoDos", name: "MFA on Root Account",
            description: "Looks for an MFA device of the root user. Red: there is none.", category: .security,
            services: ["IAM"], source: .checks(["iam-root-mfa"], red)),
        AdvisorCheck(
            id: "zXCkfM1nI3", name: "IAM Use",
            description: "Looks for users and roles. Yellow: there is nobody but the root user.", category: .security,
            services: ["IAM"], source: .checks(["iam-in-use"], yellow)),
        AdvisorCheck(
            id: "Yw2K9puPzl", name: "IAM Password Policy",
            description: """
                Looks at the password policy of the account. Yellow: something that makes passwords strong is not asked for. \
                Red: there is no policy.
                """, category: .security, services: ["IAM"],
            source: .checks(["iam-password-length", "iam-password-reuse", "iam-password-strength"]) { finding in
                finding.verdict.proof.contains { $0.name == "password policy" && $0.value == "none" }
                    ? .error : .warning
            }),
        AdvisorCheck(
            id: "DqdJqYeRm5", name: "IAM Access Key Rotation",
            description: """
                Looks at the age of active access keys. Yellow: older than 90 days. Red: older than two years.
                """, category: .security, services: ["IAM"],
            source: .checks(["iam-key-rotation"]) { finding in
                let ages = finding.verdict.proof.compactMap { fact in
                    fact.value.split(separator: " ").first.flatMap { Int($0) }
                }
                return (ages.max() ?? 0) > 730 ? .error : .warning
            }),
        AdvisorCheck(
            id: "HCP4007jGY", name: "Security Groups - Specific Ports Unrestricted",
            description: """
                Looks for rules of security groups that open ports to all addresses. Red: ports by which servers are \
                attacked: 20, 21, 22, 1433, 1434, 3306, 3389, 4333, 5432, 5500, 27017. Yellow: others.
                """, category: .security, services: ["EC2"],
            source: .checks(["ec2-group-open-ports"]) { finding in
                finding.verdict.summary.contains("risky") ? .error : .warning
            }),
        AdvisorCheck(
            id: "1iG5NDGVre", name: "Security Groups - Unrestricted Access",
            description:
                "Looks for rules of security groups that open anything but mail and web to all addresses. Red: there is one.",
            category: .security, services: ["EC2"], source: .checks(["ec2-group-open-ports"], red)),
        AdvisorCheck(
            id: "Pfx0RwqBli", name: "Amazon S3 Bucket Permissions",
            description: "Looks for buckets that are public. Yellow: everybody can read. Red: everybody can write.",
            category: .security, services: ["S3"],
            source: .checks(["s3-public-read", "s3-public-write"]) { $0.check == "s3-public-write" ? .error : .warning }
        ),
        AdvisorCheck(
            id: "vjafUGJ9H0", name: "AWS CloudTrail Logging",
            description: "Looks for a trail that keeps all management events of all Regions. Red: there is none.",
            category: .security, services: ["CloudTrail"], source: .checks(["cloudtrail-all-regions"], red)),
        AdvisorCheck(
            id: "ePs02jT06w", name: "Amazon EBS Public Snapshots",
            description: "Looks for snapshots that everybody can make volumes of. Red: there is one.",
            category: .security,
            services: ["EBS"], source: .checks(["ec2-snapshot-public"], red)),
    ]

    private static let faultTolerance: [AdvisorCheck] = [
        AdvisorCheck(
            id: "BueAdJ7NrP", name: "Amazon S3 Bucket Logging",
            description: "Looks at the server access logs of buckets. Yellow: a bucket has none.",
            category: .faultTolerance,
            services: ["S3"], source: .checks(["s3-access-logs"], yellow)),
        AdvisorCheck(
            id: "R365s2Qddf", name: "Amazon S3 Bucket Versioning",
            description: "Looks at the versioning of buckets. Yellow: a bucket keeps no versions.",
            category: .faultTolerance,
            services: ["S3"], source: .checks(["s3-versioning"], yellow)),
        AdvisorCheck(
            id: "H7IgTzjTYb", name: "Amazon EBS Snapshots",
            description: "Looks at the age of the snapshots of volumes in use. Red: none of the last 30 days.",
            category: .faultTolerance, services: ["EBS"], source: .checks(["ec2-volume-snapshots"], red)),
    ]

    private static let cost: [AdvisorCheck] = [
        AdvisorCheck(
            id: "Z4AUBRNSmz", name: "Unassociated Elastic IP Addresses",
            description: "Looks for elastic addresses that lead to nothing. Yellow: there is one.", category: .cost,
            services: ["EC2"], source: .checks(["ec2-idle-addresses"], yellow)),
        AdvisorCheck(
            id: "DAvU99Dc4C", name: "Underutilized Amazon EBS Volumes",
            description: "Looks for volumes that are attached to nothing. Yellow: there is one.", category: .cost,
            services: ["EBS"], source: .checks(["ec2-idle-volumes"], yellow)),
        AdvisorCheck(
            id: "c18d2gz150", name: "Amazon EC2 instances stopped",
            description:
                "Looks for instances that are stopped and were last started 30 days ago or before. Yellow: there is one.",
            category: .cost, services: ["EC2"], source: .checks(["ec2-stopped-instances"], yellow)),
    ]

    private static let limits: [AdvisorCheck] = [
        limit("qS7VV0l7J9", "IAM Users", "IAM", "Users"), limit("sU7XX0l7J9", "IAM Group", "IAM", "Groups"),
        limit("oQ7TT0l7J9", "IAM Roles", "IAM", "Roles"), limit("pR7UU0l7J9", "IAM Policies", "IAM", "Policies"),
        limit("nO7SS0l7J9", "IAM Instance Profiles", "IAM", "Instance profiles"),
        limit("rT7WW0l7J9", "IAM Server Certificates", "IAM", "Server certificates"),
        limit("jL7PP0l7J9", "VPC", "EC2", "VPCs", "VPC"),
        limit("kM7QQ0l7J9", "VPC Internet Gateways", "EC2", "Internet gateways", "VPC"),
        limit("lN7RR0l7J9", "VPC Elastic IP Address", "EC2", "Elastic IP addresses", "VPC"),
        limit("eI7KK0l7J9", "EBS Active Snapshots", "EC2", "Snapshots", "EBS"),
        limit("fH7LL0l7J9", "EBS Active Volumes", "EC2", "Volumes", "EBS"),
    ]

    private static func limit(
        _ id: String, _ name: String, _ service: String, _ quota: String, _ shown: String? = nil
    ) -> AdvisorCheck {
        AdvisorCheck(
            id: id, name: name,
            description:
                "Compares how many there are with the quota. Yellow: from 80 percent of it on. Red: all of it.",
            category: .limits, services: [shown ?? service], source: .quota(service, quota))
    }
}
