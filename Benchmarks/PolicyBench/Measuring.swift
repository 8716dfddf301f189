import Glibc
import LinearScan

/// The time since some moment, in nanoseconds.
func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The nanoseconds that one call of `body` takes: the best of several rounds, as everything else on the machine only
/// adds to it.
func nanoseconds(_ body: () -> Void) -> Double {
    var count = 1
    while true {
        let start = now()
        for _ in 0..<count { body() }
        if now() - start > 2_000_000 { break }
        count *= 2
    }
    var best = Double.infinity
    for _ in 0..<40 {
        let start = now()
        for _ in 0..<count { body() }
        best = min(best, Double(now() - start) / Double(count))
    }
    return best
}

/// A number for people.
func text(_ value: Double, _ decimals: Int = 0) -> String {
    let scale = [1.0, 10, 100][min(decimals, 2)]
    let rounded = (value * scale).rounded()
    let whole = Int(rounded / scale)
    if decimals == 0 { return "\(whole)" }
    let rest = "\(Int(rounded) - whole * Int(scale))"
    return "\(whole)." + String(repeating: "0", count: decimals - rest.utf8.count) + rest
}

/// How many blocks of memory one call of `body` allocates.
func allocations(_ body: () -> Void) -> Double {
    let calls = 1_000
    let before = allocation_count()
    for _ in 0..<calls { body() }
    return Double(allocation_count() - before) / Double(calls)
}
