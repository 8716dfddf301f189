import CloudWatchLogsAPI
import Crypto
import Ledger
import Platform
import Wire

/// Events that are packed, and wait for the transaction that gives them their places.
public struct PackedEvents: Sendable {
    struct Part: Sendable {
        let first: Int64
        let last: Int64
        let size: Int64
        let content: [UInt8]
    }

    let group: LogGroup
    let parts: [Part]
    let rejected: CloudWatchLogs.RejectedLogEventsInfo?
    /// The number of the data key; -1: none.
    let dataKey: Int64
}

/// A batch is taken in one transaction with its event: what is answered is on disk, all of it.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
extension CloudWatchLogs.PutLogEvents: PreparedWriteOperation, OnLogStream {
    public static var secretMembers: Set<String> { ["logEvents"] }
    /// A batch of the largest size, of which JSON may take six bytes for each.
    public static var bodyLimit: Int { 8 << 20 }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PackedEvents {
        let environment = call.environment
        guard let group = environment.projection(LogsIndex.self).group(LogGroupName(input.logGroupName, call)) else {
            throw .noSuchLogGroup
        }
        guard group.logClass != "DELIVERY" else {
            throw .notImplemented("Gatehouse stores no events of log groups of the class DELIVERY.")
        }
        let events = input.logEvents.map { NewEvent(timestamp: Int64($0.timestamp), message: $0.message) }
        let rules = try PutRules(events, of: group, at: call.time)
        let number = group.currentDataKey
        let keys = environment.projection(LogKeys.self)
        var key: SymmetricKey?
        if let number {
            key = try await keys.key(number, of: group, environment)
            guard key != nil else { throw .unreadableEvents }
        }
        let opened = key
        let parts = try rules.hours.map { events throws(ServiceError) in
            PackedEvents.Part(
                first: events.first?.timestamp ?? 0, last: events.last?.timestamp ?? 0,
                size: events.reduce(0) { $0 + Int64($1.message.utf8.count + PutRules.overhead) },
                content: try SegmentContent.pack(events, of: group, opened))
        }
        return PackedEvents(
            group: group, parts: parts, rejected: rules.rejected, dataKey: number.map { Int64($0) } ?? -1)
    }

    public static func handle(
        _ input: Input, _ packed: PackedEvents, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let group = try records.logGroup(packed.group.reference)
        guard group.uniqueID == packed.group.uniqueID else { throw .noSuchLogGroup }
        var stream = try records.logStream(input.logStreamName, of: group)
        let now = milliseconds(call.time)
        for part in packed.parts {
            try records.put(
                LogSegment(
                    group: group.uniqueID, stream: stream.name, streamNumber: stream.number, number: stream.segments,
                    first: part.first, last: part.last, ingestion: now, dataKey: packed.dataKey, size: part.size,
                    content: part.content))
            stream.segments += 1
            stream.firstEvent = min(part.first, stream.firstEvent ?? part.first)
            stream.lastEvent = max(part.last, stream.lastEvent ?? part.last)
            stream.lastIngestion = now
        }
        if !packed.parts.isEmpty { try records.put(stream) }
        return Output {
            $0.nextSequenceToken = stream.sequenceToken
            $0.rejectedLogEventsInfo = packed.rejected
        }
    }
}
