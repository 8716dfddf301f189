import EventPatterns
import Platform
import Wire

/// Which messages a subscription is for.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html>
struct SubscriptionFilter: Sendable {
    /// In bytes.
    /// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
    private static let longest = 262_144

    /// nil: it can't be read any more, and no message is for it.
    private let policy: FilterPolicy?

    /// - Parameter scope: `MessageAttributes` or `MessageBody`; nil: the first.
    /// - Throws: InvalidParameter for what is no filter policy.
    init(_ text: String, scope: String?) throws(ServiceError) {
        guard text.utf8.count <= Self.longest else {
            throw .invalidParameter("FilterPolicy: Filter policy is too long")
        }
        let scope = scope.flatMap { FilterPolicy.Scope(rawValue: $0) } ?? .attributes
        do throws(PatternError) { policy = try FilterPolicy(parsing: text, scope: scope) } catch {
            throw .invalidParameter("FilterPolicy: \(error.description)")
        }
    }

    /// One that was checked when it was set.
    init(kept text: String, scope: String?) {
        if let filter = try? SubscriptionFilter(text, scope: scope) { self = filter } else { policy = nil }
    }

    func matches(_ message: MessageContent, by transport: Transport) -> Bool {
        guard let policy else { return false }
        return switch policy.scope {
        case .attributes: policy.matches(attributes: message.attributes.compactMapValues(\.filtered))
        case .body: policy.matches(body: Array(message.text(for: transport).utf8))
        }
    }
}

extension MessageAttribute {
    /// As filter policies see it; nil: they don't, as with bytes.
    fileprivate var filtered: JSONValue? {
        guard let text else { return nil }
        if type == "Number" || type.hasPrefix("Number.") { return Self.number(text) ?? .string(text) }
        return type == "String.Array" ? Self.array(text) ?? .string(text) : .string(text)
    }
}
