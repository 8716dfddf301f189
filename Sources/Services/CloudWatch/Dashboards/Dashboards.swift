import CloudWatchAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// Keeps a dashboard; what is wrong with its body is told place by place.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html>
extension CloudWatch.PutDashboard: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.watchAccess(CloudWatchARN.dashboard(input.dashboardName, call.accountID), requestTags(input.tags)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = input.dashboardName
        guard (1...255).contains(name.utf8.count), name.utf8.allSatisfy(isOfName) else {
            throw CloudWatch.Failure.invalidParameterInput(
                "The value \(name) for field DashboardName contains invalid characters. It can only contain alphanumerics,"
                    + " dash (-) and underscore (_).")
        }
        let body = DashboardBody(input.dashboardBody)
        guard body.errors.isEmpty else {
            var error = CloudWatch.Failure.invalidParameterInput(
                "The dashboard body is invalid, there are \(body.errors.count) validation errors: ["
                    + body.errors.prefix(10).map { "\($0.path): \($0.message)" }.joined(separator: ", ") + "]")
            error.members = [
                "dashboardValidationMessages": .list(messages(body.errors).map { .structure($0.structure) })
            ]
            throw error
        }
        let dashboards = records.of(Scope(account: call.accountID))
        let old = try dashboards.get(StoredDashboard.self, name)
        if old == nil, try dashboards.count(StoredDashboard.self) >= call.quotas[.dashboards] {
            throw CloudWatch.Failure.limitExceeded(
                "The maximum number of dashboards of \(call.quotas[.dashboards]) is reached.")
        }
        let tags: [Directory.Tag]
        if let old { tags = old.tags } else { tags = try TagRules.ofCloudWatch.new(input.tags) }
        try dashboards.put(
            StoredDashboard(
                name: name, accountID: call.accountID, body: input.dashboardBody,
                tags: tags, updated: call.time))
        return Output { $0.dashboardValidationMessages = messages(body.warnings) }
    }

    private static func messages(
        _ found: [(path: String, message: String)]
    ) -> [CloudWatch.DashboardValidationMessage] {
        found.map { path, message in
            CloudWatch.DashboardValidationMessage {
                $0.dataPath = path
                $0.message = message
            }
        }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetDashboard.html>
extension CloudWatch.GetDashboard: ReadOperation, OnDashboard {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let dashboard = try records.of(Scope(account: call.accountID)).dashboard(input.dashboardName)
        return Output {
            $0.dashboardName = dashboard.name
            $0.dashboardArn = dashboard.arn
            $0.dashboardBody = dashboard.body
        }
    }
}

/// All or none.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteDashboards.html>
extension CloudWatch.DeleteDashboards: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.dashboardNames.isEmpty else {
            return .required(call.watchAccess(CloudWatchARN.dashboard("*", call.accountID)))
        }
        return .required(
            input.dashboardNames.map { call.watchAccess(CloudWatchARN.dashboard($0, call.accountID)) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let dashboards = records.of(Scope(account: call.accountID))
        for name in Set(input.dashboardNames).sorted() { try dashboards.delete(dashboards.dashboard(name)) }
        return Output()
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListDashboards.html>
extension CloudWatch.ListDashboards: ReadOperation, OnAllOfCloudWatch {
    private static let limit = 1000

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try WatchPage.paging(input.nextToken, limit: limit, usual: limit, most: limit)
        let prefix = input.dashboardNamePrefix ?? ""
        let page = try records.of(Scope(account: call.accountID)).page(StoredDashboard.self, paging) {
            $0.name.hasPrefix(prefix)
        }
        return Output {
            $0.dashboardEntries = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFound.
    fileprivate func dashboard(_ name: String) throws(ServiceError) -> StoredDashboard {
        guard let found = try get(StoredDashboard.self, name) else {
            throw CloudWatch.Failure.resourceNotFound("Dashboard \(name) does not exist")
        }
        return found
    }
}

extension Quota {
    /// The dashboards of an account.
    static let dashboards = Quota("Dashboards", 5000)
}
