import Platform
import SQSAPI
import Wire

// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>

/// Messages that were received, found by their receipt handles, within a transaction.
private struct ReceivedMessages {
    let messages: QueueMessages
    let call: Call

    init(_ url: String, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        messages = QueueMessages(try records.queue(try call.queue(url)), records, at: call.time)
        self.call = call
    }

    /// - Throws: ReceiptHandleIsInvalid, InvalidParameterValue.
    func delete(_ handle: String) throws(ServiceError) {
        let receipt = try call.receiptHandles.open(handle, of: messages.queue, call.environment)
        if messages.queue.isFIFO {
            try messages.deleteInOrder(receipt, handle)
            // The rest of its group may be free now.
            wake(at: messages.now)
        } else {
            try messages.deleteUnordered(receipt)
        }
        let (call, queue) = (call, messages.queue.reference)
        messages.records.afterwards { call.count("NumberOfMessagesDeleted", of: queue) }
    }

    /// - Throws: ReceiptHandleIsInvalid, InvalidParameterValue, MessageNotInflight.
    func hide(_ handle: String, for seconds: Int?) throws(ServiceError) {
        let receipt = try call.receiptHandles.open(handle, of: messages.queue, call.environment)
        guard let seconds else { throw .missingParameter("VisibilityTimeout") }
        guard NumberAttribute.visibilityTimeout.range.contains(seconds) else {
            throw .invalidParameter(
                "VisibilityTimeout", String(seconds), "VisibilityTimeout must be an integer between 0 and 43200.")
        }
        wake(
            at: messages.queue.isFIFO
                ? try messages.hideInOrder(receipt, for: seconds, handle)
                : try messages.hideUnordered(receipt, for: seconds, handle))
    }

    /// Tells those who wait when something can be received.
    private func wake(at time: Int64) {
        let (signals, id, now) = (
            call.environment.projection(QueueSignals.self), messages.queue.uniqueID, messages.now
        )
        messages.records.afterwards {
            if time <= now { signals.wake(id, 1) } else { signals.wake(id, waitingPast: time) }
        }
    }
}

extension ServiceError {
    static var notInFlight: ServiceError {
        SQS.Failure.messageNotInflight("The specified message isn't in flight.")
    }
}

extension SQS.DeleteMessage: WriteOperation, OnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try ReceivedMessages(input.queueUrl, call, records).delete(input.receiptHandle)
        return Output()
    }
}

extension SQS.DeleteMessageBatch: WriteOperation, OnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let entries = input.entries
        try Batch.check(entries.map(\.id), "DeleteMessageBatchRequestEntry")
        let messages = try ReceivedMessages(input.queueUrl, call, records)
        var (done, failed): ([String], [SQS.BatchResultErrorEntry]) = ([], [])
        for entry in entries {
            do throws(ServiceError) {
                try messages.delete(entry.receiptHandle)
                done.append(entry.id)
            } catch {
                guard error.status < 500 else { throw error }
                failed.append(Batch.failure(entry.id, error))
            }
        }
        return Output {
            $0.successful = done.map { id in SQS.DeleteMessageBatchResultEntry { $0.id = id } }
            $0.failed = failed
        }
    }
}

extension SQS.ChangeMessageVisibility: WriteOperation, OnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try ReceivedMessages(input.queueUrl, call, records).hide(input.receiptHandle, for: input.visibilityTimeout)
        return Output()
    }
}

extension SQS.ChangeMessageVisibilityBatch: WriteOperation, OnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let entries = input.entries
        try Batch.check(entries.map(\.id), "ChangeMessageVisibilityBatchRequestEntry")
        let messages = try ReceivedMessages(input.queueUrl, call, records)
        var (done, failed): ([String], [SQS.BatchResultErrorEntry]) = ([], [])
        for entry in entries {
            do throws(ServiceError) {
                try messages.hide(entry.receiptHandle, for: entry.visibilityTimeout)
                done.append(entry.id)
            } catch {
                guard error.status < 500 else { throw error }
                failed.append(Batch.failure(entry.id, error))
            }
        }
        return Output {
            $0.successful = done.map { id in SQS.ChangeMessageVisibilityBatchResultEntry { $0.id = id } }
            $0.failed = failed
        }
    }
}
