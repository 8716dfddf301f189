import Ledger
import Platform
import Wire

// FIFO queues.
// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html>

extension QueueMessages {
    // MARK: Sending

    /// Adds a message, unless one of its id was sent of late.
    func addInOrder(_ new: NewMessage) throws(ServiceError) -> AddedMessage {
        guard let id = new.deduplicationID else { return try append(new) }
        let scope = settings.deduplicatesByGroup ? new.group ?? "" : ""
        let known = try records.get(SentMessageID.self, SentMessageID.key(scope, id), of: queue.uniqueID)
        if let known, known.until > now {
            return AddedMessage(id: known.messageID, sequence: known.sequence, due: now)
        }
        let added = try append(new)
        try records.put(
            SentMessageID(
                partition: queue.uniqueID, scope: scope, id: id, messageID: added.id, sequence: added.sequence ?? 0,
                until: now + SentMessageID.memory))
        return added
    }

    /// Adds a message at the end.
    func append(_ new: NewMessage) throws(ServiceError) -> AddedMessage {
        var counter =
            try records.get(QueueCounter.self, RowKey(), of: queue.uniqueID) ?? QueueCounter(partition: queue.uniqueID)
        counter.sequence += 1
        // Time may seem to go back, between nodes for instance; order may not.
        counter.sent = max(counter.sent, now)
        try records.put(counter)
        try store(new, sent: counter.sent, sequence: counter.sequence, due: counter.sent)
        let name = new.group ?? ""
        if try records.get(MessageGroup.self, RowKey(.text(name)), of: partition) == nil {
            try records.put(
                MessageGroup(
                    partition: partition, name: name, headSent: counter.sent, headSequence: counter.sequence))
        }
        return AddedMessage(
            id: new.id, sequence: counter.sequence, due: counter.sent + Int64(settings.delay) * 1000)
    }

    // MARK: Receiving

    /// Takes what can be received, of each group in order, and of as few groups as possible.
    func receiveInOrder(_ wish: ReceiveWish) throws(ServiceError) -> Received {
        // One that is in flight, too, no longer holds up its group.
        _ = try expire(limit: Self.portion)
        _ = try unlock(limit: Self.portion)
        guard
            try records.sum(MessageGroup.amount, MessageGroup.self, of: partition) + wish.most <= Self.mostInFlight
        else { return .nothing(until: try groups(MessageGroup.locked, limit: 1).first?.nextDue) }
        let grave = try deadLetterQueue()
        var taken: [(message: StoredMessage, content: [UInt8])] = []
        var seen: Set<String> = []
        for round in 0... {
            guard taken.count < wish.most else { break }
            let found = try groups(MessageGroup.ready, limit: wish.most + seen.count).filter { !seen.contains($0.name) }
            guard !found.isEmpty else { break }
            guard round < Self.portion else { return taken.isEmpty ? .onlyOld : .messages(taken) }
            for group in found where taken.count < wish.most {
                let messages = try first(of: group.name, limit: wish.most - taken.count)
                // Groups are in the order of their first messages, so that what comes behind a late one is late, too.
                guard let head = messages.first, !isDelayed(head) else {
                    return taken.isEmpty ? .nothing(until: try nextInOrder()) : .messages(taken)
                }
                let locked = messages.filter { !isDelayed($0) && !wish.canOpen($0) && !hasExpired($0) }
                if !locked.isEmpty {
                    return taken.isEmpty ? .needsKeys(Set(locked.compactMap(\.dataKey))) : .messages(taken)
                }
                let own = try take(messages, of: group, wish, grave)
                taken += own
                // Where all had to go instead, there may be others behind them.
                if !own.isEmpty { seen.insert(group.name) }
            }
        }
        return taken.isEmpty ? .nothing(until: try nextInOrder()) : .messages(taken)
    }

    /// Takes the first messages of a group, but for those that have to go instead.
    private func take(
        _ messages: [StoredMessage], of group: MessageGroup, _ wish: ReceiveWish,
        _ grave: (queue: QueueMessages, most: Int64)?
    ) throws(ServiceError) -> [(message: StoredMessage, content: [UInt8])] {
        var taken: [(message: StoredMessage, content: [UInt8])] = []
        for var message in messages where !isDelayed(message) {
            if hasExpired(message) {
                try remove(message)
            } else if let grave, message.receives >= grave.most {
                try bury(message, in: grave.queue)
            } else {
                message.receives += 1
                if message.firstReceived == 0 { message.firstReceived = now }
                message.lastReceived = now
                try records.put(message)
                taken.append((message, try content(of: message)))
            }
        }
        guard !taken.isEmpty else { return [] }
        // Its head may be another by now.
        var group = try self.group(group.name) ?? group
        group.inFlight = taken.map { message, _ in
            MessageGroup.InFlight(
                sent: message.sent, sequence: message.sequence, receives: message.receives, due: now + wish.hiding)
        }
        if wish.hiding == 0 { group.inFlight = [] }
        try records.put(group)
        return taken
    }

