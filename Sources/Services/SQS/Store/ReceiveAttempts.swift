import Ledger
import Platform
import Wire

// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html>

extension QueueMessages {
    /// What an earlier request of the same id has received, hidden anew: as long as nothing has happened to it since.
    /// - Returns: nil: it is a new request.
    func repeated(_ id: String, _ wish: ReceiveWish) throws(ServiceError) -> [FoundMessage]? {
        guard var attempt = try records.get(ReceiveAttempt.self, RowKey(.text(id)), of: queue.uniqueID),
            attempt.until > now
        else { return nil }
        var found: [FoundMessage] = []
        for one in attempt.received {
            guard let group = try group(one.group), group.inFlight.contains(one.message), one.message.due > now,
                let message = try message(one.message.sent, one.message.sequence), wish.canOpen(message)
            else { return nil }
            found.append(FoundMessage(message: message, content: try content(of: message), handle: one.handle))
        }
        for place in attempt.received.indices {
            let one = attempt.received[place]
            guard var group = try group(one.group), let index = group.inFlight.firstIndex(of: one.message) else {
                continue
            }
            group.inFlight[index].due = now + wish.hiding
            attempt.received[place] = ReceiveAttempt.Received(
                group: one.group, message: group.inFlight[index], handle: one.handle)
            group.inFlight.removeAll { $0.due <= now }
            try records.put(group)
        }
        try records.put(attempt)
        return found
    }

    /// Keeps what a request has received.
    func keep(_ id: String, _ found: [FoundMessage], _ wish: ReceiveWish) throws(ServiceError) {
        let received = found.map { one in
            ReceiveAttempt.Received(
                group: one.message.group ?? "",
                message: MessageGroup.InFlight(
                    sent: one.message.sent, sequence: one.message.sequence, receives: one.message.receives,
                    due: now + wish.hiding), handle: one.handle)
        }
        try records.put(
            ReceiveAttempt(
                partition: queue.uniqueID, id: id, received: received, until: now + ReceiveAttempt.memory))
    }

    /// Forgets ids that no longer count.
    /// - Returns: how many.
    func forgetIDs(limit: Int) throws(ServiceError) -> Int {
        let sent = try records.list(SentMessageID.self, by: SentMessageID.byTime, of: queue.uniqueID, limit: limit)
            .prefix { $0.until <= now }
        for row in sent { try records.delete(SentMessageID.self, row.key, of: queue.uniqueID) }
        let attempts = try records.list(
            ReceiveAttempt.self, by: ReceiveAttempt.byTime, of: queue.uniqueID, limit: limit
        ).prefix { $0.until <= now }
        for row in attempts { try records.delete(ReceiveAttempt.self, row.key, of: queue.uniqueID) }
        return sent.count + attempts.count
    }
}
