import Directory
import Learning
import Platform
import Policy
import Wire

/// The root, unit or account that an organization's access report is about, and the policies that say what it may use.
struct OrganizationEntity {
    /// `r-…`, `ou-…` or an account's number.
    private let id: String
    /// What each level's policies allow, from the root down; empty where nothing binds.
    private let levels: [ServiceGrants]

    /// - Throws: InvalidInput for a path that does not lead through the caller's organization, and for a policy that is
    ///   not one of its service control policies; AccessDenied for an account that is not the management account.
    init(
        _ path: String, policyID: String?, of accountID: String, _ directory: IdentityDirectory
    ) throws(ServiceError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let organization = directory.organization(ofAccount: accountID),
            organization.managementAccountID == accountID
        else { throw .accessDenied("The report is for the management account of an organization.") }
        let invalid = ServiceError.invalidInput("Invalid entity path: \(path)")
        guard parts.count >= 2, parts.count < 16, parts[0] == organization.id, parts[1] == organization.rootID else {
            throw invalid
        }
        var policyIDs = [organization.rootPolicyIDs]
        for (parent, part) in zip(parts.dropFirst(), parts.dropFirst(2)) {
            if let unit = directory.organizationalUnit(part), unit.parentID == parent {
                policyIDs.append(unit.policyIDs)
            } else if let account = directory.organizationAccount(part), account.parentID == parent {
                policyIDs.append(account.policyIDs)
            } else {
                throw invalid
            }
        }
        id = parts[parts.count - 1]
        if let policyID {
            guard let document = Self.document(policyID, of: organization.id, directory) else {
                throw .invalidInput("Invalid policy: \(policyID) is no service control policy of the organization.")
            }
            levels = [ServiceGrants([document])]
        } else if id == organization.managementAccountID
            || !organization.enabledPolicyTypes.contains(ControlPolicyType.serviceControl)
        {
            levels = []
        } else {
            let organizationID = organization.id
            levels = policyIDs.map { ids in
                ServiceGrants(ids.compactMap { Self.document($0, of: organizationID, directory) })
            }
        }
    }

    /// Whether an account is the entity, or below it.
    func holds(_ account: OrganizationAccount, _ directory: IdentityDirectory) -> Bool {
        account.id == id || directory.containers(ofAccount: account.id).contains(id)
    }

    /// The services that may be used, with their last use by the accounts.
    /// - Parameter oldest: anything earlier than this, in milliseconds since 1970, is left out.
    func services(
        _ accounts: [OrganizationAccount], _ environment: Environment, oldest: Double
    ) -> [OrganizationsAccessReport.Service] {
        /// By service, then by account.
        var uses: [String: [String: PrincipalUsage.Use]] = [:]
        for usage in environment.usage.usages(in: Set(accounts.map(\.id))) {
            for service in usage.services.keys {
                guard let use = usage.lastUse(of: service), Double(use.time) >= oldest else { continue }
                if let known = uses[service]?[usage.accountID], known.time >= use.time { continue }
                uses[service, default: [:]][usage.accountID] = use
            }
        }
        return ServiceGrants.services(allowedByAll: levels).map { namespace in
            var service = OrganizationsAccessReport.Service(namespace: namespace)
            let used = uses[namespace] ?? [:]
            service.accounts = used.count
            if let (account, use) = used.max(by: { $0.value.time < $1.value.time }) {
                service.time = use.time
                service.region = use.region
                let path = environment.directory.membership(ofAccount: account)?.path ?? ""
                service.path = path + account
            }
            return service
        }
    }

    private static func document(
        _ id: String, of organizationID: String, _ directory: IdentityDirectory
    ) -> PolicyDocument? {
        if let managed = ManagedControlPolicy.named(id) {
            return managed.type == ControlPolicyType.serviceControl ? managed.compiled.document : nil
        }
        guard let policy = directory.organizationPolicy(id), policy.type == ControlPolicyType.serviceControl,
            policy.organizationID == organizationID
        else {
            return nil
        }
        return try? PolicyDocument(parsing: policy.content, as: .serviceControl, strictness: .evaluable)
    }
}
