import CloudWatchLogsAPI
import LogPatterns
import Synchronization
import Wire

/// Somebody who watches events come in: what is wanted, and what has come since it was last told.
final class LiveTailSession: Sendable {
    /// Events in one update, as AWS has it; of more, some are left out.
    private static let most = 500
    /// Bytes of messages in one update, unless one alone has more: SDKs refuse those of 24 MiB, and JSON may take six for each.
    private static let mostBytes = 1 << 20
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

    /// What is wanted of one batch.
    struct News: Sendable {
        fileprivate(set) var events: [Event] = []
        fileprivate var bytes = 0
        /// How many there were; of these, some may be left out.
        fileprivate(set) var count = 0

        fileprivate mutating func append(_ event: Event) {
            let size = event.message.utf8.count
            guard events.count < LiveTailSession.most, events.isEmpty || bytes + size <= LiveTailSession.mostBytes
            else { return }
            events.append(event)
            bytes += size
        }
    }

    private struct State {
        var news = News()
        /// The number of the call that reads.
        var turn = 0
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

    /// What a batch has for it.
    /// - Returns: nil: nothing.
    /// - Complexity: linear in the bytes of the messages.
    func news(_ group: String, _ stream: String, _ events: some Sequence<NewEvent>, at ingestion: Int64) -> News? {
        guard let identifier = groups[group], names?.contains(stream) ?? true,
            prefixes?.contains(where: { stream.utf8.starts(with: $0.utf8) }) ?? true
        else { return nil }
        var news = News()
        for event in events where pattern?.matches(event.message) ?? true {
            news.count += 1
            news.append(
                Event(
                    group: identifier, stream: stream, message: event.message, time: event.timestamp,
                    ingestion: ingestion))
        }
        return news.count == 0 ? nil : news
    }

    /// Takes in what a batch has for it.
    func tell(_ news: News) {
        let reader = state.withLock { state in
            state.news.count += news.count
            for event in news.events { state.news.append(event) }
            return state.takeReader()
        }
        reader?.resume()
    }

    /// What has come since the last time: at once where there is something, otherwise after a second, with nothing.
    /// - Returns: nil: it is over. With the events, whether some were left out.
    func next() async -> (events: [Event], isSampled: Bool)? {
        let turn = state.withLock { state in
            state.turn &+= 1
            return state.turn
        }
        let tick = Task { [weak self] in
            do { try await Task.sleep(for: Self.rhythm) } catch { return }
            // A later call has a second of its own.
            self?.state.withLock { $0.turn == turn ? $0.takeReader() : nil }?.resume()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.news.events.isEmpty, !state.isOver, !Task.isCancelled else { return true }
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
            defer { state.news = News() }
            return (state.news.events, state.news.count > state.news.events.count)
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
