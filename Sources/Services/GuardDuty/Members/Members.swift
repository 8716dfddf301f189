import Directory
import GuardDutyAPI
import Ledger
import Platform
import Wire

// The accounts that an administrator looks after.
// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_accounts.html>

extension GuardDuty.UnprocessedAccount {
    fileprivate init(_ account: String, _ result: String) {
        self.init()
        accountId = account
        self.result = result
    }
}

/// Why an account was passed over, in AWS's words where they are known.
enum MemberRefusal {
    static let notMember =
        "The request is rejected because the given account ID is not associated to the current account."
    static let isAssociated =
        "The request is rejected because the given account is still associated to the current account."
    static let isMember =
        "The request is rejected because the given account ID is already a member or associated member "
        + "of the current account."
    static let own = "The request is rejected because the given account ID is the current account."
    static let noAccount = "The request is rejected because the given account does not exist."
    static let noDetector = "The request is rejected because GuardDuty is not enabled in the given account."
    static let mandatory = "The request is rejected because the organization enables GuardDuty for all accounts."
}

extension MutableRecords {
    /// Does something for each of several accounts, and tells of those that it could not be done for.
    fileprivate func each(
        _ accounts: [String], of detector: String, _ call: Call,
        _ body: (String) throws(ServiceError) -> String?
    ) throws(ServiceError) -> [GuardDuty.UnprocessedAccount] {
        _ = try self.detector(detector, call)
        guard call.environment.guardDuty.administrator(of: call.accountID, region: call.region) == nil else {
            throw .badRequest(
                "The request is rejected because the current account is a member of another administrator account.")
        }
        var unprocessed: [GuardDuty.UnprocessedAccount] = []
        for account in accounts {
            if let reason = try body(account) { unprocessed.append(GuardDuty.UnprocessedAccount(account, reason)) }
        }
        return unprocessed
    }

    /// Has an account of the organization looked after from here on.
    /// - Parameter end: where the event history was before this transaction.
    func adopt(
        _ account: String, email: String, from end: Int64, _ environment: Environment, at time: Double
    ) throws(ServiceError) {
        try put(
            StoredMember(
                id: account, administratorID: scope.account, region: scope.region, email: email, status: .enabled,
                invited: time, updated: time, isOfOrganization: true))
        let own = of(account: account)
        guard var detector = try own.list(StoredDetector.self, limit: 1).first else {
            _ = try own.makeDetector(
                id: GuardDutyName.id([scope.account, scope.region, account, "member", "\(time)"]), isEnabled: true,
                from: end, environment, at: time
            ) { _ in }
            return
        }
        guard !detector.isEnabled else { return }
        detector.isEnabled = true
        detector.since = RequestIDs.milliseconds(time)
        detector.updated = time
        try beginWatching(from: end, environment)
        try own.put(detector)
    }
}

extension Environment {
    /// Whether an account administers GuardDuty for its organization in a Region.
    func isOrganizationAdministrator(_ scope: Scope) -> Bool {
        guard let organization = directory.organization(ofAccount: scope.account) else { return false }
        return guardDuty.administrator(management: organization.managementAccountID, region: scope.region)?
            .administratorID == scope.account
    }

    fileprivate func isInOrganization(_ account: String, of other: String) -> Bool {
        guard let own = directory.organization(ofAccount: other) else { return false }
        return directory.organization(ofAccount: account)?.id == own.id
    }
}

