import Ledger

/// Who is where in which organization. Guarded by the directory's lock.
struct OrganizationIndex {
    private(set) var organizations: [String: Organization] = [:]
    private(set) var units: [String: OrganizationalUnit] = [:]
    /// By the account's number: it is in one organization at most.
    private(set) var accounts: [String: OrganizationAccount] = [:]

    mutating func apply(_ change: Change) {
        switch change.kind {
        case Organization.kind: organizations[change.id] = change.record(Organization.self)
        case OrganizationalUnit.kind: units[change.id] = change.record(OrganizationalUnit.self)
        case OrganizationAccount.kind: accounts[change.id] = change.record(OrganizationAccount.self)
        default: break
        }
    }

    func organization(ofAccount id: String) -> Organization? {
        accounts[id].flatMap { organizations[$0.organizationID] }
    }

    /// The root's id and those of the units below it, down to the account's parent.
    func containers(ofAccount id: String) -> [String] {
        var path: [String] = []
        var next = accounts[id]?.parentID
        // The depth is limited when units are made; a damaged record must not send this round for ever.
        while let container = next, path.count < OrganizationalUnit.mostLevels + 1 {
            path.append(container)
            next = units[container]?.parentID
        }
        return path.reversed()
    }
}
