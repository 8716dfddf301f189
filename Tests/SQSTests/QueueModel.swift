@testable import SQSService

/// What a queue is, in the simplest words: a list of messages, of which each knows what has happened to it.
struct QueueModel {
    struct Message {
        let id: String
        let group: String?
        let sent: Int64
        /// When it can first be received.
        var due: Int64
        var receives = 0
        var received: Int64 = 0
        /// Until when it is hidden.
        var hidden: Int64 = 0
    }

    let isFIFO: Bool
    var retention: Int64 = 345_600_000
    /// Of a FIFO queue.
    var delay: Int64 = 0
    /// Receives after which a message is a dead letter; nil: it never is.
    var mostReceives: Int?
    /// In the order in which they were sent.
    var messages: [Message] = []
    var buried: [String] = []
    /// When ids of messages were sent.
    var ids: [String: Int64] = [:]

    mutating func forgetOld(at now: Int64) { messages.removeAll { $0.sent + retention <= now } }

    mutating func send(_ id: String, group: String?, deduplicationID: String?, delay: Int64, at now: Int64) {
        if let deduplicationID {
            if let last = ids[deduplicationID], last + 300_000 > now { return }
            ids[deduplicationID] = now
        }
        messages.append(Message(id: id, group: group, sent: now, due: now + delay))
    }

    func isDelayed(_ message: Message, at now: Int64) -> Bool {
        isFIFO ? message.sent + delay > now : message.receives == 0 && message.due > now
    }

    func isInFlight(_ message: Message, at now: Int64) -> Bool { message.hidden > now }

    /// What can be received, in the order in which it has to be within a group.
    func available(at now: Int64) -> [Message] {
        let locked = Set(messages.filter { isInFlight($0, at: now) }.map(\.group))
        return messages.filter { message in
            !isInFlight(message, at: now) && !isDelayed(message, at: now)
                && !(isFIFO && locked.contains(message.group))
        }
    }

    func counts(at now: Int64) -> QueueCounts {
        let inFlight = messages.count { isInFlight($0, at: now) }
        let delayed = messages.count { isDelayed($0, at: now) && !isInFlight($0, at: now) }
        return QueueCounts(visible: messages.count - inFlight - delayed, inFlight: inFlight, delayed: delayed)
    }

    /// Takes note of what a queue has answered.
    /// - Returns: what is wrong with that; nil: nothing.
    mutating func receive(_ ids: [String], most: Int, hiding: Int64, at now: Int64) -> String? {
        forgetOld(at: now)
        // Dead letters go whenever somebody comes by them; those of which nobody does stay.
        let available = available(at: now)
        let alive = available.filter { message in mostReceives.map { message.receives < $0 } ?? true }
        guard Set(ids).count == ids.count else { return "something came twice: \(ids)" }
        guard ids.allSatisfy({ id in alive.contains { $0.id == id } }) else {
            return "\(ids) is not of \(alive.map(\.id))"
        }
        guard ids.count == min(most, alive.count) else { return "\(ids) of \(alive.map(\.id)), \(most) wanted" }
        if isFIFO {
            for group in Set(ids.compactMap { id in alive.first { $0.id == id }?.group }) {
                let own = alive.filter { $0.group == group }.map(\.id)
                let came = ids.filter { own.contains($0) }
                guard Array(own.prefix(came.count)) == came else { return "\(came) of \(own) is not their order" }
            }
        }
        for place in messages.indices where ids.contains(messages[place].id) {
            messages[place].receives += 1
            messages[place].received = now
            messages[place].hidden = now + hiding
        }
        return nil
    }
}
