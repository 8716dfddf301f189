import Crypto
import Platform
import SQSAPI
import Wire

// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>

/// It may wait, and look for messages several times, each in a transaction of its own.
extension SQS.ReceiveMessage: ComputeOperation, OnQueue {
    public static var isReadOnly: Bool { false }
    public static var recordsOutput: Bool { false }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let receiver = try MessageReceiver(input, call)
        let messages = try await receiver.messages()
        let queue = try call.queue(input.queueUrl)
        guard !messages.isEmpty else {
            call.count("NumberOfEmptyReceives", of: queue)
            return Output()
        }
        call.count("NumberOfMessagesReceived", of: queue, times: messages.count)
        call.recordDurably()
        return Output { $0.messages = messages }
    }
}

/// What a request to receive asks for, and how it comes to it.
private struct MessageReceiver: Sendable {
    private let call: Call
    private let reference: QueueReference
    private let entry: QueueEntry
    private let most: Int
    /// Milliseconds.
    private let hiding: Int64
    /// Until when it waits, in seconds since 1970; nil: it does not.
    private let deadline: Double?
    private let attempt: String?
    private let shown: ShownMessageAttributes

    init(_ input: SQS.ReceiveMessage.Input, _ call: Call) throws(ServiceError) {
        self.call = call
        reference = try call.queue(input.queueUrl)
        entry = try call.queues.entry(reference)
        most =
            try Self.number("MaxNumberOfMessages", input.maxNumberOfMessages, 1...10, "Must be between 1 and 10") ?? 1
        let hiding = try Self.number(
            "VisibilityTimeout", input.visibilityTimeout, 0...43_200, "Must be >= 0 and <= 43200")
        self.hiding = Int64(hiding ?? entry.settings.visibilityTimeout) * 1000
        let wait = try Self.number("WaitTimeSeconds", input.waitTimeSeconds, 0...20, "Must be >= 0 and <= 20")
        let seconds = wait ?? entry.settings.waitTime
        deadline = seconds > 0 ? call.time + Double(seconds) : nil
        attempt = input.receiveRequestAttemptId
        if let attempt {
            guard reference.isFIFO else { throw .wrongQueueType("ReceiveRequestAttemptId", attempt) }
            guard (1...128).contains(attempt.utf8.count), attempt.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .invalidParameter(
                    "ReceiveRequestAttemptId", attempt,
                    "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length."
                )
            }
        }
        shown = try ShownMessageAttributes(
            system: (input.messageSystemAttributeNames ?? []) + (input.attributeNames ?? []),
            own: input.messageAttributeNames ?? [])
    }

    private static func number(
        _ name: String, _ value: Int?, _ range: ClosedRange<Int>, _ reason: String
    ) throws(ServiceError) -> Int? {
        guard let value else { return nil }
        guard range.contains(value) else {
            throw .invalidParameter(name, String(value), "\(reason), if provided.")
        }
        return value
    }

    /// Waits for messages as long as the request does.
    func messages() async throws(ServiceError) -> [SQS.Message] {
        let environment = call.environment
        let (signals, queue) = (environment.projection(QueueSignals.self), entry.queue.uniqueID)
        var secrets: [MessageKey: SymmetricKey] = [:]
        while true {
            let version = signals.version(of: queue)
            switch try await look(secrets) {
            case .messages(let messages):
                signals.wake(queue, waitingPast: RequestIDs.milliseconds(environment.now()) + hiding)
                return try messages.map { (found) throws(ServiceError) in try shown.message(found, secrets) }
            case .needsKeys(let keys):
                let opened = try await environment.projection(MessageKeys.self)
                    .open(keys, reuse: entry.settings.keyReuse, call)
                secrets.merge(opened) { _, new in new }
            case .overLimit where deadline == nil:
                throw SQS.Failure.overLimit(
                    "Too many messages in flight: there can be \(QueueMessages.mostInFlight) at most.")
            case .overLimit:
                guard await wait(nil, version, signals) else { return [] }
            case .onlyOld:
                guard !Task.isCancelled, !environment.ending.hasBegun else { return [] }
            case .nothing(let due):
                guard await wait(due, version, signals) else { return [] }
            }
        }
    }

    /// - Parameter due: when something may be there, in milliseconds since 1970.
    /// - Returns: false when it has waited for long enough.
    private func wait(_ due: Int64?, _ version: UInt64, _ signals: QueueSignals) async -> Bool {
        let now = call.environment.now()
        let ending = call.environment.ending
        guard let deadline, now < deadline, !Task.isCancelled, !ending.hasBegun else { return false }
        var until = min(deadline, due.map { Double($0) / 1000 + 0.001 } ?? deadline)
        // Nobody tells of what another node has sent.
        if call.environment.ledger.isShared { until = min(until, now + 1) }
        await signals.wait(
            for: entry.queue.uniqueID, since: version, until: until, seconds: until - now, ending)
        guard Task.isCancelled else { return true }
        // What this one was woken for is for another.
        signals.wake(entry.queue.uniqueID, 1)
        return false
    }

    private enum Look: Sendable {
        case messages([FoundMessage])
        case needsKeys(Set<MessageKey>)
        case overLimit
        case onlyOld
        case nothing(until: Int64?)
    }

    /// Looks for messages, and takes them.
    private func look(_ secrets: [MessageKey: SymmetricKey]) async throws(ServiceError) -> Look {
        let (call, handles, time) = (call, call.receiptHandles, call.environment.now())
        let (reference, attempt) = (reference, attempt)
        let wish = ReceiveWish(most: most, hiding: hiding) { $0.dataKey.map { secrets[$0] != nil } ?? true }
        return try await call.environment.write(reference.scope, requestID: call.requestID) {
            (records) throws(ServiceError) -> Look in
            let queue = try records.queue(reference)
            let messages = QueueMessages(queue, records, at: time)
            if let attempt, let again = try messages.repeated(attempt, wish) { return .messages(again) }
            let received = queue.isFIFO ? try messages.receiveInOrder(wish) : try messages.receiveUnordered(wish)
            switch received {
            case .needsKeys(let keys): return .needsKeys(keys)
            case .overLimit: return .overLimit
            case .onlyOld: return .onlyOld
            case .nothing(let until): return .nothing(until: until)
            case .messages(let taken):
                let found = try taken.map { (message, content) throws(ServiceError) in
                    FoundMessage(
                        message: message, content: content,
                        handle: try handles.seal(message.receipt, of: queue, call.environment))
                }
                if let attempt { try messages.keep(attempt, found, wish) }
                return .messages(found)
            }
        }
    }
}

extension StoredMessage {
    var receipt: Receipt { Receipt(sent: sent, sequence: sequence, receives: receives) }
}

/// A message that was received, with its receipt handle.
struct FoundMessage: Sendable {
    let message: StoredMessage
    /// As it is stored.
    let content: [UInt8]
    let handle: String
}
