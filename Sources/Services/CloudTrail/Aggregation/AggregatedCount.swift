import Crypto
import Ledger
import Platform
import Wire

/// What an aggregated event is about: one value of a template's primary dimension, in five minutes.
struct AggregationSubject: Sendable, Codable, Hashable {
    /// Milliseconds.
    static let windowSize: Int64 = 300_000

    /// Windows since 1970.
    let window: Int64
    let account: String
    let region: String
    /// `s3.amazonaws.com`
    let source: String
    let template: AggregationTemplate
    /// `GetObject`, `arn:aws:s3:::box`, `IAMUser:arn:aws:iam::111122223333:user/alice`
    let name: String

    var place: LogPlace { LogPlace(account: account, region: region) }

    /// The oldest window first. Names may be longer than keys: their hash stands for them.
    var key: RowKey {
        let text = [account, region, source, template.rawValue, name].joined(separator: "\n")
        return RowKey(.number(window), .text(SHA256.hash(data: Array(text.utf8)).hexadecimal))
    }
}

/// The data events of one subject that a trail has delivered, and that no aggregated event tells of yet.
struct AggregatedCount: TableRow, Equatable {
    static let kind = "Gatehouse::CloudTrail::AggregatedCount"
    /// So many values of a dimension are told.
    static let shown = 100

    /// ``LogSession/id``
    let session: String
    let subject: AggregationSubject
    var count: Int64 = 0
    /// By ``AggregationDimension``.
    var details: [String: Tally] = [:]
    /// Whether others of its window were delivered before it was counted.
    var isLate = false

    var partition: String { session }
    var key: RowKey { subject.key }

    mutating func add(_ values: [AggregationDimension: [String]]) {
        count += 1
        for dimension in subject.template.details {
            for value in values[dimension] ?? [] {
                details[dimension.rawValue, default: [:]].add(1, of: value, keeping: Self.shown)
            }
        }
    }

    mutating func merge(_ other: AggregatedCount) {
        count += other.count
        for (dimension, tally) in other.details {
            for (value, count) in tally {
                details[dimension, default: [:]].add(count, of: value, keeping: Self.shown)
            }
        }
    }
}

/// What a delivery counts. It is kept in the transaction that delivers the events, so that each counts once.
struct AggregatedCounts: Sendable {
    private var rows: [AggregationSubject: AggregatedCount] = [:]

    /// In no order.
    var all: some Collection<AggregatedCount> { rows.values }

    /// Counts an event that a trail delivers.
    /// - Parameters:
    ///   - time: of the event, in milliseconds since 1970.
    ///   - session: ``LogSession/id``
    mutating func add(
        _ event: RecordedEvent, at time: Int64, in place: LogPlace, of session: String,
        by templates: [AggregationTemplate]
    ) {
        guard !templates.isEmpty, event.value(of: .eventCategory) == EventCategory.data,
            let source = event.value(of: .eventSource)
        else { return }
        let values = Dictionary(
            uniqueKeysWithValues: AggregationDimension.allCases.map { ($0, event.values(of: $0)) })
        for template in templates {
            for name in values[template.primary] ?? [] {
                let subject = AggregationSubject(
                    window: time / AggregationSubject.windowSize, account: place.account, region: place.region,
                    source: source, template: template, name: name)
                rows[subject, default: AggregatedCount(session: session, subject: subject)].add(values)
            }
        }
    }

    /// Adds them to what was counted before.
    func keep(for session: LogSession, in records: MutableRecords) throws(ServiceError) {
        for row in rows.values {
            var sum = try records.get(AggregatedCount.self, row.key, of: session.id) ?? row.empty
            sum.merge(row)
            if let last = session.aggregatedThrough, row.subject.window <= last { sum.isLate = true }
            try records.put(sum)
        }
    }
}

extension AggregatedCount {
    fileprivate var empty: AggregatedCount { AggregatedCount(session: session, subject: subject) }

    /// About how many bytes it takes.
    var size: Int {
        details.values.reduce(subject.name.utf8.count) { $0 + $1.keys.reduce(0) { $0 + $1.utf8.count + 16 } }
    }
}
