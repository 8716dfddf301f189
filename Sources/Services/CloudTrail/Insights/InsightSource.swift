import CloudTrailAPI
import Ledger
import Platform
import Wire

/// A trail or an event data store that has Insights.
enum InsightSource: Sendable {
    case trail(Trail)
    case store(EventDataStore)

    var scope: Scope {
        switch self {
        case .trail(let trail): trail.scope
        case .store(let store): store.scope
        }
    }

    var arn: String {
        switch self {
        case .trail(let trail): trail.arn
        case .store(let store): store.arn
        }
    }

    /// ``InsightWatch/id``; nil: nothing is counted now.
    var watch: String? {
        switch self {
        case .trail(let trail): trail.insightWatch
        case .store(let store): store.insightWatch
        }
    }

    var selectors: [InsightSelector] {
        switch self {
        case .trail(let trail): trail.insights
        case .store(let store): store.insights
        }
    }

    func window(from start: Int64) -> HistoryWindow {
        switch self {
        case .trail(let trail):
            HistoryWindow(account: trail.accountID, organizationID: trail.organizationID, start: start)
        case .store(let store):
            HistoryWindow(account: store.accountID, organizationID: store.organizationID, start: start)
        }
    }

    /// Whose event it is and where, if the trail or event data store takes it.
    func place(of event: Event, _ recorded: RecordedEvent, in window: HistoryWindow, _ environment: Environment)
        -> LogPlace?
    {
        switch self {
        case .trail(let trail): trail.place(of: event, recorded, in: window, environment)
        case .store(let store):
            store.takes(event, recorded, in: window, environment)
                ? LogPlace(account: event.account, region: recorded.region) : nil
        }
    }
}

extension Environment {
    /// All that have Insights and take events.
    var insightSources: [InsightSource] {
        trails.logging.filter { $0.insightWatch != nil }.map { .trail($0) }
            + lake.stores { $0.insightWatch != nil }.map { .store($0) }
    }
}

extension Trail {
    var insights: [InsightSelector] { insightSelectors ?? [] }
}

extension EventDataStore {
    var insights: [InsightSelector] { insightSelectors ?? [] }
}

extension MutableRecords {
    /// Begins to count for a trail's Insights, or ends it, as the trail says now. The caller puts the trail.
    func setInsights(of trail: inout Trail, _ call: Call) throws(ServiceError) {
        trail.insightWatch = try watch(
            trail.insightWatch, isWanted: trail.isLogging && !trail.insights.isEmpty, call)
    }

    /// Begins to count for an event data store's Insights, or ends it, as the store says now. The caller puts the store.
    func setInsights(of store: inout EventDataStore, _ call: Call) throws(ServiceError) {
        store.insightWatch = try watch(
            store.insightWatch, isWanted: store.status == .enabled && !store.insights.isEmpty, call)
    }

    private func watch(_ id: String?, isWanted: Bool, _ call: Call) throws(ServiceError) -> String? {
        switch (id, isWanted) {
        case (nil, true):
            let minute = RequestIDs.milliseconds(call.time) / 60_000
            // The minute before is the last that nobody asks about.
            try put(
                InsightWatch(
                    id: call.requestID, start: (minute - RateModel.baselineMinutes) * 60_000, minute: minute - 1))
            return call.requestID
        case (let id?, false):
            if let watch = try get(InsightWatch.self, id) { try delete(watch) }
            try schedule(ForgetRates(), id: id, at: call.time)
            return nil
        default: return id
        }
    }
}
