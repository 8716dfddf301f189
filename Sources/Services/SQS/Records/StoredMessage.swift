import Ledger

/// A message. The row is small and changes with each receive; what is long lies aside: see ``StoredBody``.
struct StoredMessage: TableRow, Equatable {
    static let kind = "Gatehouse::SQS::Message"
    /// Bytes of content that are kept in the row itself.
    static let mostInRow = 4096

    /// Where a message is between being sent and being deleted. In FIFO queues the ``MessageGroup`` says what is in flight.
    enum State: Int64, Codable, Sendable {
        case visible
        /// Not yet to be received, until ``StoredMessage/due``.
        case delayed
        /// Received, and hidden until ``StoredMessage/due``.
        case inFlight
    }

    /// ``Queue/messages``
    let partition: String
    /// Milliseconds since 1970, from which its retention counts. In FIFO queues never less than that of an earlier one.
    let sent: Int64
    /// In FIFO queues the place in the order; else only something that no other message sent in the millisecond has.
    let sequence: Int64
    let isFIFO: Bool
    let id: String
    var group: String?
    var deduplicationID: String?
    let senderID: String
    var trace: String?
    /// The ARN of the queue that it came from as a dead letter.
    var source: String?
    /// nil: in a ``StoredBody``.
    var content: [UInt8]?
    /// What the content is encrypted with besides the ledger's seal; nil: nothing.
    var dataKey: MessageKey?
    var state = State.visible
    /// When it is, or was, to be received next: milliseconds since 1970.
    var due: Int64
    var receives: Int64 = 0
    /// Milliseconds since 1970; 0: never.
    var firstReceived: Int64 = 0
    var lastReceived: Int64 = 0

    static func key(_ sent: Int64, _ sequence: Int64) -> RowKey { RowKey(.number(sent), .number(sequence)) }

    var key: RowKey { Self.key(sent, sequence) }

    /// What can be received at once, in the order of when that was so, and what only can be later.
    static let byDue = "due"
    static let visible = RowPrefix(.number(0))
    static let pending = RowPrefix(.number(1))
    static let byGroup = "group"

    var indexes: [RowIndex] {
        if isFIFO { return [RowIndex(Self.byGroup, RowKey(.text(group ?? ""), .number(sequence)))] }
        return [RowIndex(Self.byDue, RowKey(.number(state == .visible ? 0 : 1), .number(due)))]
    }

    static let delayed = "delayed"
    static let inFlight = "in-flight"

    var amounts: [String: Int64] {
        switch state {
        case .visible: [:]
        case .delayed: [Self.delayed: 1]
        case .inFlight: [Self.inFlight: 1]
        }
    }

    static var form: RowForm<Self> {
        .short(version: 1) { (row, output) in
            output.append(row.partition)
            output.append(row.sent)
            output.append(row.sequence)
            output.append(row.isFIFO)
            output.append(row.id)
            output.append(row.group)
            output.append(row.deduplicationID)
            output.append(row.senderID)
            output.append(row.trace)
            output.append(row.source)
            output.append(row.content != nil)
            if let content = row.content { output.append(content) }
            output.append(row.dataKey != nil)
            if let key = row.dataKey {
                output.append(key.keyARN)
                output.append(key.queueARN)
                output.append(key.sealed)
            }
            output.append(row.state.rawValue)
            for number in [row.due, row.receives, row.firstReceived, row.lastReceived] { output.append(number) }
        } read: { (input, _) in
            var row = StoredMessage(
                partition: try input.text(), sent: try input.number(), sequence: try input.number(),
                isFIFO: try input.boolean(), id: try input.text(), group: try input.optionalText(),
                deduplicationID: try input.optionalText(), senderID: try input.text(),
                trace: try input.optionalText(), source: try input.optionalText(),
                content: try input.boolean() ? try input.data() : nil,
                dataKey: try input.boolean()
                    ? MessageKey(keyARN: try input.text(), queueARN: try input.text(), sealed: try input.data()) : nil,
                due: 0)
            row.state = State(rawValue: try input.number()) ?? .visible
            row.due = try input.number()
            row.receives = try input.number()
            row.firstReceived = try input.number()
            row.lastReceived = try input.number()
            return row
        }
    }
}

/// The data key that a message's content is encrypted with, itself encrypted by KMS.
struct MessageKey: Codable, Sendable, Hashable {
    let keyARN: String
    /// The queue that it was made for: KMS bound it to that.
    let queueARN: String
    let sealed: [UInt8]
}

/// The content of a message that is too long for its row.
struct StoredBody: TableRow, Equatable {
    static let kind = "Gatehouse::SQS::Body"

    /// As the message's.
    let partition: String
    let sent: Int64
    let sequence: Int64
    let content: [UInt8]

    var key: RowKey { StoredMessage.key(sent, sequence) }

    static var form: RowForm<Self> {
        .short(version: 1) { (row, output) in
            output.append(row.partition)
            output.append(row.sent)
            output.append(row.sequence)
            output.append(row.content)
        } read: { (input, _) in
            StoredBody(
                partition: try input.text(), sent: try input.number(), sequence: try input.number(),
                content: try input.data())
        }
    }
}
