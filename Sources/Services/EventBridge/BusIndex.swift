import Directory
import EventPatterns
import Ledger
import Platform
import Synchronization
import Wire

/// Buses, rules and what else EventBridge has, in memory: for each bus the patterns of all rules and archives as one matcher.
final class BusIndex: Projection {
    static let kinds: Set<String> = [
        StoredEventBus.kind, StoredRule.kind, StoredArchive.kind, StoredConnection.kind, StoredAPIDestination.kind,
    ]

    /// What wants events of a bus.
    enum Listener: Hashable, Sendable {
        /// By its ARN.
        case rule(String)
        /// By its ARN.
        case archive(String)
    }

    private struct State {
        /// By ARN, as all of these.
        var buses: [String: StoredEventBus] = [:]
        var rules: [String: StoredRule] = [:]
        var archives: [String: StoredArchive] = [:]
        var connections: [String: StoredConnection] = [:]
        var destinations: [String: StoredAPIDestination] = [:]
        /// By the ARNs of buses.
        var matchers: [String: EventMatcher<Listener>] = [:]
        /// What buses let others do, compiled, by their ARNs.
        var resources: [String: Resource] = [:]
        /// ARNs by kind, scope and id: of what was deleted nothing else is told.
        var arns: [String: String] = [:]
        /// How many rules and archives listen to default buses.
        var listening = 0

        /// Notes which ARN a record has now.
        /// - Returns: the one that it had.
        mutating func move(_ change: Change, _ arn: String?) -> String? {
            let key = "\(change.kind) \(change.scope.account) \(change.scope.region) \(change.id)"
            let old = arns[key]
            arns[key] = arn
            return old
        }

        mutating func listen(_ listener: Listener, _ bus: BusReference, _ pattern: EventPattern) {
            let matcher = matchers[bus.arn] ?? EventMatcher()
            let before = matcher.count
            matcher.set(listener, pattern)
            matchers[bus.arn] = matcher
            if bus.isDefault { listening += matcher.count - before }
        }

        mutating func ignore(_ listener: Listener, _ bus: BusReference) {
            guard let matcher = matchers[bus.arn] else { return }
            let before = matcher.count
            matcher.remove(listener)
            if bus.isDefault { listening += matcher.count - before }
            if matcher.count == 0 { matchers[bus.arn] = nil }
        }
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            switch change.kind {
            case StoredEventBus.kind: take(change, try change.decodeAfter(StoredEventBus.self))
            case StoredRule.kind: take(change, try change.decodeAfter(StoredRule.self))
            case StoredArchive.kind: take(change, try change.decodeAfter(StoredArchive.self))
            case StoredConnection.kind:
                let connection = try change.decodeAfter(StoredConnection.self)
                state.withLock { state in
                    if let old = state.move(change, connection?.arn) { state.connections[old] = nil }
                    if let connection { state.connections[connection.arn] = connection }
                }
            default:
                let destination = try change.decodeAfter(StoredAPIDestination.self)
                state.withLock { state in
                    if let old = state.move(change, destination?.arn) { state.destinations[old] = nil }
                    if let destination { state.destinations[destination.arn] = destination }
                }
            }
        }
    }

    private func take(_ change: Change, _ bus: StoredEventBus?) {
        // Compiling takes its time.
        let resource = bus.map {
            Resource(owner: $0.accountID, tags: $0.tags, policy: $0.compiledPolicy)
        }
        state.withLock { state in
            if let old = state.move(change, bus?.reference.arn) {
                state.buses[old] = nil
                state.resources[old] = nil
            }
            guard let bus else { return }
            state.buses[bus.reference.arn] = bus
            state.resources[bus.reference.arn] = resource
        }
    }

    private func take(_ change: Change, _ rule: StoredRule?) {
        let pattern = rule.flatMap { rule in
            rule.state == .disabled ? nil : rule.pattern.flatMap { try? EventPattern(parsing: $0) }
        }
        state.withLock { state in
            if let old = state.move(change, rule?.arn), let gone = state.rules.removeValue(forKey: old) {
                state.ignore(.rule(old), gone.reference)
            }
            guard let rule else { return }
            state.rules[rule.arn] = rule
            if let pattern { state.listen(.rule(rule.arn), rule.reference, pattern) }
        }
    }

    private func take(_ change: Change, _ archive: StoredArchive?) {
        // Events that come out of an archive go into none.
        let text = archive.map { $0.pattern ?? #"{"version":["0"]}"# }
        let pattern = text.flatMap { try? EventPattern(parsing: $0) }
        state.withLock { state in
            if let old = state.move(change, archive?.arn), let gone = state.archives.removeValue(forKey: old),
                let bus = BusReference(arn: gone.source)
            {
                state.ignore(.archive(old), bus)
            }
            guard let archive, let bus = BusReference(arn: archive.source) else { return }
            state.archives[archive.arn] = archive
            if let pattern { state.listen(.archive(archive.arn), bus, pattern) }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    // MARK: Questions

    func bus(_ bus: BusReference) -> StoredEventBus? { state.withLock { $0.buses[bus.arn] } }

    /// Whether there is such a bus.
    func has(_ bus: BusReference) -> Bool { bus.isDefault || self.bus(bus) != nil }

    func rule(_ arn: String) -> StoredRule? { state.withLock { $0.rules[arn] } }
    func archive(_ arn: String) -> StoredArchive? { state.withLock { $0.archives[arn] } }
    func connection(_ arn: String) -> StoredConnection? { state.withLock { $0.connections[arn] } }
    func destination(_ arn: String) -> StoredAPIDestination? { state.withLock { $0.destinations[arn] } }

    /// Archives that do not keep their events for ever.
    var archivesWithRetention: [StoredArchive] {
        state.withLock { $0.archives.values.filter { $0.retentionDays > 0 } }
    }

    /// Whether anybody listens to a default bus, of whichever account and Region.
    var isListening: Bool { state.withLock { $0.listening > 0 } }

    /// Who wants an event of a bus.
    func listeners(to bus: BusReference, _ event: EventDocument) -> [Listener] {
        // The matcher has a lock of its own.
        guard let matcher = state.withLock({ $0.matchers[bus.arn] }) else { return [] }
        return matcher.matches(event)
    }

    /// Whether a bus has rules or archives.
    func isListened(_ bus: BusReference) -> Bool { (state.withLock { $0.matchers[bus.arn] }?.count ?? 0) > 0 }

    /// nil: there is none of that ARN.
    func resource(_ arn: String) -> Resource? {
        state.withLock { state in
            if let found = state.resources[arn] { return found }
            if let rule = state.rules[arn] {
                var resource = Resource(owner: rule.accountID, tags: rule.tags)
                resource.policy = state.resources[rule.reference.arn]?.policy
                return resource
            }
            // Whoever makes a rule on another's bus needs that bus's leave.
            guard let parsed = ARN(parsing: arn), let (type, rest) = parsed.typeAndRest, type == "rule" else {
                return nil
            }
            let name = rest.split(separator: "/").dropLast().joined(separator: "/")
            let bus = BusReference(
                account: parsed.account, region: parsed.region, name: name.isEmpty ? BusReference.defaultName : name)
            return state.resources[bus.arn].map { Resource(owner: bus.account, policy: $0.policy) }
        }
    }
}
