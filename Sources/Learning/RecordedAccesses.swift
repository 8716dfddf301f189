public import Ledger
public import Wire

import enum Policy.ContextValue
import struct Policy.Decision

/// What a principal was seen to do, as the event history has it.
public struct RecordedAccesses: Sendable {
    /// Each with how many calls asked for it.
    public var accesses: [ObservedAccess: Int] = [:]
    /// How many calls there were that counted.
    public var calls = 0
    /// How many calls the policies denied and that were not counted.
    public var denied = 0
    /// How many calls needed no permission.
    public var free = 0
    /// The services in whose name the calls were made that needed no permission: `sts`.
    public var freeServices: Set<String> = []

    /// Nothing was seen.
    public init() {}

    /// What a principal did, by the events of its account. A server may not have written yet what it has just answered.
    /// - Parameters:
    ///   - ledger: the ledger that has the event history.
    ///   - principal: whose calls count.
    ///   - span: which of them.
    /// - Throws: `LedgerError`.
    /// - Complexity: linear in the events of the account between the two times, or of the user's.
    public static func read(
        _ ledger: Ledger, of principal: RecordedPrincipal, _ span: RecordedSpan
    ) async throws(LedgerError) -> RecordedAccesses {
        var found = RecordedAccesses()
        var query = EventQuery(
            account: principal.arn.account, from: span.since, to: span.until,
            attribute: principal.userName.map { EventAttribute("Username", $0) }, limit: 1000)
        repeat {
            let page = try await ledger.events(query)
            for event in page.events { found.take(event, of: principal, span) }
            query.cursor = page.cursor
            // Requests go first.
            await Task.yield()
        } while query.cursor != nil && !Task.isCancelled
        return found
    }

    /// Takes in an event if it is a call of the principal.
    private mutating func take(_ event: Event, of principal: RecordedPrincipal, _ span: RecordedSpan) {
        guard principal.isMentioned(in: event.body), let record = try? JSONValue(parsing: event.body),
            principal.isCaller(in: record), span.has(record),
            // The same call has an event of its own.
            record["eventCategory"] != .string("NetworkActivity"),
            let decision = try? JSONValue(parsing: event.decision), case .array(let decisions) = decision
        else { return }
        guard !decisions.isEmpty else {
            free += 1
            if case .string(let source)? = record["eventSource"], let service = source.split(separator: ".").first {
                freeServices.insert(String(service))
            }
            return
        }
        let allowed = decisions.filter { $0["outcome"] == .string(Decision.Outcome.allowed.rawValue) }
        let counts: [JSONValue]
        if allowed.count == decisions.count || span.withDenied
            || record["additionalEventData"]?["observedDenial"] != nil
        {
            counts = decisions
        } else if record["errorCode"] == nil, !allowed.isEmpty {
            // Of what was asked for at once, some was allowed.
            counts = allowed
        } else {
            denied += 1
            return
        }
        calls += 1
        for decision in counts {
            guard let access = ObservedAccess(decision, of: record) else { continue }
            accesses[access, default: 0] += 1
        }
    }
}

/// Which of a principal's recorded calls count.
public struct RecordedSpan: Sendable {
    /// From then on, in milliseconds since 1970; nil: from the beginning on.
    public var since: Int64?
    /// Until then, in milliseconds since 1970; nil: until now.
    public var until: Int64?
    /// Whether calls count that the policies denied, as far as they were asked before they did.
    public var withDenied: Bool
    /// The Regions whose calls count; nil: all.
    public var regions: Set<String>?

    /// - Parameters: see the properties.
    public init(since: Int64?, until: Int64?, withDenied: Bool = false, regions: Set<String>? = nil) {
        self.since = since
        self.until = until
        self.withDenied = withDenied
        self.regions = regions
    }

    /// Whether a call's Region is among those that count.
    fileprivate func has(_ record: JSONValue) -> Bool {
        guard let regions else { return true }
        guard case .string(let region)? = record["awsRegion"] else { return false }
        return regions.contains(region)
    }
}

extension ObservedAccess {
    /// An access of a decision record, with the condition keys that it and the event tell.
    fileprivate init?(_ decision: JSONValue, of record: JSONValue) {
        guard case .string(let action)? = decision["action"], case .string(let resource)? = decision["resource"] else {
            return nil
        }
        var context: [String: ContextValue] = [:]
        if case .object(let keys)? = decision["context"] {
            for key in keys {
                switch key.value {
                case .string(let text): context[key.key] = .one(text)
                case .array(let texts):
                    context[key.key] = .many(texts.compactMap { if case .string(let text) = $0 { text } else { nil } })
                default: break
                }
            }
        }
        if case .string(let region)? = record["awsRegion"] {
            context["aws:requestedregion"] = .one(region)
            if action.hasPrefix("kms:"), case .string(let service)? = record["userIdentity"]?["invokedBy"],
                let name = service.split(separator: ".").first
            {
                context["kms:viaservice"] = .one("\(name).\(region).amazonaws.com")
            }
        }
        self.init(action, on: resource, context: context)
    }
}
