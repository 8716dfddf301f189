import Directory
import Platform
import Policy
import SNSAPI
import Wire

/// Topics' policies. A topic always has one.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-overview-of-managing-access.html>
enum TopicPolicies {
    /// In bytes.
    /// <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>
    static let longest = 30_720

    /// The actions that a topic's policy may be about.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html>
    static let actions = [
        "AddPermission", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes", "ListSubscriptionsByTopic",
        "ListTagsForResource", "Publish", "PutDataProtectionPolicy", "Receive", "RemovePermission",
        "SetTopicAttributes", "Subscribe",
    ]

    /// The policy of a topic that is made without one: its account may do everything.
    static func standard(_ topic: TopicName) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("Version", "2008-10-17")
        writer.member("Id", "__default_policy_ID")
        writer.key("Statement")
        writer.beginArray()
        writer.beginObject()
        writer.member("Sid", "__default_statement_ID")
        writer.member("Effect", "Allow")
        writer.key("Principal")
        writer.beginObject()
        writer.member("AWS", "*")
        writer.endObject()
        writer.key("Action")
        writer.beginArray()
        for action in [
            "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
            "ListSubscriptionsByTopic", "Publish",
        ] { writer.string("SNS:\(action)") }
        writer.endArray()
        writer.member("Resource", topic.arn)
        writer.key("Condition")
        writer.beginObject()
        writer.key("StringEquals")
        writer.beginObject()
        writer.member("AWS:SourceOwner", topic.account)
        writer.endObject()
        writer.endObject()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// - Parameter text: a policy as it is stored. One that can't be read denies everything.
    static func compiled(_ text: String) -> CompiledPolicy {
        let source = PolicySource(type: .resource, name: "topic policy")
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }

    /// Checks the policy that a topic is to have.
    /// - Returns: the text as it is kept.
    /// - Throws: InvalidParameter.
    static func kept(_ text: String, of topic: String, _ call: Call) throws(ServiceError) -> String {
        guard text.utf8.count <= longest else {
            throw .invalidParameter("Policy Error: the policy is longer than \(longest) bytes")
        }
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .invalidParameter("Policy Error: \(error.message)")
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .invalidParameter("Policy Error: PrincipalNotFound")
        }
        for statement in document.statements {
            for action in statement.actions.values where !isInScope(action.value) {
                throw .invalidParameter("Policy statement action out of service scope!")
            }
            for resource in statement.resources?.values ?? [] where !isAbout(topic, resource.value) {
                throw .invalidParameter("Policy Error: the resource \(resource.value) is not the topic")
            }
        }
        return document.kept(call.directory)
    }

    /// Whether an action, maybe with a wildcard, is one of a topic's. `SNS:*` is not: it would be all of SNS.
    private static func isInScope(_ action: String) -> Bool {
        let lowercased = action.lowercased()
        guard lowercased.hasPrefix("sns:"), lowercased != "sns:*" else { return false }
        let pattern = Array(lowercased.utf8.dropFirst(4))
        return actions.contains { Wildcard.matches(pattern, Array($0.lowercased().utf8)) }
    }

    private static func isAbout(_ topic: String, _ resource: String) -> Bool {
        Wildcard.matches(Array(resource.utf8), Array(topic.utf8))
    }
}

/// `*` and `?` in the patterns of policies.
private enum Wildcard {
    /// - Complexity: the product of the lengths at worst.
    static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var (place, position) = (0, 0)
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, position)
                place += 1
            } else if place < pattern.count,
                pattern[place] == UInt8(ascii: "?") || pattern[place] == text[position]
            {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                (place, position) = (last.place + 1, last.position + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension SNS.AddPermission: WriteOperation, OnTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (topic, own) = try records.topic(try TopicName(input.topicArn), call)
        guard (1...80).contains(input.label.utf8.count),
            input.label.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x5F
            })
        else { throw .invalidParameter("Label") }
        guard !input.awsAccountId.isEmpty else { throw .invalidParameter("AWSAccountId") }
        guard !input.actionName.isEmpty else { throw .invalidParameter("ActionName") }
        guard
            input.awsAccountId.allSatisfy({ account in
                account.utf8.count == 12 && account.utf8.allSatisfy { (0x30...0x39).contains($0) }
            })
        else { throw .invalidParameter("AWSAccountId") }
        var policy = try EditedPolicy(PolicyDocument.shown(topic.policy, as: .resource, call.directory))
        guard policy.place(of: input.label) == nil else { throw .invalidParameter("Statement already exists") }
        policy.allow(input.actionName, on: topic.arn, to: input.awsAccountId, label: input.label)
        topic.policy = try TopicPolicies.kept(policy.text, of: topic.arn, call)
        try own.put(topic)
        return Output()
    }
}

extension SNS.RemovePermission: WriteOperation, OnTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (topic, own) = try records.topic(try TopicName(input.topicArn), call)
        var policy = try EditedPolicy(PolicyDocument.shown(topic.policy, as: .resource, call.directory))
        guard let place = policy.place(of: input.label) else {
            throw .invalidParameter("Label Reason: Label does not exist")
        }
        policy.remove(place)
        guard !policy.isEmpty else {
            throw .invalidParameter("Label Reason: The policy would have no statement left")
        }
        topic.policy = try TopicPolicies.kept(policy.text, of: topic.arn, call)
        try own.put(topic)
        return Output()
    }
}
