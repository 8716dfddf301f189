import CloudWatchLogsAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

// Log streams. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>

extension CloudWatchLogs.CreateLogStream: WriteOperation, OnLogStream {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        guard try records.get(LogStream.self, LogStream.key(input.logStreamName), of: group.uniqueID) == nil else {
            throw CloudWatchLogs.Failure.resourceAlreadyExistsException("The specified log stream already exists")
        }
        let bytes = Identifiers.randomBytes(8)
        let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1
        try records.put(
            LogStream(
                group: group.uniqueID, name: input.logStreamName, number: max(1, Int64(clamping: number)),
                created: milliseconds(call.time)))
        return Output()
    }
}

extension CloudWatchLogs.DeleteLogStream: WriteOperation, OnLogStream {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        guard !group.isProtected else { throw .protectedLogGroup }
        let stream = try records.logStream(input.logStreamName, of: group)
        try records.delete(LogStream.self, stream.key, of: group.uniqueID)
        try records.schedule(
            EmptyLogStream(group: group.uniqueID, stream: stream.number), id: "\(group.uniqueID):\(stream.number)",
            at: call.time)
        return Output()
    }
}

extension CloudWatchLogs.DescribeLogStreams: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.logsAccess(
                try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier).policyARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let name = try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier)
        let group = try records.logGroup(name)
        let isByTime = input.orderBy == "LastEventTime"
        guard !isByTime || input.logStreamNamePrefix == nil else {
            throw .invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
        }
        let paging = try LogsPage.paging(input)
        let rows = records.of(name.scope)
        let isReversed = input.descending == true
        var found: [LogStream]
        if isByTime {
            let after = try paging.after.map { (text) throws(ServiceError) in try StreamMarker(text) }
            found = try rows.list(
                LogStream.self, by: LogStream.byLastEvent, of: group.uniqueID,
                RowIndexRange(after: after.map { ($0.value, LogStream.key($0.name)) }, isReversed: isReversed),
                limit: paging.limit + 1)
        } else {
            found = try rows.list(
                LogStream.self, of: group.uniqueID,
                RowRange(
                    RowPrefix(beginning: input.logStreamNamePrefix ?? ""),
                    after: paging.after.map { .key(LogStream.key($0)) }, isReversed: isReversed),
                limit: paging.limit + 1)
        }
        var marker: String?
        if found.count > paging.limit {
            found.removeLast()
            marker = found.last.map { Paging.marker(after: isByTime ? StreamMarker($0).text : $0.name) }
        }
        let views = found.map { $0.view(name) }
        return Output {
            $0.logStreams = views
            $0.nextToken = marker
        }
    }
}

/// Where a page of streams ends that are in the order of their last events.
private struct StreamMarker {
    let time: Int64
    let name: String

    var value: RowKey { RowKey(.number(time)) }
    var text: String { "\(time):\(name)" }

    init(_ stream: LogStream) { (time, name) = (stream.lastEvent ?? 0, stream.name) }

    /// - Throws: InvalidParameterException.
    init(_ text: String) throws(ServiceError) {
        guard let colon = text.firstIndex(of: ":"), let time = Int64(text[..<colon]) else { throw .invalidNextToken }
        (self.time, name) = (time, String(text[text.index(after: colon)...]))
    }
}

extension LogStream {
    fileprivate func view(_ group: LogGroupName) -> CloudWatchLogs.LogStream {
        CloudWatchLogs.LogStream {
            $0.logStreamName = name
            $0.creationTime = Int(created)
            $0.firstEventTimestamp = firstEvent.map { Int($0) }
            $0.lastEventTimestamp = lastEvent.map { Int($0) }
            $0.lastIngestionTime = lastIngestion.map { Int($0) }
            $0.uploadSequenceToken = sequenceToken
            $0.arn = group.arn(ofStream: name)
            // AWS has it no more: "always zero".
            $0.storedBytes = 0
        }
    }

    /// Every token is good: AWS ignores them.
    var sequenceToken: String { EventPlace(time: 0, stream: number, segment: segments, index: 0).text }
}
