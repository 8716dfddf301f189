/// What makes a rate of calls unusual. Pure: it knows counts by the minute, and nothing else.
///
/// AWS speaks of mathematical models and does not say which. This is Gatehouse's, which can be followed with pencil and paper:
/// a minute is unusual when it has at least ten calls, and more than twice as many as the busiest minute of the seven days
/// before. What is unusual goes on until ten minutes have passed without an unusual one.
enum RateModel {
    /// Minutes: seven days.
    static let baselineMinutes: Int64 = 7 * 24 * 60
    /// Calls in a minute that are never too many.
    static let leastCalls: Int64 = 10
    /// How many times as many calls as in the busiest minute are still usual.
    static let usualFactor: Int64 = 2
    /// Minutes after the last unusual one with which the unusual ends.
    static let calmMinutes: Int64 = 10

    /// What is usual: the seven days before a minute.
    struct Baseline: Sendable, Codable, Hashable {
        /// Calls, all together.
        var total: Int64 = 0
        /// Calls in the busiest minute.
        var busiest: Int64 = 0

        /// Calls in a minute.
        var average: Double { Double(total) / Double(RateModel.baselineMinutes) }

        /// Whether so many calls in a minute are unusual.
        func isUnusual(_ count: Int64) -> Bool {
            let (usual, isTooMany) = busiest.multipliedReportingOverflow(by: RateModel.usualFactor)
            return !isTooMany && count >= RateModel.leastCalls && count > usual
        }
    }

    /// Something unusual that has not ended.
    struct Episode: Sendable, Codable, Hashable {
        /// Its first minute: minutes are counted since 1970.
        let start: Int64
        /// Its last unusual minute so far.
        var last: Int64
        let baseline: Baseline

        /// Minutes.
        var duration: Int64 { last - start + 1 }
    }

    /// What a minute changes.
    enum Step: Equatable {
        case started(Episode)
        case ended(Episode)
    }

    /// Goes through minutes in their order.
    /// - Parameters:
    ///   - minutes: those to look at, none of which was looked at before.
    ///   - episode: what is going on when they begin; nil: nothing. Afterwards, what is going on when they end.
    ///   - count: the calls of a minute, of these and of the seven days before.
    /// - Complexity: linear in the minutes, and in seven days of them for each that may be unusual.
    static func follow(
        _ minutes: ClosedRange<Int64>, _ episode: inout Episode?, count: (Int64) -> Int64
    ) -> [Step] {
        var steps: [Step] = []
        for minute in minutes {
            let calls = count(minute)
            if var open = episode {
                if open.baseline.isUnusual(calls) {
                    open.last = minute
                    episode = open
                } else if minute - open.last >= calmMinutes {
                    steps.append(.ended(open))
                    episode = nil
                }
                continue
            }
            guard calls >= leastCalls else { continue }
            let baseline = Self.baseline(before: minute, count: count)
            guard baseline.isUnusual(calls) else { continue }
            let open = Episode(start: minute, last: minute, baseline: baseline)
            steps.append(.started(open))
            episode = open
        }
        return steps
    }

    private static func baseline(before minute: Int64, count: (Int64) -> Int64) -> Baseline {
        var baseline = Baseline()
        for other in (minute - baselineMinutes)..<minute {
            let calls = count(other)
            baseline.total += calls
            baseline.busiest = max(baseline.busiest, calls)
        }
        return baseline
    }
}
