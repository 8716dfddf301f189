import CloudWatchLogsAPI
import Directory
import Platform
import WAFV2API
import Wire

/// Puts the lines of a web ACL's log into a log group, as `delivery.logs.amazonaws.com`: a resource policy of CloudWatch Logs has to
/// let it.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html>
struct LogGroupWriter: Sendable {
    static let service = "delivery.logs.amazonaws.com"
    /// What a batch of PutLogEvents has at most: bytes, of which each event takes some besides its message, and events.
    private static let most = (bytes: 1_048_576, events: 10_000, span: 86_400_000)
    private static let overhead = 26

    let environment: Environment
    let acl: WAFName
    /// The group's name.
    let group: String

    /// The name of a log group of an account and Region, as a logging configuration names it.
    /// - Returns: nil: it is no such group.
    static func name(_ arn: ARN, of account: String, in region: String) -> String? {
        guard arn.service == "logs", arn.account == account, arn.region == region else { return nil }
        let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 && parts[2] == "*", parts[0] == "log-group" else { return nil }
        return String(parts[1])
    }

    private var identity: ServiceIdentity {
        .own(Self.service, for: "arn:aws:logs:\(acl.region):\(acl.accountID):*", in: acl.accountID)
    }

    /// `us-east-1_shop_0`
    private var stream: String { "\(acl.scope == .cloudFront ? "cloudfront" : acl.region)_\(acl.name)_0" }

    func write(_ lines: [String]) async throws(ServiceError) {
        for batch in Self.batches(lines) {
            do throws(ServiceError) { try await put(batch) } catch {
                guard error.code == "ResourceNotFoundException" else { throw error }
                try await makeStream()
                try await put(batch)
            }
        }
    }

    private func makeStream() async throws(ServiceError) {
        try await environment.services(in: acl.region).ensure(
            CloudWatchLogs.CreateLogStream.self,
            CloudWatchLogs.CreateLogStream.Input {
                $0.logGroupName = group
                $0.logStreamName = stream
            }, as: identity)
    }

    private func put(_ batch: [CloudWatchLogs.InputLogEvent]) async throws(ServiceError) {
        _ = try await environment.services(in: acl.region).call(
            CloudWatchLogs.PutLogEvents.self,
            CloudWatchLogs.PutLogEvents.Input {
                $0.logGroupName = group
                $0.logStreamName = stream
                $0.logEvents = batch
            }, as: identity)
    }

    private static func batches(_ lines: [String]) -> [[CloudWatchLogs.InputLogEvent]] {
        let timed = lines.map { (time: time(of: $0), line: $0) }.sorted { $0.time < $1.time }
        var batches: [[CloudWatchLogs.InputLogEvent]] = []
        var (bytes, first) = (0, 0)
        for (time, line) in timed {
            let size = line.utf8.count + overhead
            guard size <= most.bytes else { continue }
            let event = CloudWatchLogs.InputLogEvent {
                $0.timestamp = time
                $0.message = line
            }
            if let count = batches.last?.count, count < most.events, bytes + size <= most.bytes,
                time - first <= most.span
            {
                batches[batches.count - 1].append(event)
                bytes += size
            } else {
                batches.append([event])
                (bytes, first) = (size, time)
            }
        }
        return batches
    }

    /// When a line's request came, in milliseconds: what a line begins with.
    private static func time(of line: String) -> Int {
        let start = #"{"timestamp":"#
        guard line.hasPrefix(start) else { return 0 }
        return Int(line.dropFirst(start.count).prefix { $0.isNumber }) ?? 0
    }
}

extension Call {
    /// Makes sure that a log group is there, and that lines can be delivered to it: it puts the resource policy that they take, in the
    /// caller's name, unless that is there.
    /// - Throws: WAFLogDestinationPermissionIssueException where the caller may not, WAFInvalidParameterException.
    func prepareLogGroup(_ group: String, _ arn: String) async throws(ServiceError) {
        let document =
            #"{"Version":"2012-10-17","Statement":[{"Sid":"AWSLogDeliveryWrite20150319","Effect":"Allow","Principal":"#
            + #"{"Service":"\#(LogGroupWriter.service)"},"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"#
            + #""arn:aws:logs:\#(region):\#(accountID):log-group:\#(LoggingRules.prefix)*:*","Condition":{"StringEquals":"#
            + #"{"aws:SourceAccount":"\#(accountID)"},"ArnLike":{"aws:SourceArn":"arn:aws:logs:\#(region):\#(accountID):*"}}}]}"#
        do throws(ServiceError) {
            let groups = try await services.call(
                CloudWatchLogs.DescribeLogGroups.self,
                CloudWatchLogs.DescribeLogGroups.Input { $0.logGroupNamePrefix = group }, as: "wafv2.amazonaws.com")
            guard groups.logGroups?.contains(where: { $0.logGroupName == group }) == true else {
                throw .invalid(.logDestination, arn, .logDestination)
            }
            let policies = try await services.call(
                CloudWatchLogs.DescribeResourcePolicies.self, CloudWatchLogs.DescribeResourcePolicies.Input(),
                as: "wafv2.amazonaws.com")
            let isThere = policies.resourcePolicies?.contains {
                $0.policyName == LoggingRules.resourcePolicy && $0.policyDocument == document
            }
            guard isThere != true else { return }
            _ = try await services.call(
                CloudWatchLogs.PutResourcePolicy.self,
                CloudWatchLogs.PutResourcePolicy.Input {
                    $0.policyName = LoggingRules.resourcePolicy
                    $0.policyDocument = document
                }, as: "wafv2.amazonaws.com")
        } catch {
            guard error.code.hasPrefix("AccessDenied") else { throw error }
            throw WAFV2.Failure.wafLogDestinationPermissionIssueException(
                "The operation failed because you don't have the permissions that your logging configuration requires: "
                    + error.message)
        }
    }
}