    func group(_ name: String) throws(ServiceError) -> MessageGroup? {
        try records.get(MessageGroup.self, RowKey(.text(name)), of: partition)
    }

    private func groups(_ state: RowPrefix, limit: Int) throws(ServiceError) -> [MessageGroup] {
        try records.list(MessageGroup.self, by: MessageGroup.byState, of: partition, RowIndexRange(state), limit: limit)
    }

    private func first(of group: String, limit: Int) throws(ServiceError) -> [StoredMessage] {
        try records.list(
            StoredMessage.self, by: StoredMessage.byGroup, of: partition, RowIndexRange(RowPrefix(.text(group))),
            limit: limit)
    }

    /// The first messages of the groups that none is in flight of.
    func inOrder(limit: Int) throws(ServiceError) -> [StoredMessage] {
        var found: [StoredMessage] = []
        for group in try groups(MessageGroup.ready, limit: limit) where found.count < limit {
            found += try first(of: group.name, limit: limit - found.count)
        }
        return found
    }

    /// A FIFO queue's delay is one for all messages, also for those that are there when it changes.
    private func isDelayed(_ message: StoredMessage) -> Bool { message.sent + Int64(settings.delay) * 1000 > now }

    private func nextInOrder() throws(ServiceError) -> Int64? {
        let locked = try groups(MessageGroup.locked, limit: 1).first?.nextDue
        let late = try groups(MessageGroup.ready, limit: 1).first.map { $0.headSent + Int64(settings.delay) * 1000 }
        return [locked, late].compactMap { $0 }.min()
    }

    /// Takes note of some messages in flight whose time is over.
    /// - Returns: of how many groups.
    func unlock(limit: Int) throws(ServiceError) -> Int {
        guard let first = try groups(MessageGroup.locked, limit: 1).first, first.nextDue ?? 0 <= now else { return 0 }
        let ripe = try groups(MessageGroup.locked, limit: limit).prefix { ($0.nextDue ?? 0) <= now }
        for var group in ripe {
            group.inFlight.removeAll { $0.due <= now }
            try records.put(group)
        }
        return ripe.count
    }

    /// How many messages can't be received since the queue delays them: they are the last ones.
    func delayedInOrder() throws(ServiceError) -> Int {
        guard settings.delay > 0 else { return 0 }
        let start = StoredMessage.key(now - Int64(settings.delay) * 1000, .max)
        guard
            let first = try records.list(
                StoredMessage.self, of: partition, RowRange(after: .key(start)), limit: 1
            ).first,
            let last = try records.list(
                StoredMessage.self, of: partition, RowRange(isReversed: true), limit: 1
            ).first
        else { return 0 }
        return Int(last.sequence - first.sequence) + 1
    }

    // MARK: What was received

    /// Brings the group of a message that has gone up to date.
    func leaveGroup(_ message: StoredMessage) throws(ServiceError) {
        let name = message.group ?? ""
        guard var group = try group(name) else { return }
        group.inFlight.removeAll { $0.sequence == message.sequence }
        if group.headSequence == message.sequence {
            guard let head = try first(of: name, limit: 1).first else {
                try records.delete(MessageGroup.self, group.key, of: partition)
                return
            }
            (group.headSent, group.headSequence) = (head.sent, head.sequence)
        }
        try records.put(group)
    }

    /// Deletes a message, as long as it is in flight by this receipt.
    /// - Throws: InvalidParameterValue: the receipt is no longer worth anything.
    func deleteInOrder(_ receipt: Receipt, _ handle: String) throws(ServiceError) {
        guard let message = try message(receipt.sent, receipt.sequence) else { return }
        guard let group = try group(message.group ?? ""), group.holds(receipt, at: now) != nil else {
            throw .expiredHandle(handle)
        }
        try remove(message)
    }

    /// Hides a message that is in flight for another time.
    /// - Throws: MessageNotInflight, InvalidParameterValue.
    func hideInOrder(_ receipt: Receipt, for seconds: Int, _ handle: String) throws(ServiceError) -> Int64 {
        guard let message = try message(receipt.sent, receipt.sequence) else { throw .notThere(handle) }
        guard var group = try group(message.group ?? ""), let place = group.holds(receipt, at: now) else {
            throw .notInFlight
        }
        try checkHiding(seconds, since: message.lastReceived)
        let due = now + Int64(seconds) * 1000
        if group.inFlight.indices.contains(place) { group.inFlight[place].due = due }
        group.inFlight.removeAll { $0.due <= now }
        try records.put(group)
        return due
    }
}

extension MessageGroup {
    /// The place of a message in flight; nil where its receipt no longer counts.
    func holds(_ receipt: Receipt, at now: Int64) -> Int? {
        inFlight.firstIndex { $0.sequence == receipt.sequence && $0.receives == receipt.receives && $0.due > now }
    }
}
