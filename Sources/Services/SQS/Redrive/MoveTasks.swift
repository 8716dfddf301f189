import Directory
import Ledger
import Platform
import SQSAPI
import Wire

// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>

extension SQS.StartMessageMoveTask: WriteOperation {
    private static let fastest = 500

    /// Whoever moves messages on receives, deletes and sends them.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let source = try call.moved(input.sourceArn)
        try call.checkOwns(source)
        var accesses = ["StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"].map {
            call.queueAccess($0, on: source)
        }
        if let arn = input.destinationArn {
            guard let destination = QueueReference(arn: arn) else { throw .noSuchDestination }
            accesses.append(call.queueAccess("SendMessage", on: destination))
        } else {
            let sources = call.queues.sources(of: source.arn)
            accesses += sources.map { call.queueAccess("SendMessage", on: $0) }
        }
        return .required(accesses)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let source = try call.moved(input.sourceArn)
        if let rate = input.maxNumberOfMessagesPerSecond, !(1...fastest).contains(rate) {
            throw .invalidParameter(
                "MaxNumberOfMessagesPerSecond", String(rate), "It must be an integer between 1 and \(fastest).")
        }
        guard let queue = try records.of(source.scope).get(Queue.self, source.name) else {
            throw SQS.Failure.resourceNotFoundException(
                "The resource that you specified for the SourceArn parameter doesn't exist.")
        }
        guard try records.of(source.scope).referrerCount(Queue.toDeadLetterQueue, to: queue.arn) > 0 else {
            throw .invalidParameter("Source queue must be configured as a Dead Letter Queue.")
        }
        if let arn = input.destinationArn {
            guard let destination = QueueReference(arn: arn), destination.account == source.account,
                destination.region == source.region,
                try records.of(destination.scope).get(Queue.self, destination.name) != nil
            else { throw .noSuchDestination }
            guard destination != source, destination.isFIFO == source.isFIFO else {
                throw .invalidParameter(
                    "DestinationArn", arn, "It must be another queue of the same type as the source.")
            }
        }
        let earlier = try records.referrers(MoveTask.self, MoveTask.ofSource, to: queue.arn)
        guard !earlier.contains(where: { $0.status == .running }) else {
            throw SQS.Failure.unsupportedOperation(
                "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
            )
        }
        for old in earlier.dropLast(MoveTask.most - 1) { try records.delete(old) }
        let task = MoveTask(
            id: RequestIDs.make(time: call.time), source: queue.arn, destination: input.destinationArn,
            homes: input.destinationArn == nil ? call.queues.sources(of: source.arn).map(\.arn) : nil,
            rate: input.maxNumberOfMessagesPerSecond,
            toMove: try records.count(StoredMessage.self, of: queue.messages), started: call.time)
        try records.put(task)
        try records.schedule(MoveMessages(task: task.id), id: task.id, at: call.time)
        return Output(taskHandle: task.handle)
    }
}

extension SQS.CancelMessageMoveTask: WriteOperation {
    private static func task(_ input: Input) throws(ServiceError) -> (id: String, source: QueueReference) {
        guard let task = MoveTask.parse(input.taskHandle) else {
            throw .invalidParameter("TaskHandle", input.taskHandle, "The task handle is invalid.")
        }
        return task
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let source = try task(input).source
        try call.checkOwns(source)
        return .required(call.queueAccess("CancelMessageMoveTask", on: source))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let (id, source) = try task(input)
        guard var task = try records.get(MoveTask.self, id), task.source == source.arn else {
            throw SQS.Failure.resourceNotFoundException("Task does not exist.")
        }
        guard task.status == .running else {
            throw SQS.Failure.unsupportedOperation(
                "Message move task can only be cancelled when its status is RUNNING. It is \(task.status.rawValue).")
        }
        task.status = .cancelled
        try records.put(task)
        try records.cancel(MoveMessages.self, id: id)
        return Output(approximateNumberOfMessagesMoved: task.moved)
    }
}

extension SQS.ListMessageMoveTasks: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let source = try call.moved(input.sourceArn)
        try call.checkOwns(source)
        return .required(call.queueAccess("ListMessageMoveTasks", on: source))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let source = try call.moved(input.sourceArn)
        let most = input.maxResults ?? 1
        guard (1...MoveTask.most).contains(most) else {
            throw .invalidParameter("MaxResults", String(most), "It must be an integer between 1 and \(MoveTask.most).")
        }
        guard try records.of(source.scope).get(Queue.self, source.name) != nil else {
            throw SQS.Failure.resourceNotFoundException(
                "The resource that you specified for the SourceArn parameter doesn't exist.")
        }
        let tasks = try records.referrers(MoveTask.self, MoveTask.ofSource, to: source.arn)
        return Output(results: tasks.suffix(most).reversed().map { $0.shown })
    }
}

extension MoveTask {
    fileprivate var shown: SQS.ListMessageMoveTasksResultEntry {
        SQS.ListMessageMoveTasksResultEntry {
            if status == .running { $0.taskHandle = handle }
            $0.status = status.rawValue
            $0.sourceArn = source
            $0.destinationArn = destination
            $0.maxNumberOfMessagesPerSecond = rate
            $0.approximateNumberOfMessagesMoved = moved
            $0.approximateNumberOfMessagesToMove = toMove
            $0.failureReason = failure
            $0.startedTimestamp = Int(started * 1000)
        }
    }
}

extension Call {
    /// The dead-letter queue that a request names by its ARN.
    /// - Throws: InvalidParameterValue.
    fileprivate func moved(_ arn: String) throws(ServiceError) -> QueueReference {
        guard let queue = QueueReference(arn: arn), queue.region == region else {
            throw .invalidParameter("SourceArn", arn, "It is not the ARN of a queue of this Region.")
        }
        return queue
    }
}

extension ServiceError {
    fileprivate static var noSuchDestination: ServiceError {
        SQS.Failure.resourceNotFoundException(
            "The resource that you specified for the DestinationArn parameter doesn't exist.")
    }
}
