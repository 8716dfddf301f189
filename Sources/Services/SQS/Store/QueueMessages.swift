import Ledger
import Platform
import Synchronization
import Wire

/// The messages of a queue, within one transaction, at one time.
///
/// What each operation costs depends on how many messages it is about, not on how many there are, or are hidden: messages
/// that can be received are in the order of an index, those that can't yet in that of another.
struct QueueMessages {
    let queue: Queue
    let settings: QueueSettings
    let records: MutableRecords
    /// Milliseconds since 1970.
    let now: Int64

    /// - Parameter time: seconds since 1970.
    init(_ queue: Queue, _ records: MutableRecords, at time: Double) {
        self.init(queue, records, now: RequestIDs.milliseconds(time))
    }

    private init(_ queue: Queue, _ records: MutableRecords, now: Int64) {
        self.queue = queue
        settings = queue.settings
        self.records = records.of(queue.reference.scope)
        self.now = now
    }

    /// Those of another queue, at the same time.
    func of(_ other: Queue) -> QueueMessages { QueueMessages(other, records, now: now) }

    var partition: String { queue.messages }

    // MARK: Single messages

    /// - Returns: nil: it is not there, or its retention is over.
    func message(_ sent: Int64, _ sequence: Int64) throws(ServiceError) -> StoredMessage? {
        guard
            let found = try records.get(StoredMessage.self, StoredMessage.key(sent, sequence), of: partition),
            !hasExpired(found)
        else { return nil }
        return found
    }

    /// What a message says, as it is stored.
    /// - Throws: InternalFailure where it is not there.
    func content(of message: StoredMessage) throws(ServiceError) -> [UInt8] {
        if let content = message.content { return content }
        guard let body = try records.get(StoredBody.self, message.key, of: message.partition) else {
            throw .internalFailure
        }
        return body.content
    }

    /// Takes the rows of a message away, and nothing else.
    func erase(_ message: StoredMessage) throws(ServiceError) {
        try records.delete(StoredMessage.self, message.key, of: message.partition)
        if message.content == nil { try records.delete(StoredBody.self, message.key, of: message.partition) }
    }

    /// Takes a message away, wherever it is.
    func remove(_ message: StoredMessage) throws(ServiceError) {
        try erase(message)
        if queue.isFIFO { try leaveGroup(message) }
    }

    /// Whether a message has been there for longer than the queue keeps any.
    func hasExpired(_ message: StoredMessage) -> Bool { message.sent + Int64(settings.retention) * 1000 <= now }

    // MARK: Sending

    /// Adds a message.
    /// - Returns: what it is called; for a duplicate in a FIFO queue, what the first one is.
    func add(_ new: NewMessage) throws(ServiceError) -> AddedMessage {
        queue.isFIFO ? try addInOrder(new) : try addUnordered(new)
    }

    private func addUnordered(_ new: NewMessage) throws(ServiceError) -> AddedMessage {
        let delay = Int64(new.delay ?? settings.delay) * 1000
        try store(new, sent: now, sequence: Self.nextSequence(), due: now + delay)
        return AddedMessage(id: new.id, sequence: nil, due: now + delay)
    }

    private static let lastSequence = Atomic<UInt64>(0)

    /// Something that no other message has, and mostly in the order in which messages are sent, also within a millisecond.
    private static func nextSequence() -> Int64 {
        let place = lastSequence.wrappingAdd(1, ordering: .relaxed).newValue & 0x7fff_ffff
        return Int64(place << 32 | UInt64(UInt32.random(in: 0 ... .max)))
    }

    /// - Parameter due: after now for one that can't be received yet.
    func store(
        _ new: NewMessage, sent: Int64, sequence: Int64, due: Int64
    ) throws(ServiceError) {
        let isShort = new.content.count <= StoredMessage.mostInRow
        var message = StoredMessage(
            partition: partition, sent: sent, sequence: sequence, isFIFO: queue.isFIFO, id: new.id, group: new.group,
            deduplicationID: new.deduplicationID, senderID: new.senderID, trace: new.trace, source: new.source,
            content: isShort ? new.content : nil, dataKey: new.dataKey, due: due)
        message.receives = new.receives
        message.firstReceived = new.firstReceived
        if due > now, !queue.isFIFO { message.state = .delayed }
        try records.put(message)
        if !isShort {
            try records.put(
                StoredBody(partition: partition, sent: sent, sequence: sequence, content: new.content))
        }
    }

    // MARK: Dead letters

    /// The queue for what is received too often; nil: there is none other than this one, and it stays here.
    func deadLetterQueue() throws(ServiceError) -> (queue: QueueMessages, most: Int64)? {
        guard let redrive = settings.redrive, let reference = QueueReference(arn: redrive.target),
            reference.isFIFO == queue.isFIFO,
            let found = try records.of(reference.scope).get(Queue.self, reference.name),
            // What was put back here would be found again at once, without an end.
            found.uniqueID != queue.uniqueID
        else { return nil }
        return (of(found), Int64(redrive.maxReceiveCount))
    }

