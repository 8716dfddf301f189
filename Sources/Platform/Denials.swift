import Synchronization

/// What was denied since Gatehouse started: for whoever runs it in a test, and wants the test to fail.
public final class Denials: Sendable {
    /// One thing that somebody was not allowed to do.
    public struct Denial: Sendable, Hashable {
        /// The ARN of who asked; empty for nobody that is known.
        public let principal: String
        /// `dynamodb:GetItem`
        public let action: String
        /// The ARN, or `*`.
        public let resource: String
    }

    private struct State {
        var count = 0
        var known: [Denial] = []
    }

    /// How many different ones are kept; more are counted only.
    private static let mostKept = 100

    private let state = Mutex(State())

    /// Nothing was denied.
    public init() {}

    /// How often something was denied, or would have been.
    public var count: Int { state.withLock { $0.count } }

    /// What was denied, each once, in the order in which it first was; no more than a hundred.
    public var different: [Denial] { state.withLock { $0.known } }

    /// Notes a denial; also of what was let through because policies were only observed.
    public func note(_ action: String, on resource: String, by principal: String) {
        let denial = Denial(principal: principal, action: action, resource: resource)
        state.withLock { state in
            state.count &+= 1
            guard state.known.count < Self.mostKept, !state.known.contains(denial) else { return }
            state.known.append(denial)
        }
    }
}
