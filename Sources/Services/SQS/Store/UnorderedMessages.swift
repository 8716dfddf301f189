import Ledger
import Platform
import Wire

// Standard queues.
// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html>

extension QueueMessages {
    /// How many messages may be in flight.
    static let mostInFlight = 120_000
    /// How many messages are looked at for tenants that wait.
    private static let fairWindow = 64
    /// How often more are looked for in one transaction, where some had to go.
    static let mostRounds = 4
    /// How many are looked at then.
    static let portion = 64

    /// Takes what can be received, the oldest first, and of several tenants' in turn.
    func receiveUnordered(_ wish: ReceiveWish) throws(ServiceError) -> Received {
        guard try hasRoom(for: wish.most) else { return .overLimit }
        let grave = try deadLetterQueue()
        var taken: [(message: StoredMessage, content: [UInt8])] = []
        var seen: Set<RowKey> = []
        for round in 0... {
            guard taken.count < wish.most else { break }
            let wanted = round == 0 ? wish.most : Self.portion
            // With no time to hide, what was taken is there again.
            let all = try visible(limit: wanted + seen.count)
            let isEnd = all.count < wanted + seen.count
            let candidates = try fair(all.filter { !seen.contains($0.key) }, limit: wanted)
            guard !candidates.isEmpty else { break }
            guard round < Self.mostRounds else { return taken.isEmpty ? .onlyOld : .messages(taken) }
            let locked = candidates.filter { !wish.canOpen($0) && !hasExpired($0) }
            if !locked.isEmpty {
                if taken.isEmpty { return .needsKeys(Set(locked.compactMap(\.dataKey))) }
                break
            }
            for message in candidates where taken.count < wish.most {
                if hasExpired(message) {
                    try remove(message)
                } else if let grave, message.receives >= grave.most {
                    try bury(message, in: grave.queue)
                } else {
                    seen.insert(message.key)
                    taken.append((try take(message, hiding: wish.hiding), try content(of: message)))
                }
            }
            if isEnd { break }
        }
        if !taken.isEmpty { return .messages(taken) }
        return .nothing(until: try pending(limit: 1).first?.due)
    }

    private func take(_ message: StoredMessage, hiding: Int64) throws(ServiceError) -> StoredMessage {
        var message = message
        message.receives += 1
        if message.firstReceived == 0 { message.firstReceived = now }
        message.lastReceived = now
        message.state = .inFlight
        message.due = now + hiding
        try records.put(message)
        return message
    }

    private func hasRoom(for count: Int) throws(ServiceError) -> Bool {
        func hasRoom() throws(ServiceError) -> Bool {
            try records.sum(StoredMessage.inFlight, StoredMessage.self, of: partition) + count <= Self.mostInFlight
        }
        if try hasRoom() { return true }
        // Some of them may only not have been looked at since their time was over.
        _ = try ripen(limit: 1024)
        return try hasRoom()
    }

    /// Those whose time is to come, in that order; it may have come.
    private func pending(limit: Int) throws(ServiceError) -> [StoredMessage] {
        try records.list(
            StoredMessage.self, by: StoredMessage.byDue, of: partition, RowIndexRange(StoredMessage.pending),
            limit: limit)
    }

    /// What can be received, the longest first.
    func visible(limit: Int) throws(ServiceError) -> [StoredMessage] {
        let ready = try records.list(
            StoredMessage.self, by: StoredMessage.byDue, of: partition, RowIndexRange(StoredMessage.visible),
            limit: limit)
        // Most of the time the first is not ripe yet.
        guard let first = try pending(limit: 1).first, first.due <= now else { return ready }
        let ripe = try pending(limit: limit).prefix { $0.due <= now }
        return Array((ready + ripe).sorted { ($0.due, $0.key) < ($1.due, $1.key) }.prefix(limit))
    }

    /// Fair queues: where messages name tenants, those of each come in turn, so that none waits behind all of another's.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>
    private func fair(_ found: [StoredMessage], limit: Int) throws(ServiceError) -> [StoredMessage] {
        guard found.contains(where: { $0.group != nil }) else { return Array(found.prefix(limit)) }
        let known = Set(found.map(\.key))
        let window = try found + visible(limit: Self.fairWindow).filter { !known.contains($0.key) }
        var counts: [String: Int] = [:]
        let ranked = window.enumerated().map { place, message in
            let rank = counts[message.group ?? "", default: 0]
            counts[message.group ?? ""] = rank + 1
            return (rank: rank, place: place, message: message)
        }
        return ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.prefix(limit).map(\.message)
    }

    /// Makes some messages visible whose time has come.
    /// - Returns: how many.
    func ripen(limit: Int) throws(ServiceError) -> Int {
        guard let first = try pending(limit: 1).first, first.due <= now else { return 0 }
        let ripe = try pending(limit: limit).prefix { $0.due <= now }
        for var message in ripe {
            message.state = .visible
            try records.put(message)
        }
        return ripe.count
    }

    /// Deletes a message, if the receipt is that of its last receive; else nothing happens.
    func deleteUnordered(_ receipt: Receipt) throws(ServiceError) {
        guard let message = try message(receipt.sent, receipt.sequence), message.receives == receipt.receives else {
            return
        }
        try remove(message)
    }

    /// Hides a message that is in flight for another time.
    /// - Throws: MessageNotInflight, InvalidParameterValue.
    func hideUnordered(_ receipt: Receipt, for seconds: Int, _ handle: String) throws(ServiceError) -> Int64 {
        guard var message = try message(receipt.sent, receipt.sequence) else { throw .notThere(handle) }
        guard message.state == .inFlight, message.due > now, message.receives == receipt.receives else {
            throw .notInFlight
        }
        try checkHiding(seconds, since: message.lastReceived)
        message.due = now + Int64(seconds) * 1000
        try records.put(message)
        return message.due
    }

    /// Nothing is hidden for more than twelve hours after a receive.
    func checkHiding(_ seconds: Int, since received: Int64) throws(ServiceError) {
        guard now + Int64(seconds) * 1000 - received <= 43_200_000 else {
            throw .invalidParameter(
                "VisibilityTimeout", String(seconds),
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
        }
    }
}
