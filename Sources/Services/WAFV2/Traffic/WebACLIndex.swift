import Directory
import Ledger
import Platform
import Synchronization
import WAF
import WAFV2API
import Wire

/// What web ACLs protect, and all that they are made of, in memory: requests to what is protected read no records.
final class WebACLIndex: Projection {
    static let kinds: Set<String> = [
        StoredWebACL.kind, StoredRuleGroup.kind, StoredIPSet.kind, StoredRegexSet.kind, WebACLAssociation.kind,
        StoredLogging.kind,
    ]

    private struct State {
        var acls: [String: StoredWebACL] = [:]
        var resources = StoredResources()
        /// What web ACLs protect, by its ARN.
        var protected: [String: ProtectedResource] = [:]
        /// By the web ACLs' ARNs.
        var logging: [String: StoredLogging] = [:]
        /// The ARNs by kinds and ids: of a resource that was deleted nothing else is told.
        var arns: [String: String] = [:]
        /// Web ACLs that are ready for requests, or will be with the first one.
        var prepared: [String: PreparedWebACL] = [:]

        /// Has what was made of a resource that has changed made anew with the next request.
        mutating func renewPrepared(_ arn: String) {
            for (name, one) in prepared where name == arn || one.uses(arn) {
                if let source = source(name) { one.change(source) } else { prepared[name] = nil }
            }
        }

        /// nil: there is no such web ACL.
        func source(_ arn: String) -> PreparedWebACL.Source? {
            acls[arn].map { PreparedWebACL.Source(stored: $0, resources: resources, logging: logging[arn]) }
        }
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes { try apply(change) }
    }

    private func apply(_ change: Change) throws(LedgerError) {
        switch change.kind {
        case StoredWebACL.kind:
            let acl = try change.decodeAfter(StoredWebACL.self)
            set(change, acl?.arn) { state, arn in state.acls[arn] = acl }
        case StoredIPSet.kind:
            let set = try change.decodeAfter(StoredIPSet.self)
            let networks = set.map { NetworkSet($0.addresses.compactMap { Network($0) }) }
            self.set(change, set?.arn) { state, arn in state.resources.networks[arn] = networks }
        case StoredRegexSet.kind:
            let set = try change.decodeAfter(StoredRegexSet.self)
            self.set(change, set?.arn) { state, arn in state.resources.expressions[arn] = set?.patterns }
        case StoredRuleGroup.kind:
            let group = try change.decodeAfter(StoredRuleGroup.self)
            set(change, group?.arn) { state, arn in state.resources.groups[arn] = group }
        case WebACLAssociation.kind:
            let association = try change.decodeAfter(WebACLAssociation.self)
            let protected = association.map { ProtectedResource($0.id, by: $0.webACL) }
            // Stages of API Gateway have no account in their ARNs: two accounts may mean different ones by the same.
            let isOfNoAccount = ARN(parsing: change.id)?.account.isEmpty ?? false
            let name = isOfNoAccount ? "\(change.scope.account) \(change.id)" : change.id
            state.withLock { $0.protected[name] = protected }
        default:
            let logging = try change.decodeAfter(StoredLogging.self)
            // The logs for Security Lake are nobody's here.
            guard logging.map({ $0.logScope == StoredLogging.usualScope }) ?? true else { return }
            set(change, logging?.webACL) { state, arn in state.logging[arn] = logging }
        }
    }

    /// - Parameter arn: nil: it was deleted.
    private func set(_ change: Change, _ arn: String?, _ body: (inout State, String) -> Void) {
        let key = "\(change.kind) \(change.id)"
        state.withLock { state in
            guard let arn = arn ?? state.arns[key] else { return }
            state.arns[key] = change.after == nil ? nil : arn
            body(&state, arn)
            state.renewPrepared(arn)
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// What stands before a thing, and what that is; nil: no web ACL does.
    func webACL(protecting arn: String) -> (webACL: PreparedWebACL, resource: ProtectedResource)? {
        state.withLock { state in
            guard !state.protected.isEmpty, let resource = state.protected[arn],
                let webACL = Self.prepared(resource.webACL, &state)
            else { return nil }
            return (webACL, resource)
        }
    }

    /// - Throws: WAFUnavailableEntityException for a web ACL by which requests can't be decided.
    func check(_ arn: String, _ environment: Environment) throws(ServiceError) {
        let prepared = state.withLock { Self.prepared(arn, &$0) }
        _ = try prepared?.readyNow(environment).get()
    }

    private static func prepared(_ arn: String, _ state: inout State) -> PreparedWebACL? {
        if let prepared = state.prepared[arn] { return prepared }
        guard let source = state.source(arn) else { return nil }
        let prepared = PreparedWebACL(source)
        state.prepared[arn] = prepared
        return prepared
    }

    /// Where a web ACL's log goes; nil: nowhere.
    func logging(of arn: String) -> StoredLogging? { state.withLock { $0.logging[arn] } }
}

/// Something that a web ACL protects.
struct ProtectedResource: Sendable {
    /// The web ACL's ARN.
    let webACL: String
    /// nil: of no kind that is known.
    let type: ProtectedType?
    /// As logs name it.
    let source: LogSource

    init(_ arn: String, by webACL: String) {
        self.webACL = webACL
        let parsed = ARN(parsing: arn)
        type = parsed.flatMap { ProtectedType($0) }
        source = LogSource(arn: arn, parsed, type)
    }
}
