import Directory
import Ledger
import Platform
import Policy
import SNSAPI
import Wire

extension Quota {
    /// <https://docs.aws.amazon.com/general/latest/gr/sns.html>
    static let topics = Quota("SNSTopics", 100_000)
    static let fifoTopics = Quota("SNSFIFOTopics", 1000)
}

extension SNS.CreateTopic: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = TopicName(name: input.name, account: call.accountID, region: call.region)
        let tags = requestTags(input.tags)
        var all = [call.access(on: name, nil, tags)]
        if input.tags?.isEmpty == false { all.append(call.access(on: name, "TagResource", tags)) }
        if let policy = input.dataProtectionPolicy, !policy.isEmpty {
            all.append(call.access(on: name, "PutDataProtectionPolicy"))
        }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let attributes = input.attributes ?? [:]
        let isFIFO = attributes["FifoTopic"] == "true"
        try checkName(input.name, isFIFO: isFIFO)
        let name = TopicName(name: input.name, account: call.accountID, region: call.region)
        var topic = Topic(
            name: input.name, accountID: call.accountID, region: call.region, uniqueID: Identifiers.lowercase(20),
            created: call.time, isFIFO: isFIFO, policy: TopicPolicies.standard(name))
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { try topic.set(name, value, call) }
        topic.tags = try TagRules.ofTopics.new(input.tags)
        try topic.protect(by: input.dataProtectionPolicy ?? "")
        if let existing = try records.get(Topic.self, input.name) {
            try checkIsSame(existing, topic, attributes, hasTags: input.tags != nil, call)
            return Output { $0.topicArn = existing.arn }
        }
        let quota = call.quotas[isFIFO ? .fifoTopics : .topics]
        guard try records.count(Topic.self) < quota else {
            throw .sns(.topicLimitExceeded, "Topic limit of \(quota) has been exceeded")
        }
        try records.put(topic)
        return Output { $0.topicArn = topic.arn }
    }

    private static func checkName(_ name: String, isFIFO: Bool) throws(ServiceError) {
        if isFIFO {
            guard name.hasSuffix(".fifo"), TopicName.isName(name) else {
                throw .invalidParameter(
                    "Topic Name Reason: FIFO topic names must end with .fifo and must be made up of only uppercase and "
                        + "lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 "
                        + "characters long")
            }
        } else {
            guard !name.hasSuffix(".fifo"), TopicName.isName(name) else { throw .invalidParameter("Topic Name") }
        }
    }

    /// A topic that is there is as good as a new one if it is what was asked for.
    private static func checkIsSame(
        _ existing: Topic, _ asked: Topic, _ attributes: [String: String], hasTags: Bool, _ call: Call
    ) throws(ServiceError) {
        var changed = existing
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            // Of one with the same name it can't be any other.
            if name == "FifoTopic" { continue }
            try changed.set(name, value, call)
        }
        if asked.dataProtectionPolicy != nil { changed.dataProtectionPolicy = asked.dataProtectionPolicy }
        guard changed == existing, existing.isFIFO == asked.isFIFO else {
            throw .invalidAttribute("Topic already exists with different attributes")
        }
        guard !hasTags || Set(existing.tags) == Set(asked.tags) else {
            throw .invalidParameter("Tags Reason: Topic already exists with different tags")
        }
    }
}

extension SNS.DeleteTopic: WriteOperation, OnTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try TopicName(input.topicArn)
        try call.checkRegion(of: name)
        let own = records.of(name.scope)
        // What is not there is deleted already.
        guard let topic = try own.get(Topic.self, name.name) else { return Output() }
        try own.delete(topic)
        try own.schedule(EmptyTopic(topicID: topic.uniqueID), id: topic.uniqueID, at: call.time)
        return Output()
    }
}

extension SNS.ListTopics: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessToAll }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(try records.page(Topic.self, try Paging(sns: input.nextToken))) { topic in
            SNS.Topic { $0.topicArn = topic.arn }
        }
    }
}

extension Paging {
    /// Pages have a hundred items.
    /// - Throws: InvalidParameter for a token that is not one of ours.
    init(sns token: String?) throws(ServiceError) {
        do throws(ServiceError) { try self.init(marker: token, maxItems: 100) } catch {
            throw .invalidParameter("NextToken")
        }
    }
}

/// Takes away what has hung on a topic that is deleted, a hundred at a time.
struct EmptyTopic: Job {
    static let kind = "SNS::EmptyTopic"

    let topicID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (job, id, now) = (self, context.id, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            if try Self.deleteSome(of: job.topicID, records) { try records.schedule(job, id: id, at: now) }
        }
    }

    /// - Returns: whether there may be more.
    private static func deleteSome(of topicID: String, _ records: MutableRecords) throws(ServiceError) -> Bool {
        let subscriptions = try records.referrers(
            Subscription.self, Subscription.Relation.topic, to: topicID, limit: 100)
        for subscription in subscriptions { try records.forget(subscription) }
        var isAll = subscriptions.count < 100
        isAll = try records.deleteAll(PendingDelivery.self, of: topicID, limit: 100) < 100 && isAll
        isAll = try records.deleteAll(FanOut.self, of: topicID, limit: 100) < 100 && isAll
        isAll = try records.deleteAll(StoredMessage.self, of: topicID, limit: 100) < 100 && isAll
        isAll = try records.deleteAll(RememberedMessage.self, of: topicID, limit: 100) < 100 && isAll
        isAll = try records.deleteAll(MessageCounter.self, of: topicID, limit: 100) < 100 && isAll
        return !isAll
    }
}

extension MutableRecords {
    /// Deletes a subscription with all that tells of it. What it has yet to get finds nobody.
    func forget(_ subscription: Subscription) throws(ServiceError) {
        let own = of(subscription.scope)
        try own.delete(subscription)
        try of(Scope(account: subscription.owner, region: subscription.region)).delete(
            OwnedSubscription.self,
            OwnedSubscription.key(subscription.accountID, subscription.topicName, subscription.id))
        try own.cancel(ForgetSubscription.self, id: subscription.id)
    }
}
