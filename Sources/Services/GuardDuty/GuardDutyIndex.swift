import Directory
import Ledger
import Platform
import Synchronization
import ThreatDetection
import WAF

/// The detectors, filters, lists and members of all accounts, for what must not read the ledger.
final class GuardDutyIndex: Projection {
    static let kinds: Set<String> = [
        StoredDetector.kind, StoredFilter.kind, StoredList.kind, StoredDestination.kind,
        OrganizationAdministrator.kind, StoredMember.kind,
    ]

    private struct State {
        var detectors: [Scope: StoredDetector] = [:]
        var filters: [Scope: [String: StoredFilter]] = [:]
        var lists: [Scope: [String: StoredList]] = [:]
        var destinations: [Scope: [String: StoredDestination]] = [:]
        var administrators: [Scope: OrganizationAdministrator] = [:]
        var members: [Scope: [String: StoredMember]] = [:]
        /// The addresses of lists, as far as they were read, each with ``StoredList/content``.
        var addresses: [String: (content: Int, list: AddressLists.List)] = [:]
    }

    private let state = Mutex(State())
    /// The operator's, which no record tells of.
    private let operatorLists = Mutex((threats: AddressLists(), tor: AddressLists()))
    let routines = Routines()

    init() {}

    func useOperatorLists(threats: AddressLists, tor: AddressLists) {
        operatorLists.withLock { $0 = (threats, tor) }
    }

    var threats: AddressLists { operatorLists.withLock { $0.threats } }
    var tor: AddressLists { operatorLists.withLock { $0.tor } }

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let (scope, id) = (change.scope, change.id)
            switch change.kind {
            case StoredDetector.kind:
                let detector = try change.decodeAfter(StoredDetector.self)
                state.withLock { $0.detectors[scope] = detector }
            case StoredFilter.kind:
                let filter = try change.decodeAfter(StoredFilter.self)
                state.withLock { $0.filters[scope, default: [:]][id] = filter }
            case StoredList.kind:
                let list = try change.decodeAfter(StoredList.self)
                state.withLock { state in
                    state.lists[scope, default: [:]][id] = list
                    if list?.status != .active { state.addresses[id] = nil }
                }
            case StoredDestination.kind:
                let destination = try change.decodeAfter(StoredDestination.self)
                state.withLock { $0.destinations[scope, default: [:]][id] = destination }
            case OrganizationAdministrator.kind:
                let administrator = try change.decodeAfter(OrganizationAdministrator.self)
                state.withLock { $0.administrators[scope] = administrator }
            default:
                let member = try change.decodeAfter(StoredMember.self)
                state.withLock { $0.members[scope, default: [:]][id] = member }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        routines.forgetAll()
        try apply(changes)
    }

    // MARK: - Detectors

    func detector(_ scope: Scope) -> StoredDetector? { state.withLock { $0.detectors[scope] } }

    /// Those that look at what happens, of all accounts, or of one.
    func enabled(of account: String? = nil) -> [StoredDetector] {
        state.withLock { state in
            state.detectors.values.filter { $0.isEnabled && (account == nil || $0.accountID == account) }
        }
    }

    /// All that there are.
    var all: [StoredDetector] { state.withLock { Array($0.detectors.values) } }

    /// Whether any looks at what happens.
    var isWatching: Bool { state.withLock { $0.detectors.values.contains(where: \.isEnabled) } }

    /// Those that look at what happens, by their accounts.
    var watching: [String: [StoredDetector]] { Dictionary(grouping: enabled(), by: \.accountID) }

    /// Stands for all that a detector knows besides calls: it changes with its settings and with the lists that it goes by.
    func stamp(of detector: StoredDetector) -> String {
        var scopes = [detector.scope]
        if let member = administrator(of: detector.accountID, region: detector.region) {
            scopes.append(Scope(account: member.administratorID, region: detector.region))
        }
        let lists = scopes.flatMap { activeLists($0) }.map { "\($0.id) \($0.content) \($0.name)" }
        return "\(detector.updated) \(detector.looksAtData) \(lists.joined(separator: ","))"
    }

    // MARK: - What is below them

    /// In the order of their ranks.
    func filters(_ scope: Scope) -> [StoredFilter] {
        state.withLock { Array(($0.filters[scope] ?? [:]).values) }.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
    }

    func filter(_ name: String, _ scope: Scope) -> StoredFilter? { state.withLock { $0.filters[scope]?[name] } }

    func list(_ id: String, _ scope: Scope) -> StoredList? { state.withLock { $0.lists[scope]?[id] } }

    /// In the order of their names.
    func activeLists(_ scope: Scope) -> [StoredList] {
        state.withLock { ($0.lists[scope] ?? [:]).values.filter { $0.status == .active } }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    func destination(_ id: String, _ scope: Scope) -> StoredDestination? {
        state.withLock { $0.destinations[scope]?[id] }
    }

    func destinations(_ scope: Scope) -> [StoredDestination] {
        state.withLock { Array(($0.destinations[scope] ?? [:]).values) }.sorted { $0.id < $1.id }
    }

    /// The addresses of a list as they were read; nil: they were not, or are others now.
    func addresses(of list: StoredList) -> AddressLists.List? {
        state.withLock { state in
            guard let kept = state.addresses[list.id], kept.content == list.content else { return nil }
            return kept.list
        }
    }

    func keep(_ addresses: AddressLists.List, of list: StoredList) {
        state.withLock { $0.addresses[list.id] = (list.content, addresses) }
    }

    // MARK: - Administrators and members

    func administrator(management: String, region: String) -> OrganizationAdministrator? {
        state.withLock { $0.administrators[Scope(account: management, region: region)] }
    }

    /// All of them, of all organizations and Regions.
    var administrators: [(scope: Scope, administrator: OrganizationAdministrator)] {
        state.withLock { $0.administrators.map { (scope: $0.key, administrator: $0.value) } }
    }

    func member(_ account: String, of administrator: Scope) -> StoredMember? {
        state.withLock { $0.members[administrator]?[account] }
    }

    /// The accounts that an administrator looks after in a Region, in the order of their numbers.
    func members(of administrator: Scope) -> [StoredMember] {
        state.withLock { Array(($0.members[administrator] ?? [:]).values) }.sorted { $0.id < $1.id }
    }

    /// Who looks after an account in a Region; nil: nobody does.
    func administrator(of account: String, region: String) -> StoredMember? {
        state.withLock { state in
            state.members.lazy.filter { $0.key.region == region }.compactMap { $0.value[account] }
                .first(where: \.isAssociated)
        }
    }
}

extension Environment {
    var guardDuty: GuardDutyIndex { projection(GuardDutyIndex.self) }

    /// The accounts whose findings an account sees, in the order of their numbers.
    func guarded(by scope: Scope) -> [String] {
        (guardDuty.members(of: scope).filter(\.isAssociated).map(\.id) + [scope.account]).sorted()
    }
}
