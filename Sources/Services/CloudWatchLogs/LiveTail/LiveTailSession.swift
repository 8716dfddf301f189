import CloudWatchLogsAPI
import LogPatterns
import Synchronization
import Wire

/// Somebody who watches events come in: what is wanted, and what has come since it was last told.
final class LiveTailSession: Sendable {
    /// Events in one update, as AWS has it; of more, some are left out.
    private static let most = 500
    /// How long an update waits for events.
    private static let rhythm = Duration.seconds(1)

    let id: String
    let account: String
    /// The groups, by their ``LogGroup/uniqueID``, with the names that the request has for them.
    let groups: [String: String]
    private let names: Set<String>?
    private let prefixes: [String]?
    private let pattern: FilterPattern?

    /// An event that is to be told.
    struct Event: Sendable {
        let group: String
        let stream: String
        let message: String
        let time: Int64
        let ingestion: Int64
    }

    private struct State {
        var events: [Event] = []
        /// How many came.
        var count = 0
        var isOver = false
        var reader: CheckedContinuation<Void, Never>?

        mutating func takeReader() -> CheckedContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }
    }

    private let state = Mutex(State())

    init(
        id: String, account: String, groups: [String: String], names: [String]?, prefixes: [String]?,
        pattern: FilterPattern?
    ) {
        (self.id, self.account, self.groups) = (id, account, groups)
        (self.names, self.prefixes, self.pattern) = (names.map { Set($0) }, prefixes, pattern)
    }

    /// Takes in what a batch has for it.
    func offer(_ group: String, _ stream: String, _ events: some Sequence<NewEvent>, at ingestion: Int64) {
        guard let identifier = groups[group], names?.contains(stream) ?? true,
            prefixes?.contains(where: { stream.utf8.starts(with: $0.utf8) }) ?? true
        else { return }
        let wanted = events.filter { pattern?.matches($0.message) ?? true }
        guard !wanted.isEmpty else { return }
        let reader = state.withLock { state in
            for event in wanted {
                state.count += 1
                guard state.events.count < Self.most else { continue }
                state.events.append(
                    Event(
                        group: identifier, stream: stream, message: event.message, time: event.timestamp,
                        ingestion: ingestion))
            }
            return state.takeReader()
        }
        reader?.resume()
    }

    /// What has come since the last time: at once where there is something, otherwise after a second, with nothing.
    /// - Returns: nil: it is over. With the events, whether some were left out.
    func next() async -> (events: [Event], isSampled: Bool)? {
        let tick = Task { [weak self] in
            try? await Task.sleep(for: Self.rhythm)
            self?.state.withLock { $0.takeReader() }?.resume()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.events.isEmpty, !state.isOver, !Task.isCancelled else { return true }
                    state.reader = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            close()
        }
        tick.cancel()
        return state.withLock { state in
            guard !state.isOver else { return nil }
            defer { (state.events, state.count) = ([], 0) }
            return (state.events, state.count > state.events.count)
        }
    }

    func close() {
        let reader = state.withLock { state in
            state.isOver = true
            return state.takeReader()
        }
        reader?.resume()
    }
}
