import CloudTrailAPI
import Pages
import Platform
import Wire

/// The event history: who did what, and what came of it.
enum EventHistoryPages {
    static let routes: [Route] = [
        .get("events") { (visit) throws(ServiceError) in try await list(visit) },
        .get("events/download") { (visit) throws(ServiceError) in try await download(visit) },
    ]

    private static func list(_ visit: Visit) async throws(ServiceError) -> Reply {
        let filter: EventFilter
        do throws(ServiceError) { filter = try EventFilter(visit.query) } catch {
            return visit.page(
                "events", "Event history",
                ["problem": visit.problem(error), "attributes": choices(nil), "ranges": ranges(visit)],
                status: error.status)
        }
        let page = await visit.attempt { () throws(ServiceError) in
            try await visit.call(CloudTrail.LookupEvents.self, filter.input)
        }
        let all = (page.value?.events ?? []).map(EventRow.init)
        let rows = filter.isDeniedOnly ? all.filter(\.isDenied) : all
        let next = page.value?.nextToken
        return visit.page(
            "events", "Event history",
            [
                "problem": page.problem, "hasAnswer": page.problem == nil,
                "attributes": choices(filter.attribute?.key), "value": filter.attribute?.value ?? "",
                "from": filter.from?.field ?? "", "to": filter.to?.field ?? "", "isDeniedOnly": filter.isDeniedOnly,
                "ranges": ranges(visit), "rows": rows, "isEmpty": rows.isEmpty,
                "found": found(rows.count, of: all.count, filter, hasMore: next != nil),
                "newest": filter.after.map { _ in Console.root + "events?" + filter.query(after: nil) },
                "older": next.map { Console.root + "events?" + filter.query(after: $0) },
                "refresh": visit.request.target,
                "csv": Console.root + "events/download?format=csv&" + filter.query(after: filter.after),
                "json": Console.root + "events/download?format=json&" + filter.query(after: filter.after),
                "command": filter.command,
            ])
    }

    private static func found(_ shown: Int, of all: Int, _ filter: EventFilter, hasMore: Bool) -> String {
        let events = shown == 1 ? "1 event" : "\(shown) events"
        if filter.isDeniedOnly { return "\(events) denied, of the \(all) on this page." }
        return filter.after == nil && !hasMore ? "\(events)." : "\(events) on this page."
    }

    private static func download(_ visit: Visit) async throws(ServiceError) -> Reply {
        let filter = try EventFilter(visit.query)
        let page = try await visit.call(CloudTrail.LookupEvents.self, filter.input)
        let rows = (page.events ?? []).map(EventRow.init).filter { !filter.isDeniedOnly || $0.isDenied }
        if visit.query["format"] == "csv" {
            return .download("event_history.csv", type: "text/csv", CSV.of([EventRow.columns] + rows.map(\.columns)))
        }
        let records = JSONValue.object([JSONMember(key: "Records", value: .array(rows.map(\.record)))])
        return .download(
            "event_history.json", type: "application/json", Array((FormattedJSON.of(records) + "\n").utf8))
    }

    private struct AttributeChoice {
        let key: String
        let label: String
        let isChosen: Bool
    }

    private static func choices(_ chosen: String?) -> [AttributeChoice] {
        EventFilter.attributes.map { AttributeChoice(key: $0.key, label: $0.title, isChosen: $0.key == chosen) }
    }

    private struct Range {
        let label: String
        let address: String
    }

    /// What one asks for most.
    private static func ranges(_ visit: Visit) -> [Range] {
        let now = visit.environment.now()
        let times = [("30 minutes", 1800.0), ("1 hour", 3600), ("24 hours", 86400), ("7 days", 604_800)].map {
            Range(
                label: "Last \($0.0)",
                address: Console.root + "events?from="
                    + PercentEncoding.queryValue(Timestamp(secondsSinceEpoch: now - $0.1).field))
        }
        return [Range(label: "Everything", address: Console.root + "events")] + times + [
            Range(label: "Changes", address: Console.root + "events?attribute=ReadOnly&value=false"),
            Range(label: "Denied", address: Console.root + "events?denied=1"),
        ]
    }
}
