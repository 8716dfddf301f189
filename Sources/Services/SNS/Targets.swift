import Directory
import Ledger
import Platform
import Policy
import SNSAPI
import Wire

/// The topic that a request names. It need not exist.
struct TopicName: Sendable, Hashable {
    let name: String
    let account: String
    let region: String

    var arn: String { ARN.text("sns", region, account, "", name) }
    var scope: Scope { Scope(account: account, region: region) }

    /// - Parameter parameter: how the error names it.
    /// - Throws: InvalidParameter.
    init(_ text: String, parameter: String = "TopicArn") throws(ServiceError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6 else {
            throw .invalidParameter(
                "\(parameter) Reason: An ARN must have at least 6 elements, not \(parts.count)")
        }
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "sns", !arn.region.isEmpty,
            arn.account.utf8.count == 12, Self.isName(arn.resource)
        else { throw .invalidParameter(parameter) }
        (name, account, region) = (arn.resource, arn.account, arn.region)
    }

    init(name: String, account: String, region: String) {
        (self.name, self.account, self.region) = (name, account, region)
    }

    /// Up to 256 letters, digits, hyphens and underscores; the ending of a FIFO topic counts among them.
    static func isName(_ text: String) -> Bool {
        let base = text.utf8.count > 5 && text.hasSuffix(".fifo") ? text.dropLast(5) : text[...]
        return (1...256).contains(text.utf8.count)
            && base.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }
}

/// The subscription that a request names. It need not exist.
struct SubscriptionName: Sendable, Hashable {
    let topic: TopicName
    let id: String

    /// - Throws: InvalidParameter.
    init(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6 else {
            throw .invalidParameter(
                "SubscriptionArn Reason: An ARN must have at least 6 elements, not \(parts.count)")
        }
        guard parts.count == 7, let id = parts.last, id.utf8.count == 36,
            id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D })
        else { throw .invalidParameter("SubscriptionArn Reason: The subscription ARN is not valid") }
        topic = try TopicName(parts.dropLast().joined(separator: ":"), parameter: "SubscriptionArn")
        self.id = String(id)
    }
}

extension Call {
    /// The condition keys that every request about a topic has. `aws:SourceOwner` is SNS's own: it is how the policy that topics have
    /// from the start lets an account's alarms in. Services that came later are told by `aws:SourceAccount` and `aws:SourceArn`,
    /// and users by their own policies.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>
    func topicKeys(_ keys: [String: ContextValue] = [:]) -> [String: ContextValue] {
        guard let service = caller.servicePrincipal, service.name == "cloudwatch.amazonaws.com" else { return keys }
        return keys.merging(["aws:sourceowner": .one(service.sourceAccount)]) { own, _ in own }
    }

    /// - Parameter action: without its prefix; nil: the operation's name.
    func access(
        on topic: TopicName, _ action: String? = nil, _ keys: [String: ContextValue] = [:]
    ) -> Access {
        var access = Access("sns:\(action ?? operation)", on: topic.arn, context: topicKeys(keys))
        access.denial = Self.snsDenial
        return access
    }

    /// For what SNS asks about no resource.
    var accessToAll: Authorization {
        var access = Access("sns:\(operation)", on: "*")
        access.denial = Self.snsDenial
        return .required(access)
    }

    /// Topics are reached in their own Region. A request without a signature says no Region.
    func checkRegion(of topic: TopicName, _ parameter: String = "TopicArn") throws(ServiceError) {
        guard topic.region == region || caller.isAnonymous else { throw .invalidParameter(parameter) }
    }
}

/// An operation on the topic that `TopicArn` names, which needs permission for its own action on it.
protocol OnTopic: Platform.Operation where InputFields: SNS.WithTopicArn {}

extension OnTopic {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.access(on: try TopicName(input.topicArn)))
    }
}

extension RecordReading {
    /// A topic, with the records of its account and Region.
    /// - Throws: NotFound.
    func topic(_ name: TopicName, _ call: Call) throws(ServiceError) -> (topic: Topic, own: Self) {
        try call.checkRegion(of: name)
        let own = of(name.scope)
        guard let topic = try own.get(Topic.self, name.name) else { throw .noSuchTopic }
        return (topic, own)
    }

    /// A subscription of a topic that is there.
    /// - Throws: NotFound.
    func subscription(_ name: SubscriptionName) throws(ServiceError) -> (subscription: Subscription, own: Self) {
        let own = of(name.topic.scope)
        guard let topic = try own.get(Topic.self, name.topic.name),
            let subscription = try own.get(Subscription.self, name.id), subscription.topicID == topic.uniqueID
        else { throw .noSuchSubscription }
        return (subscription, own)
    }
}
