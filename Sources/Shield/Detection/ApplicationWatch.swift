import Synchronization

/// Watches the traffic of one application in this process: counts it by minutes, in bounded memory. What a minute means, an
/// ``Assessment`` tells, which knows of other processes' as well.
///
/// Time is passed in. Nothing here reads a clock or waits.
public final class ApplicationWatch: Sendable {
    private struct State {
        var minute: Int?
        var traffic: MinuteTraffic
        var random: Randomness
    }

    private let state: Mutex<State>

    /// - Parameter seed: for the choice of samples.
    public init(seed: UInt64 = 1) {
        var random = Randomness(seed: seed)
        let traffic = MinuteTraffic(random: Randomness(seed: random.next()))
        state = Mutex(State(traffic: traffic, random: random))
    }

    /// Counts a request.
    /// - Parameter sample: makes what is looked at of it; asked only where it is.
    /// - Complexity: O(1).
    public func note(_ sample: () -> SampledRequest?) { state.withLock { $0.traffic.add(sample) } }

    /// Counts something else.
    public func note(_ event: AttackVector, count: Int = 1) { state.withLock { $0.traffic.add(event, count: count) } }

    /// Ends the minute before a moment, if it is not ended already. What came in several minutes that nobody ended is of the first
    /// of them, as far as anybody knows.
    /// - Parameter time: seconds since 1970.
    /// - Returns: nil where the minute has not passed.
    public func takeMinute(at time: Double) -> (minute: Int, traffic: MinuteSummary)? {
        guard time.isFinite, time >= 0, time < 1e12 else { return nil }
        let minute = Int(time / 60)
        return state.withLock { state in
            guard let last = state.minute else {
                // What came before the first end is of this minute, as far as anybody knows.
                state.minute = minute
                return nil
            }
            guard minute > last else { return nil }
            state.minute = minute
            let traffic = state.traffic
            state.traffic = MinuteTraffic(random: Randomness(seed: state.random.next()))
            return (last, MinuteSummary(traffic))
        }
    }
}
