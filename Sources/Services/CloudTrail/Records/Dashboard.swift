import Directory
import Ledger

/// A dashboard: queries that are run together, and how their results are to be looked at. It lies where it was made.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateDashboard.html>
struct Dashboard: Record {
    static let kind = "AWS::CloudTrail::Dashboard"

    /// A query, and how its result is shown.
    struct Widget: Sendable, Codable, Hashable {
        /// By which its queries are asked about.
        let alias: String
        let statement: String
        /// What stands for the question marks of the statement, in their order: `$StartTime$`, `$EndTime$`, `$Period$`.
        var parameters: [String]
        var view: [String: String]
    }

    /// When it is refreshed by itself.
    struct Schedule: Sendable, Codable, Hashable {
        /// Hours from one refresh to the next; nil: none are said.
        var hours: Int?
        /// Whether the hours were given as a day.
        var isDaily = false
        var isEnabled: Bool
        /// `07:30`, in UTC.
        var timeOfDay: String?
    }

    let name: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    var widgets: [Widget] = []
    var schedule: Schedule?
    var isProtected = false
    var tags: [Tag] = []
    /// Its resource-based policy, with principals as they are kept.
    var policy: String?
    var lastRefresh: String?
    /// Why the last scheduled refresh came to nothing.
    var lastFailure: String?

    var id: String { name }
    var aliases: [String] { [arn] }
    var requirements: [Requirement] { [.account(accountID)] }

    var scope: Scope { Scope(account: accountID, region: region) }
    var arn: String { Self.arn(name, in: scope) }

    static func arn(_ name: String, in scope: Scope) -> String {
        ARN.text("cloudtrail", scope.region, scope.account, "dashboard/", name)
    }
}
