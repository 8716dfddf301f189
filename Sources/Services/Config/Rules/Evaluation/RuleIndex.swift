import Directory
import Ledger
import Platform
import Synchronization

/// The rules that are there, by account and Region, for changes that concern many of them; and their policies, compiled.
final class RuleIndex: Projection {
    static let kinds: Set<String> = [StoredRule.kind]

    private struct State {
        var rules: [Scope: [String: StoredRule]] = [:]
        /// By account: where it has rules that changes may trigger.
        var regions: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes where change.kind == StoredRule.kind {
            let rule = try change.decodeAfter(StoredRule.self)
            let scope = change.scope
            state.withLock { state in
                state.rules[scope, default: [:]][change.id] = rule
                let isTriggered = state.rules[scope]?.values.contains(where: \.isChangeTriggered) == true
                if isTriggered {
                    state.regions[scope.account, default: []].insert(scope.region)
                } else {
                    state.regions[scope.account]?.remove(scope.region)
                    if state.regions[scope.account]?.isEmpty == true { state.regions[scope.account] = nil }
                }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// Whether changes trigger any rule anywhere.
    var isEmpty: Bool { state.withLock { $0.regions.isEmpty } }

    /// The rules of an account that changes of a type of resource trigger, in a Region; those of all Regions for a resource that
    /// has none.
    func rules(triggeredBy resource: ConfiguredResource) -> [StoredRule] {
        state.withLock { state in
            guard let regions = state.regions[resource.account] else { return [] }
            let wanted = resource.region.isEmpty ? regions : regions.intersection([resource.region])
            return wanted.sorted().flatMap { region in
                (state.rules[Scope(account: resource.account, region: region)] ?? [:]).values
                    .filter { $0.isEvaluated && $0.isChangeTriggered && ($0.types?.contains(resource.type) ?? true) }
                    .sorted { $0.name < $1.name }
            }
        }
    }

    /// All rules that changes trigger, in no order.
    var triggered: [StoredRule] {
        state.withLock { state in
            state.rules.values.flatMap { $0.values.filter { $0.isEvaluated && $0.isChangeTriggered } }
        }
    }

    /// nil: there is none of the name.
    func rule(_ name: String, in scope: Scope) -> StoredRule? { state.withLock { $0.rules[scope]?[name] } }
}
