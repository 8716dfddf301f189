import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>

/// A log group by its full name.
struct LogGroupName: Hashable, Sendable {
    let account: String
    let region: String
    let name: String

    init(account: String, region: String, name: String) {
        (self.account, self.region, self.name) = (account, region, name)
    }

    /// One of the caller's.
    init(_ name: String, _ call: Call) { self.init(account: call.accountID, region: call.region, name: name) }

    /// Of an ARN, with or without what AWS lets follow the name: `:*`, `:log-stream:…`.
    /// - Returns: nil: it is no log group's.
    init?(arn text: String) {
        guard let arn = ARN(parsingFreely: text) ?? ARN(parsing: text), arn.service == "logs",
            arn.resource.hasPrefix(Self.prefix)
        else { return nil }
        let name = arn.resource.dropFirst(Self.prefix.utf8.count).prefix { $0 != ":" }
        self.init(account: arn.account, region: arn.region, name: String(name))
    }

    /// A name or an ARN.
    /// - Throws: InvalidParameterException for the ARN of something else, or in another Region.
    init(identifier text: String, _ call: Call) throws(ServiceError) {
        guard text.hasPrefix("arn:") else {
            self.init(text, call)
            return
        }
        guard let name = LogGroupName(arn: text), !name.name.isEmpty, name.region == call.region else {
            throw .invalidParameter("The specified log group identifier is not valid: \(text)")
        }
        self = name
    }

    static let prefix = "log-group:"

    /// As answers have it.
    var arn: String { "arn:aws:logs:\(region):\(account):\(Self.prefix)\(name)" }
    /// As policies are asked about the whole group: what ends with `:*` there is the group and its streams.
    var policyARN: String { "\(arn):log-stream:" }
    func arn(ofStream stream: String) -> String { "\(policyARN)\(stream)" }
    var scope: Scope { Scope(account: account, region: region) }
}

extension Call {
    func logsAccess(_ arn: String, _ context: [String: ContextValue] = [:]) -> Access {
        Access("logs:\(operation)", on: arn, context: context)
    }

    /// The group that a request names by its name or by its identifier.
    /// - Throws: InvalidParameterException unless it does so in one way.
    func logGroup(name: String?, identifier: String?) throws(ServiceError) -> LogGroupName {
        switch (name, identifier) {
        case (let name?, nil): return LogGroupName(name, self)
        case (nil, let identifier?): return try LogGroupName(identifier: identifier, self)
        default:
            throw .invalidParameter(
                "Exactly one of logGroupName and logGroupIdentifier has to be specified.")
        }
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func logGroup(_ name: LogGroupName) throws(ServiceError) -> LogGroup {
        guard let group = try of(name.scope).get(LogGroup.self, name.name) else { throw .noSuchLogGroup }
        return group
    }

    /// - Throws: ResourceNotFoundException.
    func logStream(_ name: String, of group: LogGroup) throws(ServiceError) -> LogStream {
        guard let stream = try of(group.scope).get(LogStream.self, LogStream.key(name), of: group.uniqueID) else {
            throw .noSuchLogStream
        }
        return stream
    }
}

/// An operation whose action has no resources.
protocol OnAllLogs: Platform.Operation {}

extension OnAllLogs {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess("*"))
    }
}

/// An operation on the log group that its request names.
protocol OnLogGroup: Platform.Operation where InputFields: CloudWatchLogs.WithLogGroupName {}

extension OnLogGroup {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(LogGroupName(input.logGroupName, call).policyARN))
    }
}

/// An operation on the log stream that its request names.
protocol OnLogStream: Platform.Operation
where InputFields: CloudWatchLogs.WithLogGroupName & CloudWatchLogs.WithLogStreamName {}

extension OnLogStream {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(LogGroupName(input.logGroupName, call).arn(ofStream: input.logStreamName)))
    }
}

extension ResourceType {
    /// Log groups and their streams: a group's tags, and the account's resource policies.
    static let logGroup = ResourceType("logs", LogGroupName.prefix, hasFreeNames: true) { access, _, call in
        LogGroupName(arn: access.resource).flatMap { call.environment.projection(LogsIndex.self).resource($0) }
    }
}
