import Ledger
import Platform
import Wire

/// Counts calls for Insights, and looks for what is unusual, about every minute.
struct WatchCalls: RecurringJob {
    static let kind = "CloudTrail::WatchCalls"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        for source in context.environment.insightSources {
            // What goes wrong with one is tried again the next time, and keeps no other from going on.
            try? await CallCount(environment: context.environment, source: source).run()
        }
    }
}

/// Counts the calls of the event history for a trail or an event data store, by the minute.
struct CallCount: Sendable {
    /// Events: what a pass counts at most, about.
    private static let most = 20_000

    let environment: Environment
    let source: InsightSource

    /// Counts what is recorded so far, and looks for what is unusual in it.
    func run() async throws(ServiceError) {
        guard let id = source.watch else { return }
        let now = environment.now()
        let end = try await HistoryWalk(environment: environment).end()
        while try await pass(id, through: end) {}
        try await InsightSearch(environment: environment, source: source).run(at: now)
    }

    /// - Returns: whether there may be more.
    private func pass(_ id: String, through end: Int64) async throws(ServiceError) -> Bool {
        let watch = try await environment.read(source.scope) { (records) throws(ServiceError) in
            try records.get(InsightWatch.self, id)
        }
        guard let watch, watch.cursor < end else { return false }
        let window = source.window(from: watch.start)
        var rates: [RowKey: CallRate] = [:]
        var analyzed = 0
        let cursor = try await HistoryWalk(environment: environment).pass(
            from: watch.cursor, through: end, upTo: Self.most
        ) { (event) throws(ServiceError) in
            let counted = CountedCall(event, for: source, in: window, environment)
            for subject in counted?.subjects ?? [] {
                let minute = event.time / 60_000
                var rate = rates[subject.key(minute / 60)] ?? CallRate(watch: id, subject: subject, hour: minute / 60)
                rate.minutes[minute % 60, default: 0] += 1
                counted?.attribute(to: &rate.attributions)
                rates[rate.key] = rate
            }
            guard counted != nil else { return 0 }
            analyzed += 1
            return 1
        }
        guard !rates.isEmpty || HistoryWalk.isFar(cursor, from: watch.cursor) else { return false }
        let counted = rates.values.sorted { $0.key < $1.key }
        try await environment.write(source.scope, requestID: "") {
            [environment, source, analyzed] (records) throws(ServiceError) in
            // Another node, or another job of this one, may have been first.
            guard var now = try records.get(InsightWatch.self, id), now.cursor == watch.cursor else { return }
            now.cursor = cursor
            try records.put(now)
            for rate in counted {
                var sum =
                    try records.get(CallRate.self, rate.key, of: id)
                    ?? CallRate(
                        watch: id, subject: rate.subject, hour: rate.hour)
                sum.merge(rate)
                try records.put(sum)
            }
            if case .store(let store) = source, analyzed > 0 {
                try records.publish(
                    [LakeMetric.analyzed.data(analyzed, of: store.id, at: environment.now())], environment)
            }
        }
        return cursor < end
    }
}

/// A call that Insights counts.
struct CountedCall {
    /// As what it counts.
    let subjects: [RateSubject]
    private let identity: String?
    private let agent: String?
    private let error: String?

    /// nil: it does not count.
    init?(
        _ event: Event, for source: InsightSource, in window: HistoryWindow, _ environment: Environment
    ) {
        let recorded = RecordedEvent(event)
        guard let category = recorded.value(of: .eventCategory), let eventSource = recorded.value(of: .eventSource),
            let name = recorded.value(of: .eventName),
            let place = source.place(of: event, recorded, in: window, environment)
        else { return nil }
        let error = recorded.errorCode
        let isRead = category == EventCategory.management && recorded.value(of: .readOnly) == "true"
        let subjects = source.selectors.filter { $0.categories.contains(category) }.compactMap {
            selector -> RateSubject? in
            switch selector.type {
            case .callRate: guard !isRead else { return nil }
            case .errorRate: guard error != nil else { return nil }
            }
            return RateSubject(
                account: place.account, region: place.region, type: selector.type, source: eventSource, name: name,
                error: selector.type == .errorRate ? error : nil)
        }
        guard !subjects.isEmpty else { return nil }
        self.subjects = subjects
        self.error = error
        identity = recorded.identity
        agent = recorded.userAgent
    }

    func attribute(to attributions: inout Attributions) {
        attributions.add(identity: identity, agent: agent, error: error)
    }
}
