import Directory
import GuardDutyAPI
import Ledger
import OrganizationsAPI
import Platform
import Wire

// The account that administers GuardDuty for an organization.
// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_organizations.html>

extension Call {
    /// The organization that the caller's account manages.
    /// - Throws: BadRequestException.
    fileprivate func managedOrganization() throws(ServiceError) -> Organization {
        guard let organization = directory.organization(ofAccount: accountID),
            organization.managementAccountID == accountID
        else {
            throw .badRequest(
                "The request failed because the account is not the management account of an organization.")
        }
        return organization
    }
}

extension ServiceError {
    /// What Organizations says, as GuardDuty says it.
    fileprivate func ofGuardDutyDelegation() -> ServiceError {
        switch code {
        case "AccountNotFoundException":
            .badRequest("The request failed because the account is not a member of the organization.")
        case "AccountNotRegisteredException":
            .badRequest(
                "The request failed because the account is not enabled as the GuardDuty delegated administrator.")
        case "ConstraintViolationException", "InvalidInputException": .badRequest(message)
        default: self
        }
    }
}

extension GuardDuty.EnableOrganizationAdminAccount: PreparedWriteOperation, OnAllOfGuardDuty {
    public struct Preparation: Sendable {
        let trust: PreparedCall<Organizations.EnableAWSServiceAccess>
        /// nil: it is registered already, for another Region.
        let registration: PreparedCall<Organizations.RegisterDelegatedAdministrator>?
        let end: Int64
    }

    /// Whoever calls needs Organizations' permissions, too.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        _ = try call.managedOrganization()
        let account = input.adminAccountId
        let end = try await WatchEvents.end(call.environment)
        do throws(ServiceError) {
            let trust = try await call.services.prepare(
                Organizations.EnableAWSServiceAccess.self,
                Organizations.EnableAWSServiceAccess.Input { $0.servicePrincipal = GuardDutyName.principal },
                as: .forwarding(GuardDutyName.principal))
            guard call.directory.organizationAccount(account)?.delegatedServices[GuardDutyName.principal] == nil else {
                return Preparation(trust: trust, registration: nil, end: end)
            }
            let registration = try await call.services.prepare(
                Organizations.RegisterDelegatedAdministrator.self,
                Organizations.RegisterDelegatedAdministrator.Input {
                    $0.accountId = account
                    $0.servicePrincipal = GuardDutyName.principal
                }, as: .forwarding(GuardDutyName.principal))
            return Preparation(trust: trust, registration: registration, end: end)
        } catch {
            throw error.ofGuardDutyDelegation()
        }
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let account = input.adminAccountId
        if let present = try records.get(OrganizationAdministrator.self, OrganizationAdministrator.id) {
            throw .badRequest(
                present.administratorID == account
                    ? "The request failed because the account is already enabled as the GuardDuty delegated "
                        + "administrator for the organization."
                    : "The request failed because another account is already enabled as GuardDuty delegated "
                        + "administrator for the organization.")
        }
        do throws(ServiceError) {
            _ = try made.trust.complete(in: records)
            _ = try made.registration?.complete(in: records)
        } catch {
            throw error.ofGuardDutyDelegation()
        }
        try records.put(
            OrganizationAdministrator(
                managementAccountID: call.accountID, administratorID: account, since: call.time))
        // Its detector is made with it.
        let own = records.of(account: account)
        if try own.count(StoredDetector.self) == 0 {
            _ = try own.makeDetector(
                id: GuardDutyName.id([call.requestID, account, "detector"]), isEnabled: true, from: made.end,
                call.environment, at: call.time
            ) { _ in }
        }
        return Output()
    }
}

extension GuardDuty.DisableOrganizationAdminAccount: PreparedWriteOperation, OnAllOfGuardDuty {
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedCall<Organizations.DeregisterDelegatedAdministrator> {
        _ = try call.managedOrganization()
        do throws(ServiceError) {
            return try await call.services.prepare(
                Organizations.DeregisterDelegatedAdministrator.self,
                Organizations.DeregisterDelegatedAdministrator.Input {
                    $0.accountId = input.adminAccountId
                    $0.servicePrincipal = GuardDutyName.principal
                }, as: .forwarding(GuardDutyName.principal))
        } catch {
            throw error.ofGuardDutyDelegation()
        }
    }

