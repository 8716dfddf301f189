import Directory
import Inspector2API
import Ledger
import OrganizationsAPI
import Platform
import Policy
import Wire

// The account that administers Amazon Inspector for an organization.
// <https://docs.aws.amazon.com/inspector/latest/user/designating-admin.html>

extension Call {
    /// The organization that the caller's account manages.
    /// - Throws: AccessDeniedException.
    fileprivate func managedOrganization() throws(ServiceError) -> Organization {
        guard let organization = directory.organization(ofAccount: accountID) else {
            throw .inspectorDenied("Account \(accountID) is not a member of an organization.")
        }
        guard organization.managementAccountID == accountID else {
            throw .inspectorDenied("Account \(accountID) is not the management account of its organization.")
        }
        return organization
    }

    /// - Parameter what: what only the administrator may do, in AWS's words.
    /// - Throws: AccessDeniedException for an account that administers nothing.
    func checkIsInspectorAdministrator(for what: String) throws(ServiceError) {
        guard environment.isInspectorAdministrator(accountID, region: region) else {
            throw .inspectorDenied(InspectorName.noAccess(to: what))
        }
    }
}

extension ServiceError {
    /// What Organizations says, as Amazon Inspector says it.
    fileprivate func ofInspectorDelegation(_ account: String) -> ServiceError {
        switch code {
        case "AccountNotFoundException":
            .inspectorNotFound("Account \(account) is not a member of the organization.")
        case "AccountNotRegisteredException":
            .inspectorNotFound("Account \(account) is not the delegated administrator.")
        case "AccessDeniedException", "AccessDenied": .inspectorDenied(message)
        case "ConstraintViolationException", "InvalidInputException": .invalidInspection(message)
        default: self
        }
    }
}

extension Inspector2.EnableDelegatedAdminAccount: PreparedWriteOperation, OnAllOfInspector {
    public struct Preparation: Sendable {
        let trust: PreparedCall<Organizations.EnableAWSServiceAccess>
        /// nil: it is registered already, for another Region.
        let registration: PreparedCall<Organizations.RegisterDelegatedAdministrator>?
    }

    /// Whoever calls needs Organizations' permissions, too.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        _ = try call.managedOrganization()
        let account = input.delegatedAdminAccountId
        if account == call.accountID {
            throw .invalidField(
                "delegatedAdminAccountId", "The management account can't be the delegated administrator.")
        }
        do throws(ServiceError) {
            let trust = try await call.services.prepare(
                Organizations.EnableAWSServiceAccess.self,
                Organizations.EnableAWSServiceAccess.Input { $0.servicePrincipal = InspectorName.principal },
                as: .forwarding(InspectorName.principal))
            guard call.directory.organizationAccount(account)?.delegatedServices[InspectorName.principal] == nil else {
                return Preparation(trust: trust, registration: nil)
            }
            let registration = try await call.services.prepare(
                Organizations.RegisterDelegatedAdministrator.self,
                Organizations.RegisterDelegatedAdministrator.Input {
                    $0.accountId = account
                    $0.servicePrincipal = InspectorName.principal
                }, as: .forwarding(InspectorName.principal))
            return Preparation(trust: trust, registration: registration)
        } catch {
            throw error.ofInspectorDelegation(account)
        }
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let account = input.delegatedAdminAccountId
        if let present = try records.get(InspectorAdministrator.self, InspectorAdministrator.id) {
            let text =
                present.administratorID == account
                ? "Account \(account) is already the delegated administrator."
                : "Account \(present.administratorID) is the delegated administrator. Disable it first."
            throw .inspectorConflict(present.administratorID, type: "DelegatedAdmin", text)
        }
        do throws(ServiceError) {
            _ = try made.trust.complete(in: records)
            _ = try made.registration?.complete(in: records)
        } catch {
            throw error.ofInspectorDelegation(account)
        }
        try records.put(
            InspectorAdministrator(managementAccountID: call.accountID, administratorID: account, since: call.time))
        for place in [records, records.of(account: account)] {
            try place.ensureServiceLinkedRole(of: InspectorName.principal, at: call.time)
        }
        return Output { $0.delegatedAdminAccountId = account }
    }
}

extension Inspector2.DisableDelegatedAdminAccount: PreparedWriteOperation, OnAllOfInspector {
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedCall<Organizations.DeregisterDelegatedAdministrator> {
        _ = try call.managedOrganization()
        do throws(ServiceError) {
            return try await call.services.prepare(
                Organizations.DeregisterDelegatedAdministrator.self,
                Organizations.DeregisterDelegatedAdministrator.Input {
                    $0.accountId = input.delegatedAdminAccountId
                    $0.servicePrincipal = InspectorName.principal
                }, as: .forwarding(InspectorName.principal))
        } catch {
            throw error.ofInspectorDelegation(input.delegatedAdminAccountId)
        }
    }

    public static func handle(
        _ input: Input, _ deregistration: PreparedCall<Organizations.DeregisterDelegatedAdministrator>, _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let account = input.delegatedAdminAccountId
        guard let present = try records.get(InspectorAdministrator.self, InspectorAdministrator.id),
            present.administratorID == account
        else { throw .inspectorNotFound("Account \(account) is not the delegated administrator.") }
        do throws(ServiceError) { _ = try deregistration.complete(in: records) } catch {
            throw error.ofInspectorDelegation(account)
        }
        try records.delete(present)
        // Members go on by themselves, as they are.
        let own = records.of(account: account)
        for var member in try own.list(InspectorMember.self) where member.status == .enabled {
            member.status = .removed
            member.updated = call.time
            try own.put(member)
        }
        var settings = try own.inspectorSettings()
        if !settings.autoEnabled.isEmpty {
            settings.autoEnabled = []
            settings.autoEnabledSince = nil
            try own.put(settings)
        }
        return Output { $0.delegatedAdminAccountId = account }
    }
}

extension Inspector2.GetDelegatedAdminAccount: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let organization = call.directory.organization(ofAccount: call.accountID) else {
            throw .inspectorDenied("Account \(call.accountID) is not a member of an organization.")
        }
        let management = organization.managementAccountID
        guard
            let administrator = call.environment.inspector.administrator(management: management, region: call.region)
        else { throw .inspectorNotFound("The organization has no delegated administrator.") }
        return Output {
            $0.delegatedAdmin = Inspector2.DelegatedAdmin {
                $0.accountId = administrator.administratorID
                $0.relationshipStatus = "ENABLED"
            }
        }
    }
}

extension Inspector2.ListDelegatedAdminAccounts: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let organization = try call.managedOrganization()
        let administrator = call.environment.inspector.administrator(
            management: organization.managementAccountID, region: call.region)
        let page = page([administrator].compactMap { $0 }, by: \.administratorID, try Paging(inspector: input))
        return Output(page) { administrator in
            Inspector2.DelegatedAdminAccount {
                $0.accountId = administrator.administratorID
                $0.status = "ENABLED"
            }
        }
    }
}
