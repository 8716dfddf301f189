import CloudWatchAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>

/// The ARNs of what CloudWatch has.
enum CloudWatchARN {
    static let alarms = "alarm:"
    static let dashboards = "dashboard/"
    static let streams = "metric-stream/"

    static func alarm(_ name: String, _ account: String, _ region: String) -> String {
        "arn:aws:cloudwatch:\(region):\(account):alarm:\(name)"
    }
    static func dashboard(_ name: String, _ account: String) -> String {
        "arn:aws:cloudwatch::\(account):dashboard/\(name)"
    }
    static func stream(_ name: String, _ account: String, _ region: String) -> String {
        "arn:aws:cloudwatch:\(region):\(account):metric-stream/\(name)"
    }
}

extension Call {
    func watchAccess(_ arn: String, _ context: [String: ContextValue] = [:]) -> Access {
        Access("cloudwatch:\(operation)", on: arn, context: context)
    }

    func alarmARN(_ name: String) -> String { CloudWatchARN.alarm(name, accountID, region) }
    func streamARN(_ name: String) -> String { CloudWatchARN.stream(name, accountID, region) }
}

/// An operation whose action has no resources.
protocol OnAllOfCloudWatch: Platform.Operation {}

extension OnAllOfCloudWatch {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess("*"))
    }
}

/// An operation on the alarm that its request names.
protocol OnAlarm: Platform.Operation where InputFields: CloudWatch.WithAlarmName {}

extension OnAlarm {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess(call.alarmARN(input.alarmName)))
    }
}

/// An operation on the alarms that its request names.
protocol OnAlarms: Platform.Operation where InputFields: CloudWatch.WithAlarmNames {}

extension OnAlarms {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.alarmNames.isEmpty else { return .required(call.watchAccess(call.alarmARN("*"))) }
        return .required(input.alarmNames.map { call.watchAccess(call.alarmARN($0)) })
    }
}

/// An operation on the dashboard that its request names.
protocol OnDashboard: Platform.Operation where InputFields: CloudWatch.WithDashboardName {}

extension OnDashboard {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess(CloudWatchARN.dashboard(input.dashboardName, call.accountID)))
    }
}

extension ResourceType {
    /// Alarms, dashboards and metric streams, with their tags.
    static let ofCloudWatch = ResourceType("cloudwatch", "", hasOwnTagKey: false, hasFreeNames: true) {
        access, _, call in
        call.environment.projection(AlarmIndex.self).resource(access.resource)
    }
}

/// The pages of lists.
enum WatchPage {
    /// - Throws: InvalidNextToken for a token that is not one of ours.
    static func paging(_ token: String?, limit: Int?, usual: Int, most: Int) throws(ServiceError) -> Paging {
        do throws(ServiceError) {
            return try Paging(marker: token, maxItems: max(1, min(limit ?? usual, most)))
        } catch {
            throw .invalidToken
        }
    }
}
