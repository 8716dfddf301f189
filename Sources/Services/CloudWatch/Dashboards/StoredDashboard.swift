import CloudWatchAPI
import Directory
import Ledger
import Wire

/// A dashboard: what it shows is the client's business, and kept as it was sent. It is of the account, and of no Region.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DashboardEntry.html>
struct StoredDashboard: Record {
    static let kind = "AWS::CloudWatch::Dashboard"
    static let version = 1

    let name: String
    let accountID: String
    /// JSON.
    var body: String
    var tags: [Tag]
    /// Seconds since 1970.
    var updated: Double

    var id: String { name }
    var arn: String { CloudWatchARN.dashboard(name, accountID) }

    var view: CloudWatch.DashboardEntry {
        CloudWatch.DashboardEntry {
            $0.dashboardName = name
            $0.dashboardArn = arn
            $0.lastModified = Timestamp(secondsSinceEpoch: updated)
            $0.size = body.utf8.count
        }
    }
}
