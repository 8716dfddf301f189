import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// A rule or a conformance pack that an organization has in all of its accounts.
protocol DeployedToOrganization: Record, TaggedResource {
    static var arnType: String { get }
    static var deploymentKind: OrganizationDeployment.Kind { get }
    /// The error for one that is not there.
    static func missing(_ name: String) -> ServiceError

    var name: String { get }
    var accountID: String { get }
    var region: String { get }
    /// Accounts that don't have it.
    var excluded: [String] { get }
    /// Seconds since 1970.
    var updated: Double { get }
    var isDeleting: Bool { get set }
    /// What it is called in the accounts.
    var memberName: String { get }
}

extension DeployedToOrganization {
    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { Self.arn(name, accountID, region) }
    /// The last part of the ARN.
    var ownID: String { Self.ownID(name, accountID, region) }
    var deployment: OrganizationDeployment { OrganizationDeployment(kind: Self.deploymentKind, name: name) }
    var lastUpdate: Timestamp { Timestamp(secondsSinceEpoch: updated) }

    static func ownID(_ name: String, _ account: String, _ region: String) -> String {
        "\(name)-\(ConfigName.id(arnType, name, account, region))"
    }

    static func arn(_ name: String, _ account: String, _ region: String) -> String {
        ConfigName.arn(account, region, "\(arnType)/\(ownID(name, account, region))")
    }
}

// MARK: Operations

/// An operation on what of an organization's its request names.
protocol OnDeployed: Platform.Operation {
    associatedtype Deployed: DeployedToOrganization
    static func deployedName(_ input: Input) -> String
}

extension OnDeployed {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(Deployed.arn(deployedName(input), call.accountID, call.region)))
    }

    /// What the request names.
    /// - Throws: OrganizationAccessDeniedException, the error for one that is not there.
    static func deployed(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> Deployed {
        _ = try call.organizationOfRules()
        return try records.deployed(deployedName(input))
    }

    /// A page of how what the request names is in the accounts.
    static func members(
        _ deployed: Deployed, _ account: String?, _ status: String?, _ paging: Paging, _ records: Records
    ) throws(ServiceError) -> Page<MemberDeployment> {
        let after = paging.after.map { RowRange.Place.key(RowKey(.text($0))) }
        let rows = try records.list(
            MemberDeployment.self, of: deployed.deployment.id, RowRange(after: after), limit: paging.limit + 1)
        let shown = rows.prefix(paging.limit)
        return Page(
            items: shown.filter { (account == nil || $0.account == account) && (status == nil || $0.status == status) },
            marker: rows.count > paging.limit ? shown.last.map { Paging.marker(after: $0.account) } : nil)
    }
}

extension MutableRecords {
    /// Keeps what an organization is to have, and has it brought to the accounts.
    func deploy(_ deployed: some DeployedToOrganization, at time: Double) throws(ServiceError) {
        try put(deployed)
        try ensureServiceLinkedRole(of: OrganizationRule.creator, at: time)
        try scheduleDeployment(of: deployed, at: time)
    }

    /// Has what an organization has taken away from the accounts, and then deleted.
    func withdraw(_ deployed: some DeployedToOrganization, at time: Double) throws(ServiceError) {
        var deployed = deployed
        deployed.isDeleting = true
        try put(deployed)
        try scheduleDeployment(of: deployed, at: time)
    }

    private func scheduleDeployment(
        of deployed: some DeployedToOrganization, at time: Double
    ) throws(ServiceError) {
        let deployment = deployed.deployment
        try schedule(DeployToOrganization(deployment: deployment), id: deployment.id, at: time)
    }
}

extension RecordReading {
    fileprivate func deployed<D: DeployedToOrganization>(_ name: String) throws(ServiceError) -> D {
        guard let found = try get(D.self, name) else { throw D.missing(name) }
        return found
    }

    /// A page of what an organization has: those of the names that a request has, or all.
    /// - Throws: OrganizationAccessDeniedException, the error for one that is not there.
    func deployed<D: DeployedToOrganization>(
        _ type: D.Type, _ names: [String]?, _ token: String?, _ limit: Int?, _ call: Call
    ) throws(ServiceError) -> Page<D> {
        _ = try call.organizationOfRules()
        let paging = try ConfigPage.paging(token, limit, usual: 100)
        guard let names, !names.isEmpty else { return try page(type, paging) }
        var found: [D] = []
        for name in names { found.append(try deployed(name)) }
        return Page(items: found)
    }

    /// How what an organization has is in its accounts, together.
    func status(of deployed: some DeployedToOrganization, at time: Double) throws(ServiceError) -> String {
        if deployed.isDeleting { return "DELETE_IN_PROGRESS" }
        let id = deployed.deployment.id
        if let due = try scheduledTime(of: DeployToOrganization.self, id: id), due <= time {
            return "CREATE_IN_PROGRESS"
        }
        let failed = try sum(MemberDeployment.failed, MemberDeployment.self, of: id)
        return failed > 0 ? "CREATE_FAILED" : "CREATE_SUCCESSFUL"
    }
}
