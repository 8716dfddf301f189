import Catalogue
import Directory
import IAMAPI
import Ledger
import Platform
import Policy
import Wire

// The organization's access report: which services a part of an organization may use by its service control policies,
// and when its accounts last did.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html>

/// A report asked for or done, kept by the management account. Its id is a UUID of version 7.
struct OrganizationsAccessReport: Record {
    static let kind = "Gatehouse::IAM::OrganizationsAccessReport"
    static let keepsHistory = false

    /// A service that may be used.
    struct Service: Sendable, Codable {
        let namespace: String
        /// How many accounts have tried to use it.
        var accounts = 0
        /// The last use: milliseconds since 1970, region, path of the account.
        var time: Int64?
        var region: String?
        var path: String?
    }

    let id: String
    /// `o-…/r-…/ou-…/account`, from the organization down to what the report is about.
    let entityPath: String
    /// The one service control policy that the report is about; nil: all that bind the entity.
    let policyID: String?
    /// Seconds since 1970.
    let createDate: Double
    var completionDate: Double?
    var errorCode: String?
    var errorMessage: String?
    /// By namespace.
    var services: [Service] = []

    init(id: String, entityPath: String, policyID: String?, createDate: Double) {
        self.id = id
        self.entityPath = entityPath
        self.policyID = policyID
        self.createDate = createDate
    }

    var status: String { completionDate == nil ? "IN_PROGRESS" : errorCode == nil ? "COMPLETED" : "FAILED" }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateOrganizationsAccessReport.html>
extension IAM.GenerateOrganizationsAccessReport: ComputeOperation {
    public static var isReadOnly: Bool { false }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(
            on: "arn:aws:iam::\(call.accountID):access-report/\(input.entityPath)",
            input.organizationsPolicyId.map { ["iam:organizationspolicyid": .one($0)] } ?? [:])
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let report = OrganizationsAccessReport(
            id: AccessReport.newID(call), entityPath: input.entityPath, policyID: input.organizationsPolicyId,
            createDate: call.time)
        try await call.keep { (records) throws(ServiceError) in
            try records.dropOldAccessReports(OrganizationsAccessReport.self, call.time)
            try records.put(report)
            try records.schedule(MakeOrganizationsAccessReport(), id: report.id, at: call.time)
        }
        return Output(jobId: report.id)
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOrganizationsAccessReport.html>
extension IAM.GetOrganizationsAccessReport: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let id = input.jobId
        let report = try await call.read { (records) throws(ServiceError) in
            try records.get(OrganizationsAccessReport.self, id)
        }
        guard let report, call.time - report.createDate < AccessReport.lifetime else {
            throw .noSuchEntity("Job with id \(id) cannot be found.")
        }
        let services = sorted(report.services, by: input.sortKey ?? "SERVICE_NAMESPACE_ASCENDING")
        let paging = try Paging(input)
        let page = page(services, paging)
        var output = Output()
        output.jobStatus = report.status
        output.jobCreationDate = Timestamp(secondsSinceEpoch: report.createDate)
        output.jobCompletionDate = report.completionDate.map(Timestamp.init(secondsSinceEpoch:))
        if report.status == "COMPLETED" {
            output.numberOfServicesAccessible = services.count
            output.numberOfServicesNotAccessed = services.count { $0.time == nil }
            output.accessDetails = page.items.map(IAM.AccessDetail.init)
        }
        output.isTruncated = page.isTruncated
        output.marker = page.marker
        output.errorDetails = report.errorCode.map { code in
            var view = IAM.ErrorDetails()
            view.code = code
            view.message = report.errorMessage ?? ""
            return view
        }
        return output
    }

    /// Services that were not used are the oldest.
    private static func sorted(
        _ services: [OrganizationsAccessReport.Service], by key: String
    ) -> [OrganizationsAccessReport.Service] {
        switch key {
        case "SERVICE_NAMESPACE_DESCENDING": services.sorted { $0.namespace > $1.namespace }
        case "LAST_AUTHENTICATED_TIME_ASCENDING":
            services.sorted { ($0.time ?? .min, $0.namespace) < ($1.time ?? .min, $1.namespace) }
        case "LAST_AUTHENTICATED_TIME_DESCENDING":
            services.sorted { ($1.time ?? .min, $0.namespace) < ($0.time ?? .min, $1.namespace) }
        default: services.sorted { $0.namespace < $1.namespace }
        }
    }
}

extension IAM.AccessDetail {
    fileprivate init(_ service: OrganizationsAccessReport.Service) {
        self.init()
        serviceName = ServiceCatalogue.aws.names[service.namespace] ?? service.namespace
        serviceNamespace = service.namespace
        region = service.region
        entityPath = service.path
        lastAuthenticatedTime = service.time.map(Timestamp.init(usedAt:))
        totalAuthenticatedEntities = service.accounts
    }
}

/// Makes the report of its id.
struct MakeOrganizationsAccessReport: Job {
    static let kind = "IAM::MakeOrganizationsAccessReport"

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let (id, account) = (context.id, context.scope.account)
        let started = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(OrganizationsAccessReport.self, id)
        }
        guard var report = started else { return }
        do throws(ServiceError) {
            let entity = try OrganizationEntity(
                report.entityPath, policyID: report.policyID, of: account, environment.directory)
            let accounts = try await environment.all(OrganizationAccount.self, in: context.scope)
            report.services = entity.services(
                accounts.filter { entity.holds($0, environment.directory) }, environment,
                oldest: report.createDate * 1000 - Double(PrincipalUsage.trackingPeriod))
        } catch {
            report.errorCode = error.code
            report.errorMessage = error.message
        }
        report.completionDate = max(environment.now(), report.createDate)
        let done = report
        try await context.finish { (records) throws(ServiceError) in try records.put(done) }
    }
}