    public static func handle(
        _ input: Input, _ deregistration: PreparedCall<Organizations.DeregisterDelegatedAdministrator>, _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let present = try records.get(OrganizationAdministrator.self, OrganizationAdministrator.id),
            present.administratorID == input.adminAccountId
        else {
            throw .badRequest(
                "The request failed because the account is not enabled as the GuardDuty delegated administrator.")
        }
        do throws(ServiceError) { _ = try deregistration.complete(in: records) } catch {
            throw error.ofGuardDutyDelegation()
        }
        try records.delete(present)
        // Members go on by themselves, as they are.
        let own = records.of(account: present.administratorID)
        for var member in try own.list(StoredMember.self) where member.isOfOrganization && member.isAssociated {
            member.status = .removed
            member.updated = call.time
            try own.put(member)
        }
        return Output()
    }
}

extension GuardDuty.ListOrganizationAdminAccounts: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let organization = try call.managedOrganization()
        let found = call.environment.guardDuty.administrator(
            management: organization.managementAccountID, region: call.region)
        return Output {
            $0.adminAccounts = [found].compactMap { $0 }.map { administrator in
                GuardDuty.AdminAccount {
                    $0.adminAccountId = administrator.administratorID
                    $0.adminStatus = "ENABLED"
                }
            }
        }
    }
}

// MARK: - What becomes of new accounts

extension RecordReading {
    /// What the caller administers.
    /// - Throws: BadRequestException for an account that administers nothing.
    fileprivate func administered(_ call: Call) throws(ServiceError) -> OrganizationAdministrator {
        guard let organization = call.directory.organization(ofAccount: call.accountID),
            let found = try of(Scope(account: organization.managementAccountID, region: call.region)).get(
                OrganizationAdministrator.self, OrganizationAdministrator.id), found.administratorID == call.accountID
        else { throw .notAdministrator }
        return found
    }
}

extension OrganizationAdministrator {
    fileprivate func autoEnables(_ feature: String) -> Bool { (features[feature] ?? "NONE") != "NONE" }
}

extension GuardDuty.DescribeOrganizationConfiguration: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let settings = try records.administered(call)
        let isFull = try records.count(StoredMember.self) >= OrganizationLimits.members
        return Output {
            $0.autoEnable = settings.autoEnable != "NONE"
            $0.autoEnableOrganizationMembers = settings.autoEnable
            $0.memberAccountLimitReached = isFull
            $0.dataSources = GuardDuty.OrganizationDataSourceConfigurationsResult {
                $0.s3Logs = GuardDuty.OrganizationS3LogsConfigurationResult {
                    $0.autoEnable = settings.autoEnables("S3_DATA_EVENTS")
                }
                $0.kubernetes = GuardDuty.OrganizationKubernetesConfigurationResult {
                    $0.auditLogs = GuardDuty.OrganizationKubernetesAuditLogsConfigurationResult {
                        $0.autoEnable = settings.autoEnables("EKS_AUDIT_LOGS")
                    }
                }
                $0.malwareProtection = GuardDuty.OrganizationMalwareProtectionConfigurationResult {
                    $0.scanEc2InstanceWithFindings = GuardDuty.OrganizationScanEc2InstanceWithFindingsResult {
                        $0.ebsVolumes = GuardDuty.OrganizationEbsVolumesResult {
                            $0.autoEnable = settings.autoEnables("EBS_MALWARE_PROTECTION")
                        }
                    }
                }
            }
            $0.features = GuardDutyFeature.all.map { known in
                GuardDuty.OrganizationFeatureConfigurationResult {
                    $0.name = known.name
                    $0.autoEnable = settings.features[known.name] ?? "NONE"
                    guard !known.additional.isEmpty else { return }
                    $0.additionalConfiguration = known.additional.map { part in
                        GuardDuty.OrganizationAdditionalConfigurationResult {
                            $0.name = part
                            $0.autoEnable = settings.features["\(known.name)/\(part)"] ?? "NONE"
                        }
                    }
                }
            }
        }
    }
}

enum OrganizationLimits {
    /// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_limits.html>
    static let members = 50_000
}

