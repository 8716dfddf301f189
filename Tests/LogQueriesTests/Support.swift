import LogQueries

/// Runs a query over messages that come a second apart, from 2026-11-30 12:00:00 on.
func run(_ query: String, _ messages: [String], limit: Int? = nil) throws -> [[String]] {
    try rows(query, messages, limit: limit).map { row in row.fields.filter { $0.name != "@ptr" }.map(\.value) }
}

let noon: Int64 = 1_796_040_000_000

func rows(_ query: String, _ messages: [String], limit: Int? = nil) throws -> [QueryRun.Row] {
    var run = QueryRun(
        try QueryPlan(query), QueryContext(now: noon + 3_600_000, start: noon, end: noon + 3_600_000), limit: limit)
    for (number, message) in messages.enumerated() {
        try run.take(
            QueriedEvent(
                timestamp: noon + Int64(number) * 1000, ingestion: noon + 5, message: Array(message.utf8), stream: "s",
                log: "1:g", pointer: String(number)))
    }
    return try run.finish()
}

/// The value of an expression for one message; nil: it is missing.
func value(_ expression: String, _ message: String = "x") throws -> String? {
    try rows("display \(expression) as v", [message]).first?.fields.first { $0.name == "v" }?.value
}
