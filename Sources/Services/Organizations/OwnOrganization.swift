import Directory
import OrganizationsAPI
import Platform
import Wire

/// Who may call an operation of Organizations, on top of what IAM's policies say. Besides these, a member account may
/// do whatever the organization's resource-based policy delegates to it: see `Call.need`.
enum Audience {
    case everyMember
    /// The management account, and the member accounts that are a delegated administrator for any service.
    case delegatedAdministrators
    case managementAccount
}

/// The organization that the caller's account is in, with its records, which are in its management account's scope.
struct OwnOrganization<Reading: RecordReading> {
    var organization: Organization
    let records: Reading
    let call: Call

    var id: String { organization.id }
    var managementAccountID: String { organization.managementAccountID }
    var isManagement: Bool { call.accountID == managementAccountID }
}

extension RecordReading {
    /// The organization of the caller's account.
    /// - Throws: AWSOrganizationsNotInUseException; AccessDeniedException when the account may not call the operation.
    func organization(_ call: Call, for audience: Audience) throws(ServiceError) -> OwnOrganization<Self> {
        guard let own = try organization(of: call.accountID, call) else { throw .organizationsNotInUse }
        // The account may have changed its organization since the policy was asked.
        if call.learnt(Delegation.self)?.managementAccountID == own.managementAccountID { return own }
        switch audience {
        case .everyMember: break
        case .managementAccount:
            guard own.isManagement else { throw .notYourResource }
        case .delegatedAdministrators:
            guard !own.isManagement else { break }
            let member = try own.records.get(OrganizationAccount.self, call.accountID)
            guard member?.delegatedServices.isEmpty == false else { throw .notYourResource }
        }
        return own
    }

    /// The organization of an account, as this transaction has it; nil when it is in none.
    func organization(of accountID: String, _ call: Call) throws(ServiceError) -> OwnOrganization<Self>? {
        guard let management = try of(account: accountID).get(Directory.Account.self, accountID)?.managementAccountID
        else { return nil }
        let records = of(account: management)
        return try records.list(Organization.self, limit: 1).first.map {
            OwnOrganization(organization: $0, records: records, call: call)
        }
    }
}

// MARK: - What is in it

extension OwnOrganization {
    /// An account of the organization: what it is, and where.
    typealias Member = (account: Directory.Account, place: OrganizationAccount)

    func member(_ id: String) throws(ServiceError) -> Member {
        guard let place = try records.get(OrganizationAccount.self, id),
            let account = try records.of(account: id).get(Directory.Account.self, id)
        else { throw .accountNotFound }
        return (account, place)
    }

    func unit(_ id: String) throws(ServiceError) -> OrganizationalUnit {
        guard let unit = try records.get(OrganizationalUnit.self, id) else { throw .unitNotFound }
        return unit
    }

    /// Whether there is a root or unit of that id.
    func hasContainer(_ id: String) throws(ServiceError) -> Bool {
        if id == organization.rootID { return true }
        return try records.get(OrganizationalUnit.self, id) != nil
    }

    func requireParent(_ id: String) throws(ServiceError) {
        guard try hasContainer(id) else { throw .parentNotFound }
    }

    /// The root and the units from there down to a root or unit, that one included.
    func containers(downTo id: String) throws(ServiceError) -> [String] {
        var path: [String] = []
        var next: String? = id
        // The depth is limited when units are created; a damaged record must not make this loop forever.
        while let container = next, path.count <= OrganizationalUnit.mostLevels {
            path.append(container)
            next = try records.get(OrganizationalUnit.self, container)?.parentID
        }
        return path.reversed()
    }

    /// `o-…/r-…/ou-…/`: where a unit or account is that has this parent.
    func path(_ id: String, below parentID: String) throws(ServiceError) -> String {
        let parts = [organization.id] + (try containers(downTo: parentID)) + [id]
        return parts.joined(separator: "/") + "/"
    }
}
