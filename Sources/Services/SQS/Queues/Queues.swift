import Directory
import FoundationEssentials
import Ledger
import Platform
import SQSAPI
import Wire

// Queues: how they are made, found and deleted.
// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>

extension SQS.CreateQueue: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let (queue, tags) = (call.ownQueue(input.queueName), Tag.all(input.tags))
        var create = call.queueAccess("CreateQueue", on: queue, ConditionKeys.requestTags(tags))
        create.isOfNewResource = true
        guard !tags.isEmpty else { return .required(create) }
        return .required([create, call.queueAccess("TagQueue", on: queue, ConditionKeys.requestTags(tags))])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let (name, attributes) = (input.queueName, input.attributes ?? [:])
        let reference = call.ownQueue(name)
        try check(name, isFIFO: attributes["FifoQueue"]?.lowercased() == "true")
        let existing = try records.get(Queue.self, name)
        let now = Int(call.time)
        var queue = Queue(
            account: reference.account, region: reference.region, name: name,
            uniqueID: Identifiers.lowercase(20), messages: Identifiers.lowercase(20), created: now, modified: now)
        try QueueChange(given: attributes, call: call)
            .apply(to: &queue, isNew: true) { (other) throws(ServiceError) in
                try records.of(other.scope).get(Queue.self, other.name)
            }
        if let existing {
            let shown = ShownAttributes(queue: existing, directory: call.directory)
            if let difference = shown.difference(from: queue, attributes.keys) {
                throw SQS.Failure.queueAlreadyExists(
                    "A queue already exists with the same name and a different value for attribute \(difference)")
            }
            return Output(queueUrl: reference.url(for: call))
        }
        if let deleted = try records.get(DeletedQueue.self, name), deleted.deleted + DeletedQueue.memory > call.time {
            throw SQS.Failure.queueDeletedRecently(
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.")
        }
        queue.tags = try QueueTags.merge(input.tags, into: [])
        try records.put(queue)
        return Output(queueUrl: reference.url(for: call))
    }

    private static func check(_ name: String, isFIFO: Bool) throws(ServiceError) {
        guard QueueReference.isName(name[...]), isFIFO == name.hasSuffix(".fifo") else {
            throw .invalidParameter(
                isFIFO
                    ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length"
                    : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
        }
    }
}

extension SQS.GetQueueUrl: ReadOperation {
    private static func queue(_ input: Input, _ call: Call) -> QueueReference {
        QueueReference(
            account: input.queueOwnerAWSAccountId ?? call.accountID, region: call.region, name: input.queueName)
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.queueAccess("GetQueueUrl", on: queue(input, call)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(queueUrl: try records.queue(queue(input, call)).reference.url(for: call))
    }
}

extension SQS.ListQueues: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("sqs:ListQueues", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.queueNamePrefix ?? ""
        let paging = try Paging(token: input.nextToken, most: input.maxResults)
        var names: [String] = []
        // What begins with a text comes right behind it.
        if paging.after == nil, !prefix.isEmpty, try records.get(Queue.self, prefix) != nil { names.append(prefix) }
        let after = paging.after ?? (prefix.isEmpty ? nil : prefix)
        names += try records.listIDs(Queue.self, after: after, limit: paging.limit + 1).prefix { $0.hasPrefix(prefix) }
        let page = names.prefix(paging.limit)
        return Output {
            $0.queueUrls = page.isEmpty ? nil : page.map { call.ownQueue($0).url(for: call) }
            if names.count > page.count, input.maxResults != nil {
                $0.nextToken = page.last.map { Paging.marker(after: $0) }
            }
        }
    }
}

extension SQS.ListDeadLetterSourceQueues: ReadOperation, OnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let queue = try records.queue(try call.queue(input.queueUrl))
        let paging = try Paging(token: input.nextToken, most: input.maxResults)
        let sources = try records.of(queue.reference.scope).referrers(
            Queue.self, Queue.toDeadLetterQueue, to: queue.arn, after: paging.after, limit: paging.limit + 1)
        let page = sources.prefix(paging.limit)
        return Output {
            $0.queueUrls = page.map { $0.reference.url(for: call) }
            if sources.count > page.count, input.maxResults != nil {
                $0.nextToken = page.last.map { Paging.marker(after: $0.name) }
            }
        }
    }
}

extension SQS.DeleteQueue: WriteOperation, OnOwnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let queue = try records.queue(try call.queue(input.queueUrl))
        try records.delete(queue)
        try records.put(DeletedQueue(name: queue.name, deleted: call.time))
        try records.schedule(
            EmptyQueue(partitions: [queue.messages, queue.uniqueID], deleted: queue.name), id: queue.uniqueID,
            at: call.time)
        let signals = call.environment.projection(QueueSignals.self)
        records.afterwards { signals.wake(queue.uniqueID, .max) }
        return Output()
    }
}

extension SQS.PurgeQueue: WriteOperation, OnQueue {
    /// Seconds between two.
    private static let pause = 60.0

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var queue = try records.queue(try call.queue(input.queueUrl))
        if let purged = queue.purged, purged + pause > call.time {
            throw SQS.Failure.purgeQueueInProgress(
                "Only one PurgeQueue operation on \(queue.name) is allowed every 60 seconds.")
        }
        let (old, own) = (queue.messages, records.of(queue.reference.scope))
        queue.messages = Identifiers.lowercase(20)
        queue.purged = call.time
        try own.put(queue)
        try own.schedule(EmptyQueue(partitions: [old], deleted: nil), id: old, at: call.time)
        return Output()
    }
}

extension Paging {
    /// The pages of SQS's lists.
    /// - Throws: InvalidParameterValue.
    fileprivate init(token: String?, most: Int?) throws(ServiceError) {
        if let most, !(1...1000).contains(most) {
            throw .invalidParameter("MaxResults", String(most), "MaxResults must be an integer between 1 and 1000.")
        }
        do throws(ServiceError) { try self.init(marker: token, maxItems: most ?? 1000) } catch {
            throw .invalidParameter("NextToken", token ?? "", "Invalid NextToken.")
        }
    }
}
