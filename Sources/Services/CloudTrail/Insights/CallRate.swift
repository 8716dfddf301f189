import Ledger

/// What Insights looks for.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_InsightSelector.html>
enum InsightType: String, Sendable, Codable {
    case callRate = "ApiCallRateInsight"
    case errorRate = "ApiErrorRateInsight"
}

/// What a trail or an event data store has Insights look for, and in which events.
struct InsightSelector: Sendable, Codable, Hashable {
    let type: InsightType
    /// `Management`, `Data`
    let categories: [String]
}

/// What is counted as one rate: calls of an API of one account in one Region, or those of them that ended with one error.
struct RateSubject: Sendable, Codable, Hashable {
    let account: String
    let region: String
    let type: InsightType
    /// `iam.amazonaws.com`
    let source: String
    /// `CreateUser`
    let name: String
    /// Of an error rate.
    let error: String?

    /// What the keys of its rows begin with.
    fileprivate var parts: (RowKey.Part, RowKey.Part, RowKey.Part, RowKey.Part, RowKey.Part, RowKey.Part) {
        (.text(account), .text(region), .text(type.rawValue), .text(source), .text(name), .text(error ?? ""))
    }

    var prefix: RowPrefix {
        let (account, region, type, source, name, error) = parts
        return RowPrefix(account, region, type, source, name, error)
    }

    func key(_ hour: Int64) -> RowKey {
        let (account, region, type, source, name, error) = parts
        return RowKey(account, region, type, source, name, error, .number(hour))
    }
}

/// Who made calls, and how they ended: by what, how many.
struct Attributions: Sendable, Codable, Hashable {
    /// Of each sort so many are kept of an hour; AWS shows five.
    private static let most = 20

    var identities: Tally = [:]
    var agents: Tally = [:]
    var errors: Tally = [:]

    mutating func add(identity: String?, agent: String?, error: String?) {
        if let identity { identities.add(1, of: identity, keeping: Self.most) }
        if let agent { agents.add(1, of: agent, keeping: Self.most) }
        // As AWS has it: what ended well counts under this name.
        errors.add(1, of: error ?? "null", keeping: Self.most)
    }

    mutating func merge(_ other: Attributions) {
        for (value, count) in other.identities { identities.add(count, of: value, keeping: Self.most) }
        for (value, count) in other.agents { agents.add(count, of: value, keeping: Self.most) }
        for (value, count) in other.errors { errors.add(count, of: value, keeping: Self.most) }
    }
}

/// The calls of one hour, by the minute.
struct CallRate: TableRow {
    static let kind = "Gatehouse::CloudTrail::CallRate"
    /// Days that counts are kept, as AWS keeps them.
    static let keptDays: Int64 = 90

    /// ``InsightWatch/id``
    let watch: String
    let subject: RateSubject
    /// Hours since 1970.
    let hour: Int64
    /// Those minutes of the hour that had calls.
    var minutes: [Int64: Int64] = [:]
    var attributions = Attributions()

    var partition: String { watch }
    var key: RowKey { subject.key(hour) }
    var indexes: [RowIndex] { [RowIndex(Self.byHour, RowKey(.number(hour)))] }
    static let byHour = "hour"

    /// - Parameter minute: minutes since 1970.
    subscript(minute: Int64) -> Int64 { minute / 60 == hour ? minutes[minute % 60] ?? 0 : 0 }

    mutating func merge(_ other: CallRate) {
        for (minute, count) in other.minutes { minutes[minute, default: 0] += count }
        attributions.merge(other.attributions)
    }
}

/// How far a trail or an event data store is with its Insights. It is there as long as it has some and takes events.
///
/// It moves on in the transaction that keeps what was counted or found, so that each call is counted once and each Insights
/// event is there once, whatever happens in between.
struct InsightWatch: Record {
    static let kind = "Gatehouse::CloudTrail::InsightWatch"
    static let keepsHistory = false

    /// The id of the request that began it.
    let id: String
    /// Events from then on are counted, in milliseconds since 1970: seven days before it began.
    let start: Int64
    /// The number of the last segment of events that is counted.
    var cursor: Int64 = 0
    /// The last minute that was looked at, counted since 1970.
    var minute: Int64
    /// What is unusual now.
    var open: [OpenInsight] = []
}

/// Something unusual that goes on.
struct OpenInsight: Sendable, Codable, Hashable {
    let subject: RateSubject
    var episode: RateModel.Episode
}

/// An Insights event, as LookupEvents and ListInsightsData show it.
struct InsightEvent: TableRow {
    static let kind = "AWS::CloudTrail::InsightEvent"
    /// All of them lie together, whoever has them.
    static let scope = Scope(account: "")

    let account: String
    let region: String
    /// In milliseconds since 1970.
    let time: Int64
    /// Made of what it tells of: a second trail that finds the same makes the same event.
    let id: String
    let source: String
    let name: String
    /// The record: JSON.
    let body: String

    var key: RowKey { RowKey(.text(account), .text(region), .descending(time), .text(id)) }
    var indexes: [RowIndex] { [RowIndex(Self.byTime, RowKey(.number(time)))] }
    static let byTime = "time"
}

/// An Insights event that its trail has yet to deliver.
struct PendingInsight: TableRow {
    static let kind = "Gatehouse::CloudTrail::PendingInsight"

    /// ``InsightWatch/id``
    let watch: String
    let account: String
    let region: String
    let time: Int64
    let id: String
    let body: String

    var partition: String { watch }
    var key: RowKey { RowKey(.number(time), .text(id)) }
}
