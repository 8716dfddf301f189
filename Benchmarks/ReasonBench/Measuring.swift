import Glibc

/// The time that this thread has worked, in nanoseconds: whatever else the machine does is not in it.
func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Times of many different questions, each the best of a few rounds: everything else on the machine only adds to it.
struct Times {
    private var nanoseconds: [UInt64] = []

    var count: Int { nanoseconds.count }
    var last: UInt64? { nanoseconds.last }

    mutating func take<Result>(rounds: Int = 3, _ body: () -> Result) -> Result {
        var best = UInt64.max
        var start = now()
        var result = body()
        best = now() - start
        for _ in 1..<rounds {
            start = now()
            result = body()
            best = min(best, now() - start)
        }
        nanoseconds.append(best)
        return result
    }

    /// - Parameter share: 0.5 is the median.
    func quantile(_ share: Double) -> Double {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
    }

    var row: String {
        "\(microseconds(quantile(0.5))) | \(microseconds(quantile(0.99))) | \(microseconds(quantile(1)))"
    }
}

/// For people.
func microseconds(_ nanoseconds: Double) -> String {
    let tenths = Int((nanoseconds / 100).rounded())
    return "\(tenths / 10).\(tenths % 10) µs"
}

func milliseconds(_ nanoseconds: UInt64) -> String {
    let tenths = nanoseconds / 100_000
    return "\(tenths / 10).\(tenths % 10) ms"
}
