import Synchronization

/// The one clock of a Gatehouse. Everything that it dates, and everything that expires, goes by it.
///
/// In memory mode it can be moved forward, so that a test sees what happens in seven days without waiting for them.
/// What the outside world dates by its own clocks — signatures, one-time passwords, identity providers' tokens — is
/// judged by ``realTime``, which nobody moves.
public final class Clock: Sendable {
    private let source: @Sendable () -> Double
    private let offset = Mutex(0.0)

    /// Makes a clock.
    /// - Parameter source: gives the real time, in seconds since 1970; tests hold it still.
    public init(_ source: @escaping @Sendable () -> Double) {
        self.source = source
    }

    /// The time, in seconds since 1970.
    public var now: Double { source() + moved }

    /// The time as the outside world has it, in seconds since 1970.
    public var realTime: Double { source() }

    /// By how many seconds the clock has been moved forward; 0 outside of tests.
    public var moved: Double { offset.withLock { $0 } }

    /// Moves it on to a time; never back.
    /// - Parameter time: seconds since 1970.
    func move(to time: Double) {
        let real = source()
        offset.withLock { $0 = max($0, time - real) }
    }

    /// Moves it on until it is so many seconds ahead of the real time; never back.
    func move(ahead seconds: Double) {
        offset.withLock { $0 = max($0, seconds) }
    }

    /// Sets it to the real time again.
    func reset() {
        offset.withLock { $0 = 0 }
    }
}
