import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// What an organization has in all of its accounts.
struct OrganizationDeployment: Sendable, Codable, Equatable {
    enum Kind: String, Sendable, Codable { case rule, pack }

    let kind: Kind
    let name: String

    var id: String { "\(kind.rawValue)/\(name)" }
}

/// How it is in one of the accounts.
struct MemberDeployment: TableRow {
    static let kind = "Config::MemberDeployment"

    /// ``OrganizationDeployment/id``
    let deployment: String
    let account: String
    /// `CREATE_SUCCESSFUL` and so on.
    var status: String
    var errorCode: String?
    var errorMessage: String?
    var updated: Double

    var partition: String { deployment }
    var key: RowKey { RowKey(.text(account)) }
    var amounts: [String: Int64] { [status.hasSuffix("_FAILED") ? Self.failed : Self.done: 1] }

    static let failed = "failed"
    static let done = "done"
}

extension Call {
    /// The organization for whose accounts the caller may speak: it manages it, or is a delegated administrator of
    /// `config-multiaccountsetup.amazonaws.com`.
    /// - Throws: OrganizationAccessDeniedException.
    func organizationOfRules() throws(ServiceError) -> Organization {
        guard let organization = directory.organization(ofAccount: accountID) else {
            throw AWSConfig.Failure.organizationAccessDeniedException(
                "This action can only be performed if your account is in an organization.")
        }
        guard directory.mayDeployRules(accountID, to: organization) else {
            throw AWSConfig.Failure.organizationAccessDeniedException(
                "This action can only be performed by the organization's management account or a delegated administrator."
            )
        }
        return organization
    }
}

extension IdentityDirectory {
    /// Whether an account speaks for the accounts of its organization.
    fileprivate func mayDeployRules(_ account: String, to organization: Organization) -> Bool {
        organization.managementAccountID == account
            || organizationAccount(account)?.delegatedServices[OrganizationRule.creator] != nil
    }

    /// The accounts that have what an account deploys: none once it no longer speaks for an organization.
    fileprivate func accountsWithRules(of account: String) -> Set<String> {
        guard let organization = organization(ofAccount: account), mayDeployRules(account, to: organization) else {
            return []
        }
        return Set(accounts(managedBy: organization.managementAccountID).map(\.id))
            .union([organization.managementAccountID])
    }
}

/// Brings what an organization has to its accounts, or takes it away from them and from those that have left.
struct DeployToOrganization: Job {
    static let kind = "Config::DeployToOrganization"

    let deployment: OrganizationDeployment

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let (scope, deployment) = (context.scope, deployment)
        let (rule, pack) = try await environment.read(scope) { (records) throws(ServiceError) in
            (
                deployment.kind == .rule ? try records.get(OrganizationRule.self, deployment.name) : nil,
                deployment.kind == .pack ? try records.get(OrganizationPack.self, deployment.name) : nil
            )
        }
        let deployed: (any DeployedToOrganization)? = rule ?? pack
        let isDeleting = deployed?.isDeleting ?? true
        // Who may deploy and who belongs to the organization can have changed since the request, and since the last run.
        let members = environment.directory.accountsWithRules(of: scope.account)
        let updated = deployed?.updated ?? 0
        let known = try await environment.read(scope) { (records) throws(ServiceError) in
            let rows = try records.list(MemberDeployment.self, of: deployment.id, limit: 10_000)
            return Dictionary(rows.map { ($0.account, $0) }) { first, _ in first }
        }
        let end = try await environment.journalEnd()
        for account in members.union(known.keys).sorted() {
            let time = environment.now()
            let home = RuleHome(
                account: account, region: scope.region, time: time, environment: environment, journalEnd: end)
            let isWanted = !isDeleting && members.contains(account) && !(deployed?.excluded.contains(account) ?? false)
            if isWanted, let done = known[account], done.status.hasSuffix("_SUCCESSFUL"), done.updated >= updated {
                continue
            }
            var failure: ServiceError?
            do throws(ServiceError) {
                let made = pack.map { Self.made($0, home) }
                let template: PackTemplate? =
                    if isWanted, let pack, let made { try PackTemplate(pack.template, for: made) } else { nil }
                try await environment.write(Scope(account: account, region: scope.region), requestID: "") {
                    (records) throws(ServiceError) in
                    if let rule { try Self.bring(rule, isWanted, home, records) }
                    if let made { try Self.bring(made, template, home, records) }
                }
            } catch {
                guard error.status < 500 else { throw error }
                failure = error
            }
            let error = failure
            try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                let key = RowKey(.text(account))
                guard isWanted else {
                    try records.delete(MemberDeployment.self, key, of: deployment.id)
                    return
                }
                let isNew = try records.get(MemberDeployment.self, key, of: deployment.id) == nil
                try records.put(
                    MemberDeployment(
                        deployment: deployment.id, account: account,
                        status: (isNew ? "CREATE" : "UPDATE") + (error == nil ? "_SUCCESSFUL" : "_FAILED"),
                        errorCode: error?.code, errorMessage: error?.message, updated: time))
            }
        }
        try await context.finish { (records) throws(ServiceError) in
            guard isDeleting else {
                // Accounts that join later get it, too, and those that could not have it may be able to.
                return try records.schedule(
                    DeployToOrganization(deployment: deployment), id: deployment.id, at: environment.now() + 3600)
            }
            if let rule { try records.delete(rule) }
            if let pack { try records.delete(pack) }
        }
    }

    private static func bring(
        _ rule: OrganizationRule, _ isWanted: Bool, _ home: RuleHome, _ records: MutableRecords
    ) throws(ServiceError) {
        let old = try records.get(StoredRule.self, rule.memberName)
        let isTheAccounts = old.map { $0.createdBy != OrganizationRule.creator } ?? false
        guard isWanted else {
            if let old, !isTheAccounts, !old.state.hasPrefix("DELETING") { try records.remove(old, at: home.time) }
            return
        }
        guard !isTheAccounts else {
            throw AWSConfig.Failure.resourceInUseException("The account has a rule \(rule.memberName) of its own.")
        }
        guard try !records.list(Recorder.self, limit: 1).isEmpty else {
            throw AWSConfig.Failure.noAvailableConfigurationRecorderException(
                "Configuration recorder is not available to put ConfigRule.")
        }
        var made = try StoredRule(rule.asked, named: rule.memberName, home)
        made.createdBy = OrganizationRule.creator
        made.functionAccount = rule.accountID
        try records.place(made, home, old)
    }

    private static func made(_ pack: OrganizationPack, _ home: RuleHome) -> StoredPack {
        var made = StoredPack(
            name: pack.memberName, accountID: home.account, region: home.region, bucket: pack.bucket,
            keyPrefix: pack.keyPrefix, parameters: pack.parameters, updated: home.time)
        made.createdBy = OrganizationRule.creator
        return made
    }

    /// - Parameter template: nil takes the pack away.
    private static func bring(
        _ made: StoredPack, _ template: PackTemplate?, _ home: RuleHome, _ records: MutableRecords
    ) throws(ServiceError) {
        let old = try records.get(StoredPack.self, made.name)
        let isTheAccounts = old.map { $0.createdBy != OrganizationRule.creator } ?? false
        guard let template else {
            if let old, !isTheAccounts { try records.remove(old, home) }
            return
        }
        guard !isTheAccounts else {
            throw AWSConfig.Failure.resourceInUseException(
                "The account has a conformance pack \(made.name) of its own.")
        }
        try records.place(made, template, home)
    }
}