extension GuardDuty.CreateMembers: PreparedWriteOperation, OnAllOfGuardDuty {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await WatchEvents.end(call.environment)
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let environment = call.environment
        let isDelegated = environment.isOrganizationAdministrator(call.guardDutyScope)
        let emails = Dictionary(input.accountDetails.map { ($0.accountId, $0.email) }) { first, _ in first }
        let unprocessed = try records.each(input.accountDetails.map(\.accountId), of: input.detectorId, call) {
            (account) throws(ServiceError) in
            guard account != call.accountID else { return MemberRefusal.own }
            if let member = try records.get(StoredMember.self, account), member.isAssociated {
                return MemberRefusal.isMember
            }
            if let other = environment.guardDuty.administrator(of: account, region: call.region),
                other.administratorID != call.accountID
            {
                return MemberRefusal.isMember
            }
            let email = emails[account] ?? ""
            if isDelegated, environment.isInOrganization(account, of: call.accountID) {
                try records.adopt(account, email: email, from: end, environment, at: call.time)
                return nil
            }
            let isVerified = environment.directory.account(email: email)?.id == account
            try records.put(
                StoredMember(
                    id: account, administratorID: call.accountID, region: call.region, email: email,
                    status: isVerified ? .created : .verificationFailed, updated: call.time,
                    isOfOrganization: false))
            return nil
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

extension GuardDuty.DeleteMembers: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let unprocessed = try records.each(input.accountIds, of: input.detectorId, call) {
            (account) throws(ServiceError) in
            guard let member = try records.get(StoredMember.self, account) else { return MemberRefusal.notMember }
            guard !member.isAssociated else { return MemberRefusal.isAssociated }
            try records.delete(member)
            try records.withdraw(account, call)
            return nil
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

extension MutableRecords {
    /// Takes an invitation back.
    fileprivate func withdraw(_ account: String, _ call: Call) throws(ServiceError) {
        let own = of(account: account)
        if let invitation = try own.get(StoredInvitation.self, call.accountID) { try own.delete(invitation) }
    }

    /// Has the detector of a member look at what happens, or not.
    fileprivate func monitor(
        _ account: String, _ isEnabled: Bool, from end: Int64, _ call: Call
    ) throws(ServiceError) -> String? {
        guard var member = try get(StoredMember.self, account), member.isAssociated else {
            return MemberRefusal.notMember
        }
        let own = of(account: account)
        guard var detector = try own.list(StoredDetector.self, limit: 1).first else { return MemberRefusal.noDetector }
        member.status = isEnabled ? .enabled : .disabled
        member.updated = call.time
        try put(member)
        guard detector.isEnabled != isEnabled else { return nil }
        detector.isEnabled = isEnabled
        detector.updated = call.time
        if isEnabled {
            detector.since = RequestIDs.milliseconds(call.time)
            try beginWatching(from: end, call.environment)
        }
        try own.put(detector)
        return nil
    }
}

extension GuardDuty.InviteMembers: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let unprocessed = try records.each(input.accountIds, of: input.detectorId, call) {
            (account) throws(ServiceError) in
            guard var member = try records.get(StoredMember.self, account) else { return MemberRefusal.notMember }
            guard !member.isAssociated else { return MemberRefusal.isMember }
            guard call.directory.account(account) != nil else { return MemberRefusal.noAccount }
            guard member.status != .verificationFailed else {
                return "The request is rejected because the e-mail address is not that of the account."
            }
            let id = GuardDutyName.id([call.requestID, "invitation", account])
            (member.status, member.invited, member.invitation) = (.invited, call.time, id)
            member.updated = call.time
            try records.put(member)
            try records.of(account: account).put(
                StoredInvitation(id: call.accountID, invitation: id, time: call.time, status: .invited))
            return nil
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

extension GuardDuty.DisassociateMembers: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let environment = call.environment
        let unprocessed = try records.each(input.accountIds, of: input.detectorId, call) {
            (account) throws(ServiceError) in
            guard var member = try records.get(StoredMember.self, account) else { return MemberRefusal.notMember }
            if member.isOfOrganization, environment.enablesAll(call.guardDutyScope) { return MemberRefusal.mandatory }
            member.status = .removed
            member.updated = call.time
            try records.put(member)
            try records.withdraw(account, call)
            return nil
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

extension Environment {
    /// Whether an administrator's organization wants all accounts to be members.
    func enablesAll(_ administrator: Scope) -> Bool {
        guard let organization = directory.organization(ofAccount: administrator.account) else { return false }
        let found = guardDuty.administrator(management: organization.managementAccountID, region: administrator.region)
        return found?.administratorID == administrator.account && found?.autoEnable == "ALL"
    }
}

extension GuardDuty.StartMonitoringMembers: PreparedWriteOperation, OnAllOfGuardDuty {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await WatchEvents.end(call.environment)
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let unprocessed = try records.each(input.accountIds, of: input.detectorId, call) {
            (account) throws(ServiceError) in try records.monitor(account, true, from: end, call)
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

extension GuardDuty.StopMonitoringMembers: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let isMandatory = call.environment.enablesAll(call.guardDutyScope)
        let unprocessed = try records.each(input.accountIds, of: input.detectorId, call) {
            (account) throws(ServiceError) in
            if isMandatory { return MemberRefusal.mandatory }
            return try records.monitor(account, false, from: 0, call)
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

// MARK: - Lists

extension GuardDuty.Member {
    fileprivate init(_ member: StoredMember, detector: String?) {
        self.init()
        accountId = member.id
        detectorId = detector
        masterId = member.administratorID
        administratorId = member.administratorID
        email = member.email
        relationshipStatus = member.status.rawValue
        invitedAt = member.invited.map(guardDutyTime)
        updatedAt = guardDutyTime(member.updated)
    }

    fileprivate static func of(_ member: StoredMember, _ call: Call) -> GuardDuty.Member {
        let detector = call.environment.guardDuty.detector(Scope(account: member.id, region: call.region))
        return GuardDuty.Member(member, detector: member.isAssociated ? detector?.id : nil)
    }
}

extension GuardDuty.GetMembers: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        var (found, unprocessed): ([GuardDuty.Member], [GuardDuty.UnprocessedAccount]) = ([], [])
        for account in input.accountIds {
            if let member = try records.get(StoredMember.self, account) {
                found.append(.of(member, call))
            } else {
                unprocessed.append(GuardDuty.UnprocessedAccount(account, MemberRefusal.notMember))
            }
        }
        let answer = (found, unprocessed)
        return Output { ($0.members, $0.unprocessedAccounts) = answer }
    }
}

extension GuardDuty.ListMembers: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        // A text: whatever is not "false" is true.
        let onlyAssociated = input.onlyAssociated?.lowercased() != "false"
        let page = try records.page(StoredMember.self, try Paging(guardDuty: input)) {
            !onlyAssociated || [.enabled, .disabled].contains($0.status)
        }
        return Output {
            $0.members = page.items.map { .of($0, call) }
            $0.nextToken = page.marker
        }
    }
}

// MARK: - Their detectors

extension GuardDuty.GetMemberDetectors: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        var found: [GuardDuty.MemberDataSourceConfiguration] = []
        var unprocessed: [GuardDuty.UnprocessedAccount] = []
        for account in input.accountIds {
            let member = try records.get(StoredMember.self, account)
            let isMember = account == call.accountID || member?.isAssociated == true
            guard isMember, let detector = try records.of(account: account).list(StoredDetector.self, limit: 1).first
            else {
                unprocessed.append(GuardDuty.UnprocessedAccount(account, MemberRefusal.notMember))
                continue
            }
            found.append(
                GuardDuty.MemberDataSourceConfiguration {
                    $0.accountId = account
                    $0.dataSources = detector.sourceViews
                    $0.features = detector.memberFeatureViews
                })
        }
        let answer = (found, unprocessed)
        return Output { ($0.memberDataSourceConfigurations, $0.unprocessedAccounts) = answer }
    }
}

extension StoredDetector {
    fileprivate var memberFeatureViews: [GuardDuty.MemberFeaturesConfigurationResult] {
        GuardDutyFeature.all.map { known in
            let feature = features[known.name]
            let updated = Timestamp(secondsSinceEpoch: feature?.updated ?? created)
            return GuardDuty.MemberFeaturesConfigurationResult {
                $0.name = known.name
                $0.status = feature?.isEnabled == true ? "ENABLED" : "DISABLED"
                $0.updatedAt = updated
                guard !known.additional.isEmpty else { return }
                $0.additionalConfiguration = known.additional.map { part in
                    GuardDuty.MemberAdditionalConfigurationResult {
                        $0.name = part
                        $0.status = feature?.additional[part] == true ? "ENABLED" : "DISABLED"
                        $0.updatedAt = updated
                    }
                }
            }
        }
    }
}

extension GuardDuty.UpdateMemberDetectors: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let wanted = (input.features ?? []).map { feature in
            GuardDuty.DetectorFeatureConfiguration {
                $0.name = feature.name
                $0.status = feature.status
                $0.additionalConfiguration = feature.additionalConfiguration?.map { part in
                    GuardDuty.DetectorAdditionalConfiguration {
                        $0.name = part.name
                        $0.status = part.status
                    }
                }
            }
        }
        let unprocessed = try records.each(input.accountIds, of: input.detectorId, call) {
            (account) throws(ServiceError) in
            guard try records.get(StoredMember.self, account)?.isAssociated == true else {
                return MemberRefusal.notMember
            }
            let own = records.of(account: account)
            guard var detector = try own.list(StoredDetector.self, limit: 1).first else {
                return MemberRefusal.noDetector
            }
            try detector.set(input.dataSources, wanted, at: call.time)
            detector.updated = call.time
            try own.put(detector)
            return nil
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}
