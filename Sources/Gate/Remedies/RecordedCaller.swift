import Directory
import Platform
import Policy
import Wire

/// Who was denied something, as far as the authorization message beside it does not say: what it takes to ask again.
struct RecordedCaller {
    /// What kind of principal.
    let kind: Principal.Kind
    /// The unique id of the user who made a federated user's session; nil: the root user did, or it is no such session.
    let parentID: String?
    /// The account that owns the resource, where its ARN does not tell.
    let resourceOwner: String?
    /// The session policies: the ARN of one that is managed, the document of another. nil: there were none.
    let sessionPolicies: [SessionPolicy]?
    /// The condition keys of the session and of the principal's tags, in lower case.
    let keys: [String: ContextValue]
    /// Which of the message's keys are lists, in lower case.
    let lists: Set<String>

    enum SessionPolicy {
        case managed(String)
        case inline(String)
    }

    /// Writes the member `caller` of a denial's record.
    static func write(_ decision: AccessDecision, to writer: inout JSONWriter) {
        let caller = decision.context.call.caller
        writer.key("caller")
        writer.beginObject()
        writer.member("kind", decision.request.principal.kind.rawValue)
        if case .federatedUser(let user?, _) = caller.identity { writer.member("parent", user.uniqueID) }
        if let owner = decision.request.resourceAccount { writer.member("resourceOwner", owner) }
        if let policies = caller.sessionPolicies {
            writer.key("sessionPolicies")
            writer.beginArray()
            for policy in policies {
                writer.beginObject()
                if let arn = policy.source.arn {
                    writer.member("arn", arn)
                } else {
                    writer.member("document", policy.document.text)
                }
                writer.endObject()
            }
            writer.endArray()
        }
        var keys = caller.session?.context ?? [:]
        for tag in caller.tags { keys["aws:principaltag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value) }
        writer.key("keys")
        writer.beginObject()
        for (key, value) in keys.sorted(by: { $0.key < $1.key }) {
            writer.key(key)
            switch value {
            case .one(let text): writer.string(text)
            case .many(let texts): strings(texts, &writer)
            }
        }
        writer.endObject()
        writer.key("lists")
        strings(
            decision.context.all.compactMap { if case .many = $0.value { ConditionKeys.folded($0.key) } else { nil } },
            &writer)
        writer.endObject()
    }

    private static func strings(_ texts: [String], _ writer: inout JSONWriter) {
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
    }

    /// - Parameters:
    ///   - json: the member `caller`; nil in records of earlier versions, whose sessions are not known in full.
    ///   - id: the principal's id in the message.
    init(_ json: Wire.JSONValue?, id: String) {
        kind = json?["kind"]?.text.flatMap(Principal.Kind.init) ?? Self.kind(ofID: id)
        parentID = json?["parent"]?.text
        resourceOwner = json?["resourceOwner"]?.text
        sessionPolicies = json?["sessionPolicies"]?.items?.compactMap { policy in
            policy["arn"]?.text.map(SessionPolicy.managed) ?? policy["document"]?.text.map(SessionPolicy.inline)
        }
        var keys: [String: ContextValue] = [:]
        if case .object(let members)? = json?["keys"] {
            for member in members {
                if let text = member.value.text {
                    keys[member.key] = .one(text)
                } else if let items = member.value.items {
                    keys[member.key] = .many(items.compactMap(\.text))
                }
            }
        }
        self.keys = keys
        lists = Set((json?["lists"]?.items ?? []).compactMap(\.text))
    }

    private static func kind(ofID id: String) -> Principal.Kind {
        if id.hasPrefix("AIDA") { return .user }
        if id.hasPrefix("AROA") { return .roleSession }
        if id.isEmpty { return .anonymous }
        return id.contains(":") ? .federatedUser : .root
    }
}

extension Wire.JSONValue {
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var items: [Wire.JSONValue]? {
        if case .array(let items) = self { items } else { nil }
    }
}
