import Directory
import Inspector2API
import Ledger
import Platform
import Wire

// The accounts that an administrator looks after.
// <https://docs.aws.amazon.com/inspector/latest/user/adding-member-accounts.html>

extension Inspector2.Member {
    fileprivate init(_ member: InspectorMember, of administrator: String) {
        self.init()
        accountId = member.id
        relationshipStatus = member.status.rawValue
        delegatedAdminAccountId = administrator
        updatedAt = Timestamp(secondsSinceEpoch: member.updated)
    }
}

extension Call {
    /// - Throws: ValidationException for an account that is not in the caller's organization.
    fileprivate func checkIsInOrganization(_ account: String) throws(ServiceError) {
        let own = directory.organization(ofAccount: accountID)
        guard account != accountID, let own, directory.organization(ofAccount: account)?.id == own.id else {
            throw .invalidField("accountId", "Account \(account) is not a member of the organization.")
        }
    }
}

extension Inspector2.AssociateMember: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "associate member account")
        try call.checkIsInOrganization(input.accountId)
        try records.associateInspectorMember(input.accountId, at: call.time)
        return Output { $0.accountId = input.accountId }
    }
}

extension MutableRecords {
    /// Has the administrator whose records these are look after an account.
    func associateInspectorMember(_ account: String, at time: Double) throws(ServiceError) {
        if try get(InspectorMember.self, account)?.status == .enabled { return }
        try put(InspectorMember(id: account, status: .enabled, updated: time))
        try of(account: account).ensureServiceLinkedRole(of: InspectorName.principal, at: time)
    }
}

extension Inspector2.DisassociateMember: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "disassociate member account")
        guard var member = try records.get(InspectorMember.self, input.accountId), member.status == .enabled else {
            throw .invalidField("accountId", "Account \(input.accountId) is not an associated member account.")
        }
        member.status = .removed
        member.updated = call.time
        try records.put(member)
        return Output { $0.accountId = input.accountId }
    }
}

extension Inspector2.GetMember: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "get member account")
        guard let member = try records.get(InspectorMember.self, input.accountId) else {
            throw .inspectorNotFound("Account \(input.accountId) is not a member account.")
        }
        return Output { $0.member = Inspector2.Member(member, of: call.accountID) }
    }
}

extension Inspector2.ListMembers: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "list member accounts")
        let all = input.onlyAssociated == false
        let page = try records.page(InspectorMember.self, try Paging(inspector: input, limit: 50)) {
            all || $0.status == .enabled
        }
        let administrator = call.accountID
        return Output(page) { Inspector2.Member($0, of: administrator) }
    }
}

// MARK: - New members

extension InspectorSettings {
    fileprivate var autoEnable: Inspector2.AutoEnable {
        Inspector2.AutoEnable {
            $0.ec2 = autoEnabled.contains(.ec2)
            $0.ecr = autoEnabled.contains(.ecr)
            $0.lambda = autoEnabled.contains(.lambda)
            $0.lambdaCode = autoEnabled.contains(.lambdaCode)
            $0.codeRepository = autoEnabled.contains(.codeRepository)
        }
    }
}

extension Inspector2.DescribeOrganizationConfiguration: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "describe the organization configuration")
        let settings = try records.inspectorSettings()
        return Output {
            $0.autoEnable = settings.autoEnable
            $0.maxAccountLimitReached = false
        }
    }
}

extension Inspector2.UpdateOrganizationConfiguration: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "update the organization configuration")
        let wanted = input.autoEnable
        if wanted.lambdaCode == true || wanted.codeRepository == true {
            throw .invalidField(
                "autoEnable", "Code can't be scanned automatically: Gatehouse does not scan code for vulnerabilities.")
        }
        var types: Set<InspectedType> = []
        if wanted.ec2 { types.insert(.ec2) }
        if wanted.ecr { types.insert(.ecr) }
        if wanted.lambda == true { types.insert(.lambda) }
        var settings = try records.inspectorSettings()
        if settings.autoEnabled.isEmpty { settings.autoEnabledSince = call.time }
        settings.autoEnabled = types
        try records.put(settings)
        return Output { $0.autoEnable = settings.autoEnable }
    }
}

/// Looks for accounts that have joined organizations whose administrators want new ones to be scanned.
struct EnableNewMembers: RecurringJob {
    static let kind = "Inspector2::EnableNewMembers"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        for settings in environment.inspector.autoEnabling {
            let (administrator, region) = (settings.accountID, settings.region)
            guard environment.isInspectorAdministrator(administrator, region: region),
                let organization = environment.directory.organization(ofAccount: administrator),
                let since = settings.autoEnabledSince
            else { continue }
            for account in environment.directory.accounts(managedBy: organization.managementAccountID)
            where account.isActive && account.id != administrator {
                guard let place = environment.directory.organizationAccount(account.id), place.joinedDate >= since
                else { continue }
                let (id, now) = (account.id, environment.now())
                try await environment.write(Scope(account: administrator, region: region), requestID: "") {
                    (records) throws(ServiceError) in
                    // Once: who was removed afterwards stays so.
                    guard try records.get(InspectorMember.self, id) == nil else { return }
                    try records.associateInspectorMember(id, at: now)
                    try records.of(account: id).enableScans(settings.autoEnabled, id, at: now)
                }
            }
        }
        try await context.finish { _ in }
    }
}
