import Ledger
import Platform
import SQSAPI
import Wire

// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>

/// What is counted is exact. For that, messages whose time has come meanwhile are first taken note of, which is why it
/// is no mere reading.
extension SQS.GetQueueAttributes: ComputeOperation, OnQueue {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let reference = try call.queue(input.queueUrl)
        let isWanted = try ShownAttributes.wanted(input.attributeNames ?? [])
        let queue = try await call.environment.read(reference.scope) { (records) throws(ServiceError) in
            try records.queue(reference)
        }
        var shown = ShownAttributes(queue: queue, directory: call.directory).all
        if ShownAttributes.counts.contains(where: isWanted) {
            let counts = try await counts(reference, call)
            shown["ApproximateNumberOfMessages"] = String(counts.visible)
            shown["ApproximateNumberOfMessagesNotVisible"] = String(counts.inFlight)
            shown["ApproximateNumberOfMessagesDelayed"] = String(counts.delayed)
        }
        shown = shown.filter { isWanted($0.key) }
        return Output(attributes: shown.isEmpty ? nil : shown)
    }

    private static func counts(_ reference: QueueReference, _ call: Call) async throws(ServiceError) -> QueueCounts {
        while true {
            let counts = try await call.environment.write(reference.scope, requestID: call.requestID) {
                (records) throws(ServiceError) -> QueueCounts? in
                let messages = QueueMessages(try records.queue(reference), records, at: call.time)
                return try messages.settle(limit: 256) ? nil : try messages.counts()
            }
            if let counts { return counts }
        }
    }
}

extension SQS.SetQueueAttributes: WriteOperation, OnOwnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let reference = try call.queue(input.queueUrl)
        var queue = try records.queue(reference)
        try QueueChange(given: input.attributes, call: call)
            .apply(to: &queue, isNew: false) { (other) throws(ServiceError) in
                try records.of(other.scope).get(Queue.self, other.name)
            }
        queue.modified = Int(call.time)
        try records.put(queue)
        // What was delayed may be there now.
        let (signals, id) = (call.environment.projection(QueueSignals.self), queue.uniqueID)
        records.afterwards { signals.wake(id, .max) }
        return Output()
    }
}
