import LogMasking
import Platform
import SNSAPI
import Wire

// Data protection policies: what of messages is kept from whom, by what it looks like.
// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html>

/// A topic's data protection policy, ready to be applied.
struct MessageProtection: Sendable {
    private struct Rule: Sendable {
        let statement: DataProtectionPolicy.Statement
        let data: SensitiveData

        func concerns(_ principals: [String]) -> Bool {
            func names(_ list: [String]) -> Bool { list.contains { $0 == "*" || principals.contains($0) } }
            return names(statement.principals) && !names(statement.exceptPrincipals)
        }
    }

    /// nil: the policy can't be read any more, and denies everything.
    private let rules: [Rule]?

    /// - Throws: InvalidParameter for what is no such policy; NotImplemented for audits.
    init(_ text: String) throws(ServiceError) {
        let policy: DataProtectionPolicy
        do throws(InvalidDataProtectionPolicy) { policy = try DataProtectionPolicy(parsing: text, for: .topics) } catch
        {
            throw .invalidParameter("DataProtectionPolicy Reason: \(error.reason)")
        }
        for statement in policy.statements {
            if case .audit = statement.operation { throw .notBuilt("audits of data protection policies (Audit)") }
        }
        rules = policy.statements.map { Rule(statement: $0, data: SensitiveData($0.identifiers)) }
    }

    /// One that was checked when it was put.
    init(kept text: String) {
        if let policy = try? MessageProtection(text) { self = policy } else { rules = nil }
    }

    /// Whether a message may not come in from, or not go out to, somebody.
    /// - Parameter principals: the names by which statements may mean who publishes, or who has subscribed.
    func denies(_ texts: some Sequence<String>, isInbound: Bool, _ principals: [String]) -> Bool {
        guard let rules else { return true }
        let denying = rules.filter {
            $0.statement.operation == .deny && $0.statement.isInbound == isInbound && $0.concerns(principals)
        }
        guard !denying.isEmpty else { return false }
        return texts.contains { text in
            let bytes = Array(text.utf8)
            return denying.contains { !$0.data.findings(in: bytes).isEmpty }
        }
    }

    /// A text without what is to be kept from somebody.
    /// - Parameter principals: as with ``denies(_:isInbound:_:)``.
    func protected(_ text: String, isInbound: Bool, _ principals: [String]) -> String {
        var bytes = Array(text.utf8)
        for rule in rules ?? [] where rule.statement.isInbound == isInbound && rule.concerns(principals) {
            switch rule.statement.operation {
            case .mask(let character):
                bytes = SensitiveData.masked(
                    bytes, SensitiveData.places(of: rule.data.findings(in: bytes)), with: character)
            case .redact:
                for place in SensitiveData.places(of: rule.data.findings(in: bytes)).reversed() {
                    bytes.removeSubrange(place.clamped(to: bytes.indices))
                }
            case .audit, .deny: break
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Call {
    /// The names by which statements may mean who publishes.
    var protectedPrincipals: [String] {
        [caller.arn, caller.principalARN, caller.accountID, "arn:aws:iam::\(caller.accountID):root"]
    }
}

extension Subscription {
    /// The names by which statements may mean who has subscribed.
    var protectedPrincipals: [String] { [principal, owner, "arn:aws:iam::\(owner):root"] }
}

extension MessageContent {
    /// The message as it comes in from somebody.
    /// - Throws: AuthorizationError where the topic's data protection policy denies it.
    func protected(
        by protection: MessageProtection, from principals: [String]
    ) throws(ServiceError) -> MessageContent {
        let all = [text] + texts.values + [subject].compactMap { $0 } + attributes.values.compactMap(\.text)
        guard !protection.denies(all, isInbound: true, principals) else {
            throw .unauthorized("The message has data that the data protection policy of the topic denies")
        }
        func kept(_ text: String) -> String { protection.protected(text, isInbound: true, principals) }
        var result = MessageContent(kind: kind, id: id, time: time, text: kept(text))
        (result.texts, result.subject) = (texts.mapValues(kept), subject.map(kept))
        result.attributes = attributes.mapValues { attribute in
            var attribute = attribute
            attribute.text = attribute.text.map(kept)
            return attribute
        }
        (result.groupID, result.deduplicationID) = (groupID, deduplicationID)
        return result
    }

    /// The message as it goes out to a subscriber; nil: it does not.
    func protected(by protection: MessageProtection, for subscription: Subscription) -> MessageContent? {
        guard kind == .notification else { return self }
        let principals = subscription.protectedPrincipals
        let own = text(for: subscription.transport)
        let all = [own] + [subject].compactMap { $0 } + attributes.values.compactMap(\.text)
        guard !protection.denies(all, isInbound: false, principals) else { return nil }
        func kept(_ text: String) -> String { protection.protected(text, isInbound: false, principals) }
        var result = MessageContent(kind: kind, id: id, time: time, text: kept(own))
        result.subject = subject.map(kept)
        result.attributes = attributes.mapValues { attribute in
            var attribute = attribute
            attribute.text = attribute.text.map(kept)
            return attribute
        }
        (result.groupID, result.deduplicationID, result.sequence) = (groupID, deduplicationID, sequence)
        return result
    }
}

/// An operation on the data protection policy of the topic that `ResourceArn` names.
protocol OnProtectedTopic: OnTopicTags {}

extension SNS.PutDataProtectionPolicy: WriteOperation, OnProtectedTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (topic, own) = try records.topic(try TopicName(input.resourceArn, parameter: "ResourceArn"), call)
        try topic.protect(by: input.dataProtectionPolicy)
        try own.put(topic)
        return Output()
    }
}

extension SNS.GetDataProtectionPolicy: ReadOperation, OnProtectedTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let topic = try records.topic(try TopicName(input.resourceArn, parameter: "ResourceArn"), call).topic
        return Output { $0.dataProtectionPolicy = topic.dataProtectionPolicy ?? "" }
    }
}

extension Topic {
    /// - Parameter text: an empty one takes the policy away.
    /// - Throws: InvalidParameter, NotImplemented.
    mutating func protect(by text: String) throws(ServiceError) {
        guard !text.isEmpty else {
            dataProtectionPolicy = nil
            return
        }
        guard !isFIFO else { throw .invalidParameter("DataProtectionPolicy is not supported for FIFO topics") }
        _ = try MessageProtection(text)
        dataProtectionPolicy = text
    }
}