extension GuardDuty.UpdateOrganizationConfiguration: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        var settings = try records.administered(call)
        if input.autoEnable != nil, input.autoEnableOrganizationMembers != nil {
            throw .badRequest(
                "The request is rejected because autoEnable and autoEnableOrganizationMembers can't be specified "
                    + "together.")
        }
        if let wanted = input.autoEnableOrganizationMembers { settings.autoEnable = wanted }
        if let wanted = input.autoEnable { settings.autoEnable = wanted ? "NEW" : "NONE" }
        func set(_ name: String, _ isWanted: Bool?) {
            if let isWanted { settings.features[name] = isWanted ? "NEW" : "NONE" }
        }
        set("S3_DATA_EVENTS", input.dataSources?.s3Logs?.autoEnable)
        set("EKS_AUDIT_LOGS", input.dataSources?.kubernetes?.auditLogs.autoEnable)
        set(
            "EBS_MALWARE_PROTECTION",
            input.dataSources?.malwareProtection?.scanEc2InstanceWithFindings?.ebsVolumes?.autoEnable)
        for feature in input.features ?? [] {
            guard let name = feature.name, let known = GuardDutyFeature.all.first(where: { $0.name == name }) else {
                throw .invalidParameter("features")
            }
            if let wanted = feature.autoEnable { settings.features[name] = wanted }
            for part in feature.additionalConfiguration ?? [] {
                guard let partName = part.name, known.additional.contains(partName) else {
                    throw .invalidParameter("features")
                }
                if let wanted = part.autoEnable { settings.features["\(name)/\(partName)"] = wanted }
            }
        }
        let scope = Scope(account: settings.managementAccountID, region: call.region)
        try records.of(scope).put(settings)
        return Output()
    }
}

/// Makes accounts members that organizations want to be members: those that have joined since, or all.
struct EnableOrganizationMembers: RecurringJob {
    static let kind = "GuardDuty::EnableOrganizationMembers"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        for (place, settings) in environment.guardDuty.administrators where settings.autoEnable != "NONE" {
            let administrator = Scope(account: settings.administratorID, region: place.region)
            guard environment.isOrganizationAdministrator(administrator) else { continue }
            for account in environment.directory.accounts(managedBy: settings.managementAccountID)
            where account.isActive && account.id != settings.administratorID {
                guard environment.guardDuty.member(account.id, of: administrator)?.isAssociated != true,
                    let joined = environment.directory.organizationAccount(account.id)?.joinedDate,
                    settings.autoEnable == "ALL" || joined >= settings.since
                else { continue }
                let end = try await WatchEvents.end(environment)
                let (id, email, now) = (account.id, account.email, environment.now())
                try await environment.write(administrator, requestID: "") { (records) throws(ServiceError) in
                    let member = try records.get(StoredMember.self, id)
                    // Once: who was removed afterwards stays so, unless all have to be members.
                    guard member == nil || settings.autoEnable == "ALL" && member?.isAssociated == false else { return }
                    try records.adopt(id, email: email, from: end, environment, at: now)
                }
            }
        }
        try await context.finish { _ in }
    }
}

extension GuardDuty.GetOrganizationStatistics: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let settings = try records.administered(call)
        let index = call.environment.guardDuty
        let accounts = call.directory.accounts(managedBy: settings.managementAccountID)
        let detectors = accounts.compactMap { index.detector(Scope(account: $0.id, region: call.region)) }
            .filter(\.isEnabled)
        let members = index.members(of: call.guardDutyScope).filter(\.isAssociated)
        return Output {
            $0.organizationDetails = GuardDuty.OrganizationDetails {
                $0.updatedAt = call.timestamp
                $0.organizationStatistics = GuardDuty.OrganizationStatistics {
                    $0.totalAccountsCount = accounts.count
                    $0.memberAccountsCount = members.count
                    $0.activeAccountsCount = members.filter { $0.status == .enabled }.count
                    $0.enabledAccountsCount = detectors.count
                    $0.countByFeature = GuardDutyFeature.all.map { known in
                        GuardDuty.OrganizationFeatureStatistics {
                            $0.name = known.name
                            $0.enabledAccountsCount = detectors.filter { $0.isEnabled(known.name) }.count
                        }
                    }
                }
            }
        }
    }
}
