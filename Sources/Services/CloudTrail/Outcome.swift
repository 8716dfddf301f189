import Synchronization

/// What has become of a transaction, as far as whoever asked for it can tell.
final class Outcome: Sendable {
    private let refused = Mutex(true)

    /// Whether it was certainly not committed: it has not run, or what was to be done in it has thrown.
    var isRefused: Bool {
        get { refused.withLock { $0 } }
        set { refused.withLock { $0 = newValue } }
    }
}
