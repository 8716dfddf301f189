import Synchronization

/// The one clock of a Gatehouse. All that it dates, and all that passes away, goes by it.
///
/// In memory mode it can be moved on, so that a test sees what happens in seven days without waiting for them. What the
/// world outside dates by clocks of its own — signatures, one-time passwords, tokens of identity providers — is judged
/// by ``realTime``, which nobody moves.
public final class Clock: Sendable {
    private let source: @Sendable () -> Double
    private let offset = Mutex(0.0)

    /// - Parameter source: the real time, in seconds since 1970; tests hold it still.
    public init(_ source: @escaping @Sendable () -> Double) {
        self.source = source
    }

    /// Seconds since 1970.
    public var now: Double { source() + moved }

    /// Seconds since 1970, as the world outside has it.
    public var realTime: Double { source() }

    /// By how many seconds it was moved on.
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
