import Ledger
import Platform
import Wire

/// Looks through what was counted for what is unusual, an hour at a time, and keeps what it has found.
struct InsightSearch: Sendable {
    let environment: Environment
    let source: InsightSource

    /// Seconds after its end until a minute is looked at: by then its calls are recorded, on whichever node.
    private static let settled = 60.0
    /// Rows, at a time.
    private static let rows = 128
    /// What is unusual at once, at most: beyond that, the first are enough to know.
    private static let mostOpen = 100
    /// Calls that are looked through for who made them, at most.
    private static let mostCalls = 5_000

    /// - Parameter now: by when all calls have been counted, in seconds since 1970.
    func run(at now: Double) async throws(ServiceError) {
        guard let id = source.watch else { return }
        let last = Int64(((now - Self.settled) / 60).rounded(.down)) - 1
        while true {
            let watch = try await environment.read(source.scope) { (records) throws(ServiceError) in
                try records.get(InsightWatch.self, id)
            }
            guard let watch, watch.minute < last else { break }
            let start = watch.minute + 1
            let found = try await steps(of: watch, in: start...min(last, start - start % 60 + 59))
            // That an hour goes on as it was need not be kept each minute.
            guard !found.changes.isEmpty || found.open != watch.open || found.minute % 60 == 59 else { break }
            try await keep(found, after: watch)
        }
        if case .trail(let trail) = source {
            try await InsightDelivery(environment: environment, trail: trail, watch: id).run()
        }
    }

    /// What an hour has brought.
    private struct Found: Sendable {
        /// The last minute that was looked at.
        let minute: Int64
        var open: [OpenInsight] = []
        var changes: [Change] = []

        struct Change: Sendable {
            let subject: RateSubject
            let episode: RateModel.Episode
            let isEnd: Bool
            /// Calls from its first minute to its last.
            let calls: Int64
            /// Of the seven days before.
            let usual: Attributions
        }
    }

    private func steps(of watch: InsightWatch, in minutes: ClosedRange<Int64>) async throws(ServiceError) -> Found {
        try await environment.read(source.scope) { (records) throws(ServiceError) in
            var found = Found(minute: minutes.upperBound)
            var open = Dictionary(watch.open.map { ($0.subject, $0.episode) }) { first, _ in first }
            let busy = try Self.busy(in: minutes, of: watch, records)
            for subject in watch.open.map(\.subject) + busy.filter({ open[$0] == nil }) {
                var episode = open.removeValue(forKey: subject)
                let counts = try RateHistory(subject, of: watch, until: minutes.upperBound, records)
                for step in RateModel.follow(minutes, &episode, count: { counts[$0] }) {
                    switch step {
                    case .started(let episode): found.changes.append(counts.change(subject, episode, isEnd: false))
                    case .ended(let episode): found.changes.append(counts.change(subject, episode, isEnd: true))
                    }
                }
                if let episode { found.open.append(OpenInsight(subject: subject, episode: episode)) }
            }
            return found
        }
    }

    /// What had so many calls in a minute that they may be unusual.
    private static func busy(
        in minutes: ClosedRange<Int64>, of watch: InsightWatch, _ records: Records
    ) throws(ServiceError) -> [RateSubject] {
        var busy: [RateSubject] = []
        let hour = RowKey(.number(minutes.lowerBound / 60))
        var range = RowIndexRange(RowPrefix(.number(minutes.lowerBound / 60)))
        while true {
            let rows = try records.list(CallRate.self, by: CallRate.byHour, of: watch.id, range, limit: Self.rows)
            for row in rows where minutes.contains(where: { row[$0] >= RateModel.leastCalls }) {
                busy.append(row.subject)
            }
            guard rows.count == Self.rows, busy.count < mostOpen, let last = rows.last else { return busy }
            range = RowIndexRange(RowPrefix(.number(minutes.lowerBound / 60)), after: (hour, last.key))
        }
    }

    /// The counts of a rate: of a time, and of the seven days before.
    private struct RateHistory {
        /// By hour.
        private let rows: [Int64: CallRate]

        init(
            _ subject: RateSubject, of watch: InsightWatch, until minute: Int64, _ records: Records
        ) throws(ServiceError) {
            let start = watch.open.first { $0.subject == subject }?.episode.start ?? minute
            let first = (start - RateModel.baselineMinutes) / 60 - 2
            let hours = minute / 60 - first + 1
            let rows = try records.list(
                CallRate.self, of: watch.id, RowRange(subject.prefix, after: .key(subject.key(first))),
                limit: Int(clamping: hours))
            self.rows = Dictionary(rows.map { ($0.hour, $0) }) { first, _ in first }
        }

        subscript(minute: Int64) -> Int64 { rows[minute / 60]?[minute] ?? 0 }

        func change(_ subject: RateSubject, _ episode: RateModel.Episode, isEnd: Bool) -> Found.Change {
            var usual = Attributions()
            for row in rows.values where row.hour < episode.start / 60 { usual.merge(row.attributions) }
            return Found.Change(
                subject: subject, episode: episode, isEnd: isEnd,
                calls: (episode.start...episode.last).reduce(0) { $0 + self[$1] }, usual: usual)
        }
    }

    // MARK: Keeping

    private func keep(_ found: Found, after watch: InsightWatch) async throws(ServiceError) {
        var records: [InsightRecord] = []
        for change in found.changes.prefix(Self.mostOpen) { records.append(try await record(of: change)) }
        let events = records
        let (source, environment) = (source, environment)
        try await environment.write(source.scope, requestID: "") { (records) throws(ServiceError) in
            guard var now = try records.get(InsightWatch.self, watch.id), now.minute == watch.minute else { return }
            now.minute = found.minute
            now.open = Array(found.open.prefix(Self.mostOpen))
            try records.put(now)
            for event in events { try event.keep(from: source, watch.id, records, environment) }
        }
    }

    private func record(of change: Found.Change) async throws(ServiceError) -> InsightRecord {
        let episode = change.episode
        return InsightRecord(
            subject: change.subject, start: episode.start, duration: episode.duration, isEnd: change.isEnd,
            baseline: episode.baseline.average, average: Double(change.calls) / Double(episode.duration),
            unusual: try await attributions(of: change), usual: change.usual)
    }

    /// Who made the unusual calls: as the event history has it, since counts are kept by the hour.
    private func attributions(of change: Found.Change) async throws(ServiceError) -> Attributions {
        var attributions = Attributions()
        let subject = change.subject
        let start = change.episode.start * 60_000
        let end = (change.episode.last + 1) * 60_000 - 1
        let window = source.window(from: start)
        var query = EventQuery(
            account: subject.account, from: start, to: end, attribute: EventAttribute("EventName", subject.name),
            limit: 500)
        var seen = 0
        repeat {
            let page: EventPage
            do throws(LedgerError) { page = try await environment.ledger.events(query) } catch {
                throw ServiceError(error)
            }
            for event in page.events {
                let call = CountedCall(event, for: source, in: window, environment)
                if call?.subjects.contains(subject) == true { call?.attribute(to: &attributions) }
            }
            seen += page.events.count
            query.cursor = page.cursor
        } while query.cursor != nil && seen < Self.mostCalls
        return attributions
    }
}
