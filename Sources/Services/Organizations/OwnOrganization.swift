import Directory
import OrganizationsAPI
import Platform
import Wire

/// Who may call an operation of Organizations, on top of what IAM's policies say. Besides these, a member account may
/// whatever the organization's resource-based policy delegates to it: see `Call.need`.
enum Audience {
    case everyMember
    /// The management account, and the member accounts that are a delegated administrator for any service.
    case delegatedAdministrators
    case managementAccount
}

/// The organization that the caller's account is in, with the records of it, which are its management account's.
struct OwnOrganization<Reading: RecordReading> {
    var organization: Organization
    let records: Reading
    let call: Call

    var isManagement: Bool { call.accountID == organization.managementAccountID }
}

extension RecordReading {
    /// The organization of the caller's account.
    /// - Throws: AWSOrganizationsNotInUseException; AccessDeniedException when the account may not call the operation.
    func organization(_ call: Call, for audience: Audience) throws(ServiceError) -> OwnOrganization<Self> {
        guard let own = try organization(of: call.accountID, call) else { throw .organizationsNotInUse }
        if call.isDelegated { return own }
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
