import Synchronization

/// Whether the server is about to stop: requests that have begun are finished, and those that only wait for something should
/// wait no longer.
public final class Ending: Sendable {
    private struct State {
        var hasBegun = false
        var listeners: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// Nothing is ending.
    public init() {}

    /// Whether it has begun.
    public var hasBegun: Bool { state.withLock { $0.hasBegun } }

    /// Has something done when it begins; at once, if it has begun already. For those who are there as long as the server is:
    /// nobody is ever forgotten.
    public func whenBegun(_ body: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.hasBegun { state.listeners.append(body) }
            return state.hasBegun
        }
        if isLate { body() }
    }

    /// Tells all who wait. The listener does, when it is told to stop.
    public func begin() {
        let listeners = state.withLock { state in
            state.hasBegun = true
            defer { state.listeners = [] }
            return state.listeners
        }
        for body in listeners { body() }
    }
}
