import Ledger
import Platform
import Synchronization

/// Those who wait for messages: they are woken when a commit has brought some, and nobody looks in vain meanwhile.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>
final class QueueSignals: Projection {
    static let kinds: Set<String> = []

    private struct Waiter {
        let id: UInt64
        /// Until when it waits, in seconds since 1970.
        let until: Double
        let timer: Task<Void, Never>
        let continuation: CheckedContinuation<Void, Never>

        func end() {
            timer.cancel()
            continuation.resume()
        }
    }

    private struct Place {
        /// How often it was told of something.
        var version: UInt64 = 0
        var waiters: [Waiter] = []
    }

    private struct State {
        /// By the queues' unique ids.
        var places: [String: Place] = [:]
        var lastID: UInt64 = 0
        /// Whether it hears of the server's end.
        var isListening = false
    }

    private let state = Mutex(State())
    let handles = ReceiptHandles()

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {}

    /// To be asked before looking for messages: what comes afterwards is not missed.
    func version(of queue: String) -> UInt64 { state.withLock { $0.places[queue]?.version ?? 0 } }

    /// How many wait.
    func waiters(of queue: String) -> Int { state.withLock { $0.places[queue]?.waiters.count ?? 0 } }

    /// Tells that some messages can be received.
    /// - Parameter count: how many, at most.
    func wake(_ queue: String, _ count: Int) {
        guard count > 0 else { return }
        let woken = state.withLock { state in
            var place = state.places[queue] ?? Place()
            place.version &+= 1
            let woken = Array(place.waiters.prefix(count))
            place.waiters.removeFirst(woken.count)
            state.places[queue] = place
            return woken
        }
        for waiter in woken { waiter.end() }
    }

    /// Tells that some message can be received at a time, so that nobody sleeps past it.
    /// - Parameter time: milliseconds since 1970.
    func wake(_ queue: String, waitingPast time: Int64) {
        let woken = state.withLock { state in
            guard var place = state.places[queue] else { return [Waiter]() }
            place.version &+= 1
            let woken = place.waiters.filter { $0.until * 1000 > Double(time) }
            if !woken.isEmpty { place.waiters.removeAll { $0.until * 1000 > Double(time) } }
            state.places[queue] = place
            return woken
        }
        for waiter in woken { waiter.end() }
    }

    /// Lets nobody wait when the server is about to stop.
    private func listen(_ ending: Ending) {
        let isFirst = state.withLock { state in
            defer { state.isListening = true }
            return !state.isListening
        }
        guard isFirst else { return }
        ending.whenBegun { [weak self] in
            guard let self else { return }
            for queue in self.state.withLock({ Array($0.places.keys) }) { self.wake(queue, .max) }
        }
    }

    /// Waits until something was told since a version was asked, or a time has come.
    /// - Parameters:
    ///   - until: seconds since 1970, by the clock.
    ///   - seconds: how long that is.
    ///   - ending: of the server, by which it is over at once.
    func wait(for queue: String, since version: UInt64, until: Double, seconds: Double, _ ending: Ending) async {
        listen(ending)
        let id = state.withLock { state in
            state.lastID &+= 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    var place = state.places[queue] ?? Place()
                    if place.version != version || Task.isCancelled || ending.hasBegun { return true }
                    let timer = Task {
                        try? await Task.sleep(for: .seconds(max(0.001, seconds)))
                        if !Task.isCancelled { self.end(id, queue) }
                    }
                    place.waiters.append(
                        Waiter(id: id, until: until, timer: timer, continuation: continuation))
                    state.places[queue] = place
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            end(id, queue)
        }
    }

    private func end(_ id: UInt64, _ queue: String) {
        let ended = state.withLock { state in
            guard let index = state.places[queue]?.waiters.firstIndex(where: { $0.id == id }) else {
                return Waiter?.none
            }
            return state.places[queue]?.waiters.remove(at: index)
        }
        ended?.end()
    }
}