    /// Moves a message to a dead-letter queue. In standard queues its retention goes on; in FIFO queues it begins anew.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>
    func bury(_ message: StoredMessage, in other: QueueMessages) throws(ServiceError) {
        var new = NewMessage(message, content: try content(of: message))
        new.source = queue.arn
        new.receives = message.receives
        new.firstReceived = message.firstReceived
        try remove(message)
        if other.queue.isFIFO {
            _ = try other.append(new)
        } else {
            try other.store(new, sent: message.sent, sequence: message.sequence, due: now)
        }
    }

    // MARK: Counting

    /// Takes note of what time alone has changed: of some of the messages whose retention or hiding is over.
    /// - Returns: whether there may be more.
    func settle(limit: Int) throws(ServiceError) -> Bool {
        let old = try expire(limit: limit)
        return try (queue.isFIFO ? unlock(limit: limit) : ripen(limit: limit)) == limit || old == limit
    }

    /// Takes some messages away whose retention is over.
    /// - Returns: how many.
    func expire(limit: Int) throws(ServiceError) -> Int {
        guard let first = try records.list(StoredMessage.self, of: partition, limit: 1).first, hasExpired(first) else {
            return 0
        }
        let old = try records.list(StoredMessage.self, of: partition, limit: limit).prefix(while: hasExpired)
        for message in old { try remove(message) }
        return old.count
    }

    /// How many messages there are. Only after ``settle(limit:)`` has said that there is no more.
    /// - Complexity: O(log *n*): the ledger counts.
    func counts() throws(ServiceError) -> QueueCounts {
        let all = try records.count(StoredMessage.self, of: partition)
        let (delayed, inFlight) =
            queue.isFIFO
            ? (try delayedInOrder(), try records.sum(MessageGroup.amount, MessageGroup.self, of: partition))
            : (
                try records.sum(StoredMessage.delayed, StoredMessage.self, of: partition),
                try records.sum(StoredMessage.inFlight, StoredMessage.self, of: partition)
            )
        let late = min(delayed, max(0, all - inFlight))
        return QueueCounts(visible: max(0, all - inFlight - late), inFlight: inFlight, delayed: late)
    }
}

/// How many messages a queue has, by what can be done with them.
struct QueueCounts: Sendable, Equatable {
    let visible: Int
    let inFlight: Int
    let delayed: Int
}

/// A message on its way into a queue, checked and encrypted.
struct NewMessage: Sendable {
    var id: String
    var group: String?
    var deduplicationID: String?
    let senderID: String
    var trace: String?
    var source: String?
    let content: [UInt8]
    var dataKey: MessageKey?
    /// Seconds; nil: the queue's.
    var delay: Int?
    var receives: Int64 = 0
    var firstReceived: Int64 = 0

    init(
        id: String, group: String? = nil, deduplicationID: String? = nil, senderID: String, trace: String? = nil,
        content: [UInt8], dataKey: MessageKey? = nil, delay: Int? = nil
    ) {
        self.id = id
        self.group = group
        self.deduplicationID = deduplicationID
        self.senderID = senderID
        self.trace = trace
        self.content = content
        self.dataKey = dataKey
        self.delay = delay
    }

    /// One that goes on to another queue.
    init(_ message: StoredMessage, content: [UInt8]) {
        self.init(
            id: message.id, group: message.group, deduplicationID: message.deduplicationID,
            senderID: message.senderID, trace: message.trace, content: content, dataKey: message.dataKey)
    }
}

/// A message that is in a queue.
struct AddedMessage: Sendable, Equatable {
    let id: String
    /// nil: in a standard queue.
    let sequence: Int64?
    /// When it can be received: milliseconds since 1970.
    let due: Int64
}

/// Which messages a receipt handle is about, and which receive of it.
struct Receipt: Sendable, Hashable {
    let sent: Int64
    let sequence: Int64
    let receives: Int64
}

/// What a request wants to receive.
struct ReceiveWish: Sendable {
    let most: Int
    /// Milliseconds for which it is hidden.
    let hiding: Int64
    /// Whether the content of a message can be decrypted with what is known.
    let canOpen: @Sendable (StoredMessage) -> Bool

    /// The same for fewer messages.
    func limited(to room: Int) -> ReceiveWish { ReceiveWish(most: min(most, room), hiding: hiding, canOpen: canOpen) }
}

/// What was received.
enum Received: Sendable {
    /// With their contents, as they are stored.
    case messages([(message: StoredMessage, content: [UInt8])])
    /// Nothing was taken: first KMS has to open these.
    case needsKeys(Set<MessageKey>)
    /// There is nothing before a time, unless something is sent: milliseconds since 1970. nil: nothing is hidden.
    case nothing(until: Int64?)
    /// There were only such as had to go, and there may be others behind them.
    case onlyOld
    /// Too many are in flight.
    case overLimit
}
