import Directory
import Ledger
import Platform
import Synchronization

/// The settings, administrators, members and filters of all accounts, for what must not read the ledger.
final class InspectorIndex: Projection {
    static let kinds: Set<String> = [
        InspectorSettings.kind, InspectorAdministrator.kind, InspectorMember.kind, FindingFilter.kind,
        CISConfiguration.kind,
    ]

    private struct State {
        var settings: [Scope: InspectorSettings] = [:]
        var administrators: [Scope: InspectorAdministrator] = [:]
        var members: [Scope: [String: InspectorMember]] = [:]
        var filters: [Scope: [String: FindingFilter]] = [:]
        var configurations: [Scope: [String: CISConfiguration]] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let scope = change.scope
            switch change.kind {
            case InspectorSettings.kind:
                let settings = try change.decodeAfter(InspectorSettings.self)
                state.withLock { $0.settings[scope] = settings }
            case InspectorAdministrator.kind:
                let administrator = try change.decodeAfter(InspectorAdministrator.self)
                state.withLock { $0.administrators[scope] = administrator }
            case InspectorMember.kind:
                let member = try change.decodeAfter(InspectorMember.self)
                state.withLock { $0.members[scope, default: [:]][change.id] = member }
            case CISConfiguration.kind:
                let configuration = try change.decodeAfter(CISConfiguration.self)
                state.withLock { $0.configurations[scope, default: [:]][change.id] = configuration }
            default:
                let filter = try change.decodeAfter(FindingFilter.self)
                state.withLock { $0.filters[scope, default: [:]][change.id] = filter }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// What is scanned in an account and Region; nil: nothing was ever said.
    func settings(_ scope: Scope) -> InspectorSettings? { state.withLock { $0.settings[scope] } }

    /// The accounts and Regions in which something is scanned.
    var enabled: [InspectorSettings] { state.withLock { $0.settings.values.filter(\.isEnabled) } }

    /// All accounts and Regions of which anything was ever said.
    var scopes: [Scope] { state.withLock { Array($0.settings.keys) } }

    /// Those whose new members get something, in no particular order.
    var autoEnabling: [InspectorSettings] { state.withLock { $0.settings.values.filter { !$0.autoEnabled.isEmpty } } }

    /// Who administers an organization in a Region, by its management account.
    func administrator(management: String, region: String) -> InspectorAdministrator? {
        state.withLock { $0.administrators[Scope(account: management, region: region)] }
    }

    /// Whether an account is looked after by an administrator in a Region.
    func isMember(_ account: String, of administrator: String, region: String) -> Bool {
        let scope = Scope(account: administrator, region: region)
        return state.withLock { $0.members[scope]?[account]?.status == .enabled }
    }

    /// The numbers of those that an administrator looks after in a Region, in their order.
    func members(of administrator: String, region: String) -> [String] {
        let scope = Scope(account: administrator, region: region)
        return state.withLock { state in
            (state.members[scope] ?? [:]).values.filter { $0.status == .enabled }.map(\.id)
        }.sorted()
    }

    /// Of a scope, in the order of their ids.
    func filters(_ scope: Scope) -> [FindingFilter] {
        state.withLock { Array(($0.filters[scope] ?? [:]).values) }.sorted { $0.id < $1.id }
    }

    func filter(_ id: String, _ scope: Scope) -> FindingFilter? { state.withLock { $0.filters[scope]?[id] } }

    func configuration(_ id: String, _ scope: Scope) -> CISConfiguration? {
        state.withLock { $0.configurations[scope]?[id] }
    }
}

extension Environment {
    var inspector: InspectorIndex { projection(InspectorIndex.self) }

    /// Who administers Amazon Inspector for an account in a Region, where it is one of the members; nil: nobody does.
    func inspectorAdministrator(of account: String, region: String) -> String? {
        guard let organization = directory.organization(ofAccount: account),
            let administrator = inspector.administrator(
                management: organization.managementAccountID, region: region)?.administratorID,
            administrator != account, inspector.isMember(account, of: administrator, region: region)
        else { return nil }
        return administrator
    }

    /// Whether an account administers Amazon Inspector for its organization in a Region.
    func isInspectorAdministrator(_ account: String, region: String) -> Bool {
        guard let organization = directory.organization(ofAccount: account) else { return false }
        return inspector.administrator(management: organization.managementAccountID, region: region)?.administratorID
            == account
    }

    /// The accounts whose findings and coverage an account sees, in the order of their numbers.
    func inspected(by account: String, region: String) -> [String] {
        guard isInspectorAdministrator(account, region: region) else { return [account] }
        return (inspector.members(of: account, region: region) + [account]).sorted()
    }

    /// What is scanned in an account and Region.
    func inspectorSettings(_ account: String, _ region: String) -> InspectorSettings {
        inspector.settings(Scope(account: account, region: region))
            ?? InspectorSettings(accountID: account, region: region)
    }
}
