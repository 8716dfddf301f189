import Ledger

/// A group of messages of a FIFO queue that has any. As long as one of them is in flight, none is received.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagegroupid-property.html>
struct MessageGroup: TableRow, Equatable {
    static let kind = "Gatehouse::SQS::MessageGroup"

    /// A message that was received. All of them came with one request, so there are ten at most.
    struct InFlight: Codable, Sendable, Equatable {
        let sent: Int64
        let sequence: Int64
        /// Which receive of the message it was.
        let receives: Int64
        /// Until when it is hidden: milliseconds since 1970.
        var due: Int64
    }

    /// ``Queue/messages``
    let partition: String
    let name: String
    /// The first message.
    var headSent: Int64
    var headSequence: Int64
    var inFlight: [InFlight] = []

    var key: RowKey { RowKey(.text(name)) }

    static let byState = "state"
    static let ready = RowPrefix(.number(0))
    static let locked = RowPrefix(.number(1))
    static let amount = "in-flight"

    /// When the first of those in flight is visible again; nil: none is in flight.
    var nextDue: Int64? { inFlight.map(\.due).min() }

    /// Groups that messages can be received of are in the order of their first ones, locked ones in that in which that changes.
    var indexes: [RowIndex] {
        [
            RowIndex(
                Self.byState,
                nextDue.map { RowKey(.number(1), .number($0)) } ?? RowKey(.number(0), .number(headSequence)))
        ]
    }

    var amounts: [String: Int64] { inFlight.isEmpty ? [:] : [Self.amount: Int64(inFlight.count)] }

    static var form: RowForm<Self> {
        .short(version: 1) { (row, output) in
            output.append(row.partition)
            output.append(row.name)
            output.append(row.headSent)
            output.append(row.headSequence)
            output.append(count: row.inFlight.count)
            for one in row.inFlight {
                for number in [one.sent, one.sequence, one.receives, one.due] { output.append(number) }
            }
        } read: { (input, _) in
            var row = MessageGroup(
                partition: try input.text(), name: try input.text(), headSent: try input.number(),
                headSequence: try input.number())
            for _ in 0..<(try input.count()) {
                row.inFlight.append(
                    InFlight(
                        sent: try input.number(), sequence: try input.number(), receives: try input.number(),
                        due: try input.number()))
            }
            return row
        }
    }
}

/// How far a FIFO queue's numbers are.
struct QueueCounter: TableRow, Equatable {
    static let kind = "Gatehouse::SQS::Counter"

    /// ``Queue/uniqueID``
    let partition: String
    /// Of the last message.
    var sequence: Int64 = 0
    var sent: Int64 = 0

    var key: RowKey { RowKey() }

    static var form: RowForm<Self> {
        .short(version: 1) { (row, output) in
            output.append(row.partition)
            output.append(row.sequence)
            output.append(row.sent)
        } read: { (input, _) in
            QueueCounter(partition: try input.text(), sequence: try input.number(), sent: try input.number())
        }
    }
}

/// That a message of an id was sent to a FIFO queue: another with it is none.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
struct SentMessageID: TableRow, Equatable {
    static let kind = "Gatehouse::SQS::SentMessageID"
    /// Milliseconds.
    static let memory: Int64 = 300_000
    static let byTime = "until"

    /// ``Queue/uniqueID``
    let partition: String
    /// The group in which ids are compared; empty for the whole queue.
    let scope: String
    let id: String
    let messageID: String
    let sequence: Int64
    /// Milliseconds since 1970.
    let until: Int64

    static func key(_ scope: String, _ id: String) -> RowKey { RowKey(.text(scope), .text(id)) }

    var key: RowKey { Self.key(scope, id) }
    var indexes: [RowIndex] { [RowIndex(Self.byTime, RowKey(.number(until)))] }
}

/// What a request to receive from a FIFO queue got, for who asks again since the answer was lost.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html>
struct ReceiveAttempt: TableRow, Equatable {
    static let kind = "Gatehouse::SQS::ReceiveAttempt"
    /// Milliseconds.
    static let memory: Int64 = 300_000
    static let byTime = "until"

    struct Received: Codable, Sendable, Equatable {
        let group: String
        let message: MessageGroup.InFlight
        /// The receipt handle that was answered.
        let handle: String
    }

    /// ``Queue/uniqueID``
    let partition: String
    let id: String
    var received: [Received]
    /// Milliseconds since 1970.
    let until: Int64

    var key: RowKey { RowKey(.text(id)) }
    var indexes: [RowIndex] { [RowIndex(Self.byTime, RowKey(.number(until)))] }
}
