// What it costs to find the rules of an event bus that match an event, by how many rules there are: ratios of one run.
//
//     EventsBench

import EventPatterns
import Wire

@main
struct EventsBench {
    /// Patterns of one sort, by number, and an event that matches one of them.
    private struct Sort: Sendable {
        let name: String
        let pattern: @Sendable (Int) -> String
        let event: @Sendable (Int) -> String
    }

    private static let sorts = [
        Sort(
            name: "a value", pattern: { #"{"source":["aws.s3"],"detail":{"bucket":{"name":["b-\#($0)"]}}}"# },
            event: { #"{"bucket":{"name":"b-\#($0)"},"object":{"key":"photos/a.png","size":5}}"# }),
        Sort(
            name: "prefix", pattern: { #"{"source":["aws.s3"],"detail":{"object":{"key":[{"prefix":"u-\#($0)/"}]}}}"# },
            event: { #"{"bucket":{"name":"box"},"object":{"key":"u-\#($0)/a.png","size":5}}"# }),
        Sort(
            name: "wildcard",
            pattern: { #"{"source":["aws.s3"],"detail":{"object":{"key":[{"wildcard":"*/u-\#($0)/*.png"}]}}}"# },
            event: { #"{"bucket":{"name":"box"},"object":{"key":"photos/u-\#($0)/a.png","size":5}}"# }),
        Sort(
            name: "numeric",
            pattern: {
                #"{"source":["aws.s3"],"detail":{"object":{"size":[{"numeric":[">=",\#($0),"<",\#($0 + 1)]}]}}}"#
            },
            event: { #"{"bucket":{"name":"box"},"object":{"key":"photos/a.png","size":\#($0)}}"# }),
        Sort(
            name: "two shared fields",
            pattern: { #"{"detail":{"bucket":{"name":["b-\#($0 / 100)"]},"object":{"key":["k-\#($0 % 100)"]}}}"# },
            event: { #"{"bucket":{"name":"b-\#($0 / 100)"},"object":{"key":"k-\#($0 % 100)","size":5}}"# }),
    ]

    static func main() throws {
        print("| Rules that differ in | 1 rule | 100 | 10,000 | 10,000 to 1 |")
        print("|---|---|---|---|---|")
        for sort in sorts {
            var times: [Double] = []
            for count in [1, 100, 10_000] {
                let matcher = EventMatcher<Int>()
                for number in 0..<count { matcher.set(number, try EventPattern(parsing: sort.pattern(number))) }
                let events = try (0..<64).map { try document(sort.event(($0 * 7_919) % count)) }
                times.append(seconds { for event in events { precondition(matcher.matches(event).count == 1) } } / 64)
            }
            let shown = times.map { "\(($0 * 1e7).rounded() / 10) µs" }.joined(separator: " | ")
            print("| \(sort.name) | \(shown) | \(((times[2] / times[0]) * 100).rounded() / 100) |")
        }
    }

    private static func document(_ detail: String) throws -> EventDocument {
        EventDocument(
            try JSONValue(
                parsing: Array(
                    #"""
                    {"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718","detail-type":"Object Created","source":"aws.s3",
                     "account":"111122223333","time":"2026-11-30T12:00:00Z","region":"us-east-1","resources":["arn:aws:s3:::box"],
                     "detail":\#(detail)}
                    """#.utf8)))
    }

    /// The least of several times, each of some milliseconds.
    private static func seconds(_ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        var best = Double.infinity
        for _ in 0..<20 {
            let time = clock.measure { for _ in 0..<5 { body() } }
            let (seconds, attoseconds) = time.components
            best = min(best, (Double(seconds) + Double(attoseconds) * 1e-18) / 5)
        }
        return best
    }
}
