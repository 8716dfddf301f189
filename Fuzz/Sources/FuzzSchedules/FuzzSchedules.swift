import FuzzDriver

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a schedule of EventBridge's. Nothing traps or takes for ever; each run is after the time that was asked for, no run is
/// between the two, and runs of `cron` are at whole minutes.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    guard let schedule = ScheduleExpression(text) else { return 0 }
    precondition(ScheduleExpression(text) == schedule, "another time another schedule")
    for time in [-1e15, -62_135_596_800, 0, 951_782_399.5, 1_796_040_000, 4_107_542_400, 7_258_118_399, 1e15] {
        guard let next = schedule.next(after: time) else { continue }
        precondition(next > time, "a run before its time")
        guard case .cron = schedule else { continue }
        precondition(next == (next / 60).rounded() * 60, "a run between two minutes")
        precondition(schedule.next(after: next - 1) == next, "another run in between")
        if let later = schedule.next(after: next) { precondition(later > next, "the same run twice") }
    }
    return 0
}
