import CloudWatchLogsAPI
import Ledger
import Platform
import Wire

/// The names of groups that fit a pattern: `^/aws/|shop`.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListLogGroups.html>
extension CloudWatchLogs.ListLogGroups: ReadOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.includeLinkedAccounts != true, (input.accountIdentifiers ?? []).allSatisfy({ $0 == call.accountID })
        else {
            throw .notImplemented("Gatehouse has no monitoring accounts: ask each account for its log groups.")
        }
        guard (input.dataSources ?? []).isEmpty, (input.fieldIndexNames ?? []).isEmpty else {
            throw .notImplemented("Gatehouse has neither data sources nor field indexes of log groups.")
        }
        guard (input.logGroupTags ?? []).isEmpty else {
            throw .notImplemented("Gatehouse does not look for log groups by their tags: leave out logGroupTags.")
        }
        let patterns = input.logGroupNamePattern?.split(separator: "|") ?? []
        let paging = try LogsPage.paging(token: input.nextToken, limit: input.limit)
        let page = try records.page(LogGroup.self, paging) { group in
            (patterns.isEmpty || patterns.contains { group.fits($0) })
                && (input.logGroupClass.map { $0 == group.logClass } ?? true)
        }
        return Output {
            $0.logGroups = page.items.map { group in
                CloudWatchLogs.LogGroupSummary {
                    $0.logGroupName = group.name
                    $0.logGroupArn = group.reference.arn
                    $0.logGroupClass = group.logClass
                }
            }
            $0.nextToken = page.marker
        }
    }
}

extension LogGroup {
    /// Whether the name has a text, or, after a `^`, begins with it.
    fileprivate func fits(_ pattern: Substring) -> Bool {
        guard pattern.first == "^" else { return name.contains(pattern) }
        return name.utf8.starts(with: pattern.dropFirst().utf8)
    }
}
