import Directory
import Platform
import Policy
import Wire

// What an event tells besides, where an event data store asked for it.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html>

extension Attempt {
    /// The record's `eventContext`, with all that is there of the keys: what the policies were asked with. The condition keys
    /// and the principal's tags are the caller's account's to know, the tags of a resource its owner's.
    /// - Parameter account: whose event it is.
    func context(of keys: EventContextKeys, in account: String) -> [UInt8] {
        var request: [(key: String, value: ContextValue)] = []
        var principal: [(key: String, value: ContextValue)] = []
        if account == call.accountID {
            for key in keys.conditions.sorted() {
                let name = ConditionKeys.folded(key)
                guard let value = decisions.lazy.compactMap({ $0.context.value(of: name) }).first else { continue }
                if name.hasPrefix(ConditionKeys.folded(EventContextKeys.principalTag)) {
                    principal.append((String(key.dropFirst(EventContextKeys.principalTag.count)), value))
                } else {
                    request.append((key, value))
                }
            }
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("requestContext")
        writer.write(request)
        writer.key("tagContext")
        writer.beginObject()
        if !principal.isEmpty {
            writer.key("principalTags")
            writer.write(principal)
        }
        write(taggedResources(keys.resourceTags, in: account), to: &writer)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private func write(_ resources: [(arn: String, tags: [Tag])], to writer: inout JSONWriter) {
        guard !resources.isEmpty else { return }
        writer.key("resourceTags")
        writer.beginArray()
        for resource in resources {
            writer.beginObject()
            writer.member("arn", resource.arn)
            writer.key("tags")
            writer.write(resource.tags.map { ($0.key, .one($0.value)) })
            writer.endObject()
        }
        writer.endArray()
    }

    /// The resources of an account that have any of the tags.
    private func taggedResources(_ keys: Set<String>, in account: String) -> [(arn: String, tags: [Tag])] {
        guard !keys.isEmpty else { return [] }
        var found: [(arn: String, tags: [Tag])] = []
        for decision in decisions where decision.resolved.owner(call) == account {
            let (arn, all) = decision.resolved.tagged
            let tags = all.filter { keys.contains($0.key) }
            guard !tags.isEmpty, !found.contains(where: { $0.arn == arn }) else { continue }
            found.append((arn, tags))
        }
        return found
    }
}

extension Access.Resolved {
    /// What has tags that events show, and which: of a resource that is yet to be made those that the request gives it.
    fileprivate var tagged: (arn: String, tags: [Tag]) {
        if let tagged = resource?.tagged { return tagged }
        if let resource { return (access.resource, resource.tags) }
        guard !access.resource.contains("*"), case .many(let keys)? = access.context["aws:tagkeys"] else {
            return (access.resource, [])
        }
        let tags = keys.compactMap { key -> Tag? in
            guard case .one(let value)? = access.context["aws:requesttag/\(ConditionKeys.folded(key))"] else {
                return nil
            }
            return Tag(key: key, value: value)
        }
        return (access.resource, tags)
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ members: [(key: String, value: ContextValue)]) {
        beginObject()
        for (name, value) in members {
            key(name)
            switch value {
            case .one(let text): string(text)
            case .many(let texts):
                beginArray()
                for text in texts { string(text) }
                endArray()
            }
        }
        endObject()
    }
}
