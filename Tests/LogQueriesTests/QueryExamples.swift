import LogQueries
import Testing

/// What the documentation of LogQueries shows.
@Suite struct QueryExamples {
    @Test func aQueryIsReadAndRun() throws {
        let (now, start, end) = (noon, noon - 3_600_000, noon)
        let events = (0..<3).map { number in
            QueriedEvent(
                timestamp: noon - 600_000, ingestion: noon, message: Array("{\"status\":\(499 + number)}".utf8),
                stream: "s",
                log: "1:g", pointer: "p")
        }
        let plan = try QueryPlan(#"filter status >= 500 | stats count(*) as failures by bin(5m) | sort failures desc"#)
        var run = QueryRun(plan, QueryContext(now: now, start: start, end: end))
        for event in events { try run.take(event) }
        for row in try run.finish() { print(row.fields) }
        #expect(run.recordsMatched == 2)
    }
}
