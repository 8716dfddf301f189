import CloudWatchLogsAPI
import Ledger
import LogQueries
import Platform
import Wire

/// What finds an event again that a query has shown: `@ptr`.
struct LogPointer: Equatable {
    let group: LogGroupName
    let place: EventPlace

    init(group: LogGroupName, place: EventPlace) { (self.group, self.place) = (group, place) }

    /// - Throws: InvalidParameterException.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        guard let bytes = Base64URL.decode(text) else { throw .invalidPointer }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, let place = EventPlace(parts[2]) else { throw .invalidPointer }
        self.init(
            group: LogGroupName(account: String(parts[0]), region: call.region, name: String(parts[1])), place: place)
    }

    var text: String {
        Base64URL.encode(Array("\(group.account) \(group.name) \(place.text)".utf8))
    }
}

extension ServiceError {
    fileprivate static var invalidPointer: ServiceError {
        .invalidParameter("The specified logRecordPointer is invalid.")
    }
}

/// All fields of an event.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogRecord.html>
extension CloudWatchLogs.GetLogRecord: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try LogPointer(input.logRecordPointer, call).group
        return .required(
            [call.logsAccess(name.policyARN)] + (input.unmask == true ? [call.unmasking(name)] : []))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let (pointer, environment) = (try LogPointer(input.logRecordPointer, call), call.environment)
        guard let group = environment.projection(LogsIndex.self).group(pointer.group) else { throw .noSuchLogGroup }
        let keys = try await environment.projection(LogKeys.self).keys(of: group, environment)
        let (place, firstKept) = (pointer.place, group.firstKept(at: call.time))
        let found = try await environment.read(group.scope) { (records) throws(ServiceError) -> KeptEvent? in
            guard place.time >= firstKept else { return nil }
            let alive = LiveStreams(records, group)
            var walk = EventWalk(
                records, group, stream: place.stream, from: place.time, to: place.time, keys: keys
            ) { (segment) throws(ServiceError) in try alive.has(segment) }
            while let event = try walk.next(), event.place <= place { if event.place == place { return event } }
            return nil
        }
        guard let event = found else {
            throw CloudWatchLogs.Failure.resourceNotFoundException("The specified log record does not exist.")
        }
        let fields = LogFields(event.queried(of: pointer.group, unmasked: input.unmask == true)).all
        return Output {
            $0.logRecord = Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
        }
    }
}

/// Which fields events of a group have, and how many of them: of a quarter of an hour.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogGroupFields.html>
extension CloudWatchLogs.GetLogGroupFields: ComputeOperation {
    /// Events that are looked at.
    private static let most = 10_000

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier)
        return .required(call.logsAccess(name.policyARN))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let name = try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier)
        guard let group = call.environment.projection(LogsIndex.self).group(name) else { throw .noSuchLogGroup }
        let now = milliseconds(call.time)
        let center = input.time.map { Int64(min(max(0, $0), Int(Int64.max / 2000))) * 1000 }
        let (start, end) = center.map { ($0 - 480_000, $0 + 480_000) } ?? (now - 900_000, now)
        var reader = try await GroupReader(group, from: start, to: end, call.environment)
        var (counts, events): ([String: Int], Int) = ([:], 0)
        while events < Self.most, let portion = try await reader.next() {
            for event in portion.prefix(Self.most - events) {
                events += 1
                let fields = LogFields(event.queried(of: name, unmasked: false)).all
                for field in Set(fields.map(\.name)) { counts[field, default: 0] += 1 }
            }
            await Task.yield()
        }
        let (found, total) = (counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }, max(1, events))
        return Output {
            $0.logGroupFields = found.map { name, count in
                CloudWatchLogs.LogGroupField {
                    $0.name = name
                    $0.percent = count * 100 / total
                }
            }
        }
    }
}
