import Directory
public import Learning
import Ledger
import Platform
import Wire

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
    /// Whether there is such a principal now.
    public var isKnown = false

    /// Takes in an event if it is a call of the principal.
    fileprivate mutating func take(_ event: Event, of principal: RecordedPrincipal, withDenied: Bool) {
        // Most events are of others, and reading them takes long.
        guard principal.isMentioned(in: event.body), let record = try? JSONValue(parsing: event.body),
            principal.isCaller(in: record), let decision = try? JSONValue(parsing: event.decision),
            case .array(let decisions) = decision
        else { return }
        guard !decisions.isEmpty else {
            free += 1
            return
        }
        let isDenied =
            record["additionalEventData"]?["observedDenial"] == nil
            && decisions.contains { $0["outcome"] != .string(Decision.Outcome.allowed.rawValue) }
        if isDenied, !withDenied {
            denied += 1
            return
        }
        calls += 1
        for decision in decisions {
            guard let access = ObservedAccess(decision, of: record) else { continue }
            accesses[access, default: 0] += 1
        }
    }
}

/// Whose calls are looked for.
struct RecordedPrincipal {
    let arn: ARN
    /// What the event history calls a user.
    let userName: String?

    /// - Throws: `StartError` for what is no principal's ARN.
    init(_ text: String) throws(StartError) {
        let advice =
            "give its whole ARN, such as arn:aws:iam::111122223333:user/alice or arn:aws:iam::111122223333:role/app"
        guard let arn = ARN(parsing: text), arn.account.utf8.count == 12 else {
            throw StartError("'\(text)' is no principal: \(advice).")
        }
        let kinds = arn.service == "iam" ? ["user/", "role/"] : ["assumed-role/", "federated-user/"]
        guard
            ["iam", "sts"].contains(arn.service),
            arn.resource == "root" && arn.service == "iam" || kinds.contains(where: arn.resource.hasPrefix)
        else { throw StartError("'\(text)' is neither a user nor a role, nor a session of one: \(advice).") }
        self.arn = arn
        userName = arn.resource.hasPrefix("user/") ? arn.resource.split(separator: "/").last.map(String.init) : nil
    }

    /// The name of the user or role.
    private var name: String { String(arn.resource.split(separator: "/").last ?? "") }

    func isMentioned(in body: [UInt8]) -> Bool {
        let needle = Array(arn.description.utf8)
        guard let first = needle.first, body.count >= needle.count else { return false }
        var rest = body[...]
        while let start = rest.firstIndex(of: first), start + needle.count <= body.count {
            if body[start..<start + needle.count].elementsEqual(needle) { return true }
            rest = body[(start + 1)...]
        }
        return false
    }

    /// Whether the principal made a call: by itself, or as a session of the role.
    func isCaller(in record: JSONValue) -> Bool {
        let identity = record["userIdentity"]
        let arn = JSONValue.string(arn.description)
        return identity?["arn"] == arn || identity?["sessionContext"]?["sessionIssuer"]?["arn"] == arn
    }

    func exists(in directory: IdentityDirectory) -> Bool {
        let parts = arn.resource.split(separator: "/")
        switch parts.first {
        case "root": return directory.account(arn.account) != nil
        case "user": return directory.user(named: name, in: arn.account)?.arn == arn.description
        case "role": return directory.role(named: name, in: arn.account)?.arn == arn.description
        case "assumed-role": return parts.count > 1 && directory.role(named: String(parts[1]), in: arn.account) != nil
        default: return false
        }
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

extension RecordedData {
    /// What a principal did, by the events of its account. A server may not have written yet what it has just answered.
    /// - Parameters:
    ///   - principal: the ARN of a user or role, whose sessions count for it; of one session; or of a root user.
    ///   - since: in milliseconds since 1970; nil: from the beginning on.
    ///   - until: in milliseconds since 1970; nil: until now.
    ///   - withDenied: whether calls count that the policies denied, as far as they were asked before they did.
    /// - Throws: `StartError` also for what is no principal's ARN.
    /// - Complexity: linear in the events of the account between the two times, or of the user's.
    public func accesses(
        of principal: String, since: Int64?, until: Int64?, withDenied: Bool
    ) async throws(StartError) -> RecordedAccesses {
        let principal = try RecordedPrincipal(principal)
        var found = RecordedAccesses()
        do throws(LedgerError) {
            let directory = IdentityDirectory()
            try ledger.replay([Account.kind, User.kind, Role.kind]) { (change) throws(LedgerError) in
                try directory.apply([change])
            }
            found.isKnown = principal.exists(in: directory)
            var query = EventQuery(
                account: principal.arn.account, from: since, to: until,
                attribute: principal.userName.map { EventAttribute("Username", $0) }, limit: 1000)
            repeat {
                let page = try await ledger.events(query)
                for event in page.events { found.take(event, of: principal, withDenied: withDenied) }
                query.cursor = page.cursor
            } while query.cursor != nil
        } catch {
            throw StartError("\(error)")
        }
        return found
    }
}
