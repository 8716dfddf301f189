import FuzzDriver
import LogQueries

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a query, and after the first NUL a message. Nothing traps; a query gives no more rows than it may; and it gives the
/// same rows each time.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first else { return 0 }
    let text = String(decoding: first, as: UTF8.self)
    let plan: QueryPlan
    do throws(QueryProblem) { plan = try QueryPlan(text) } catch {
        precondition(error.location.upperBound <= text.utf16.count + 1, "a location behind the query")
        return 0
    }
    let extra = parts.dropFirst().map { Array($0) }
    func rows() -> [QueryRun.Row]? {
        var run = QueryRun(plan, QueryContext(now: 1_796_040_000_000, start: 0, end: 1_796_040_000_000), limit: 3)
        do throws(QueryTooLarge) {
            for (number, message) in (messages.map { Array($0.utf8) } + extra).enumerated() {
                try run.take(
                    QueriedEvent(
                        timestamp: Int64(number) * 100_000, ingestion: 5, message: message, stream: "s", log: "1:g",
                        pointer: "p"))
            }
            return try run.finish()
        } catch {
            return nil
        }
    }
    let found = rows()
    precondition(found == rows(), "the same query gave other rows")
    precondition((found?.count ?? 0) <= plan.limit ?? 3, "more rows than wanted")
    return 0
}

private let messages = [
    "", "ERROR a b", #"user=ann, method:GET, latency := 12"#,
    #"{"a":{"b":[1,"x",null,true,{"c":-2.5e3}]},"d":"AccessDenied","e":12,"f":"192.0.2.1"}"#,
    "REPORT RequestId: 8f5\tDuration: 12.7 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 29 MB",
    "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
]
