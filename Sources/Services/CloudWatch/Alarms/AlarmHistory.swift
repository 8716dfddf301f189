import CloudWatchAPI
import Ledger
import Platform
import Wire

/// What has happened to an alarm.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html>
struct StoredHistoryItem: TableRow {
    static let kind = "Gatehouse::CloudWatch::AlarmHistory"
    static let version = 1
    /// The index of one alarm's items.
    static let byAlarm = "alarm"
    /// Seconds that they are kept: 30 days.
    static let retention: Int64 = 30 * 86_400

    enum ItemType: String, Codable, Sendable {
        case configurationUpdate = "ConfigurationUpdate"
        case stateUpdate = "StateUpdate"
        case action = "Action"
    }

    let alarm: String
    /// `MetricAlarm`, `CompositeAlarm`
    let alarmType: String
    /// Milliseconds since 1970.
    let time: Int64
    /// Tells items of one time apart, in their order.
    let number: Int64
    let type: ItemType
    let summary: String
    /// JSON.
    let data: String

    var key: RowKey { RowKey(.number(time), .number(number)) }
    var indexes: [RowIndex] {
        [RowIndex(Self.byAlarm, RowKey(.text(alarm), .number(time), .number(number)))]
    }

    var view: CloudWatch.AlarmHistoryItem {
        CloudWatch.AlarmHistoryItem {
            $0.alarmName = alarm
            $0.alarmType = alarmType
            $0.timestamp = Timestamp(secondsSinceEpoch: Double(time) / 1000)
            $0.historyItemType = type.rawValue
            $0.historySummary = String(summary.prefix(255))
            $0.historyData = data
        }
    }
}

extension MutableRecords {
    /// Writes down what has happened to an alarm.
    /// - Parameter time: seconds since 1970.
    func note(
        _ type: StoredHistoryItem.ItemType, of alarm: String, _ alarmType: String, at time: Double, _ summary: String,
        _ write: (inout JSONWriter) -> Void
    ) throws(ServiceError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", "1.0")
        write(&writer)
        writer.endObject()
        let milliseconds = Int64(time * 1000)
        // After what was noted at the same time.
        let last = try list(
            StoredHistoryItem.self, RowRange(RowPrefix(.number(milliseconds)), isReversed: true), limit: 1
        ).first
        let item = StoredHistoryItem(
            alarm: alarm, alarmType: alarmType, time: milliseconds, number: (last?.number ?? 0) + 1, type: type,
            summary: summary, data: String(decoding: writer.bytes, as: UTF8.self))
        try put(item)
        if try scheduledTime(of: RollUpMetrics.self, id: RollUpMetrics.id) == nil {
            try schedule(RollUpMetrics(), id: RollUpMetrics.id, at: time + Double(StoredHistoryItem.retention))
        }
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>
extension CloudWatch.DescribeAlarmHistory: ReadOperation {
    /// So many items are looked at for a page, however few are asked for.
    private static let most = 10_000

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess(call.alarmARN(input.alarmName ?? "*")))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.alarmContributorId == nil else {
            throw .notImplemented("Gatehouse's alarms watch one time series, and have no contributors.")
        }
        let limit = max(1, min(input.maxRecords ?? 100, 100))
        let isReversed = input.scanBy != "TimestampAscending"
        let times = (
            first: input.startDate.map { Int64($0.secondsSinceEpoch * 1000) } ?? 0,
            last: input.endDate.map { Int64($0.secondsSinceEpoch * 1000) } ?? .max
        )
        var place = try HistoryPlace(input.nextToken)
        if place == nil {
            place =
                isReversed
                ? times.last < .max ? HistoryPlace(time: times.last + 1, number: 0) : nil
                : times.first > 0 ? HistoryPlace(time: times.first - 1, number: .max) : nil
        }
        var (found, seen) = ([StoredHistoryItem](), 0)
        while true {
            let items = try page(input.alarmName, place, isReversed, records)
            for item in items {
                place = HistoryPlace(time: item.time, number: item.number)
                seen += 1
                if isReversed ? item.time < times.first : item.time > times.last { return output(found, nil) }
                guard matches(item, input) else { continue }
                found.append(item)
                if found.count == limit { return output(found, place) }
            }
            guard items.count == portion else { return output(found, nil) }
            if seen >= most { return output(found, place) }
        }
    }

    private static let portion = 128

    private static func page(
        _ alarm: String?, _ place: HistoryPlace?, _ isReversed: Bool, _ records: Records
    ) throws(ServiceError) -> [StoredHistoryItem] {
        guard let alarm else {
            let range = RowRange(after: place.map { .key($0.key) }, isReversed: isReversed)
            return try records.list(StoredHistoryItem.self, range, limit: portion)
        }
        let after = place.map { place in
            (RowKey(.text(alarm), .number(place.time), .number(place.number)), place.key)
        }
        let range = RowIndexRange(RowPrefix(.text(alarm)), after: after, isReversed: isReversed)
        return try records.list(StoredHistoryItem.self, by: StoredHistoryItem.byAlarm, range, limit: portion)
    }

    private static func matches(_ item: StoredHistoryItem, _ input: Input) -> Bool {
        // Metric alarms alone, unless the request says otherwise.
        let types = input.alarmTypes ?? []
        guard types.isEmpty ? input.alarmName != nil || item.alarmType == "MetricAlarm" : types.contains(item.alarmType)
        else { return false }
        return input.historyItemType.map { $0 == item.type.rawValue } ?? true
    }

    private static func output(_ items: [StoredHistoryItem], _ next: HistoryPlace?) -> Output {
        Output {
            $0.alarmHistoryItems = items.map(\.view)
            $0.nextToken = next?.token
        }
    }
}

private struct HistoryPlace {
    let time: Int64
    let number: Int64

    init(time: Int64, number: Int64) { (self.time, self.number) = (time, number) }

    /// - Throws: InvalidNextToken for what is none of ours; nil where there is none.
    init?(_ token: String?) throws(ServiceError) {
        guard let token else { return nil }
        let after: String?
        do throws(ServiceError) { after = try Paging(marker: token, maxItems: nil).after } catch { throw .invalidToken }
        let numbers = (after ?? "").split(separator: "/").compactMap { Int64($0) }
        guard numbers.count == 2 else { throw .invalidToken }
        (time, number) = (numbers[0], numbers[1])
    }

    var key: RowKey { RowKey(.number(time), .number(number)) }
    var token: String { Paging.marker(after: "\(time)/\(number)") }
}
