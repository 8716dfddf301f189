import Catalogue
import Directory
import IAMAPI
import Learning
import Platform
import Wire

// Access advisor: which services, and which of their actions, users, groups, roles and policies can access, and when
// they last did. Attempts count, even denied ones.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html>
extension IAM.GenerateServiceLastAccessedDetails: ComputeOperation {
    public static var isReadOnly: Bool { false }

    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(onSubject: input.arn) }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let report = try await call.startAccessReport(
            on: input.arn, granularity: input.granularity ?? "SERVICE_LEVEL")
        return Output(jobId: report.id)
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html>
extension IAM.GetServiceLastAccessedDetails: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let report = try await call.accessReport(input.jobId)
        let page = page(report.services, by: \.namespace, try Paging(input))
        var output = Output()
        output.jobStatus = report.status
        output.jobType = report.granularity
        output.jobCreationDate = Timestamp(secondsSinceEpoch: report.createDate)
        output.servicesLastAccessed = page.items.map { IAM.ServiceLastAccessed($0, of: report) }
        if let date = report.completionDate { output.jobCompletionDate = Timestamp(secondsSinceEpoch: date) }
        output.isTruncated = page.isTruncated
        output.marker = page.marker
        output.error = report.error
        return output
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetailsWithEntities.html>
extension IAM.GetServiceLastAccessedDetailsWithEntities: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let report = try await call.accessReport(input.jobId)
        var details: [IAM.EntityDetails] = []
        if report.status == "COMPLETED" {
            guard let service = report.services.first(where: { $0.namespace == input.serviceNamespace.lowercased() })
            else {
                throw .noSuchEntity(
                    "Service \(input.serviceNamespace) is not one that \(report.arn) can access, as job \(report.id) "
                        + "found.")
            }
            details = IAM.EntityDetails.all(service, of: report)
        }
        let paging = try Paging(input)
        let page = page(details, paging)
        var output = Output()
        output.jobStatus = report.status
        output.jobCreationDate = Timestamp(secondsSinceEpoch: report.createDate)
        if let date = report.completionDate { output.jobCompletionDate = Timestamp(secondsSinceEpoch: date) }
        output.entityDetailsList = page.items
        output.isTruncated = page.isTruncated
        output.marker = page.marker
        output.error = report.error
        return output
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPoliciesGrantingServiceAccess.html>
extension IAM.ListPoliciesGrantingServiceAccess: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(onSubject: input.arn) }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        if let (type, _) = ARN(parsing: input.arn)?.typeAndRest, type == "policy" {
            throw .invalidInput("Invalid ARN: \(input.arn) is not the ARN of a user, group or role.")
        }
        for namespace in input.serviceNamespaces where !ServiceCatalogue.aws.hasService(namespace) {
            throw .invalidInput("Invalid service namespace: \(namespace)")
        }
        let policies = try AccessSubject(input.arn, records, call.directory).policies.map { policy in
            (policy: policy, grants: ServiceGrants([policy.document]))
        }
        let page = page(
            Set(input.serviceNamespaces.map { $0.lowercased() }).sorted(), by: \.self,
            try Paging(marker: input.marker, maxItems: nil))
        return Output(
            page.map { namespace in
                var entry = IAM.ListPoliciesGrantingServiceAccessEntry()
                entry.serviceNamespace = namespace
                entry.policies = policies.filter { $0.grants.grants(namespace) }.map {
                    IAM.PolicyGrantingServiceAccess($0.policy)
                }
                return entry
            })
    }
}

// MARK: - Views

extension AccessReport {
    fileprivate var error: IAM.ErrorDetails? {
        errorCode.map { code in
            var view = IAM.ErrorDetails()
            view.code = code
            view.message = errorMessage ?? ""
            return view
        }
    }

    /// The ARN of whoever made a use.
    fileprivate func arn(of use: Use) -> String? {
        entities.indices.contains(use.entity) ? entities[use.entity].arn : nil
    }
}

extension IAM.ServiceLastAccessed {
    fileprivate init(_ service: AccessReport.Service, of report: AccessReport) {
        self.init()
        serviceName = ServiceCatalogue.aws.names[service.namespace] ?? service.namespace
        serviceNamespace = service.namespace
        totalAuthenticatedEntities = service.uses.count
        if let last = service.uses.first {
            lastAuthenticated = Timestamp(usedAt: last.time)
            lastAuthenticatedEntity = report.arn(of: last)
            lastAuthenticatedRegion = last.region
        }
        trackedActionsLastAccessed = service.actions?.map { action in
            var view = IAM.TrackedActionLastAccessed()
            view.actionName = action.name
            if let use = action.use {
                view.lastAccessedEntity = report.arn(of: use)
                view.lastAccessedTime = Timestamp(usedAt: use.time)
                view.lastAccessedRegion = use.region
            }
            return view
        }
    }
}

extension IAM.EntityDetails {
    /// Those who have used the service, latest first; then those who have not.
    fileprivate static func all(_ service: AccessReport.Service, of report: AccessReport) -> [IAM.EntityDetails] {
        let used = Set(service.uses.map(\.entity))
        let rest = report.entities.indices.filter { !used.contains($0) }
        return service.uses.compactMap { use in
            report.entities.indices.contains(use.entity)
                ? IAM.EntityDetails(report.entities[use.entity], lastUsed: use.time) : nil
        } + rest.map { IAM.EntityDetails(report.entities[$0], lastUsed: nil) }
    }

    private init(_ entity: AccessSubject.Entity, lastUsed: Int64?) {
        self.init()
        var info = IAM.EntityInfo()
        info.arn = entity.arn
        info.name = entity.name
        info.type = entity.type
        info.id = entity.id
        info.path = entity.path
        entityInfo = info
        lastAuthenticated = lastUsed.map(Timestamp.init(usedAt:))
    }
}

extension IAM.PolicyGrantingServiceAccess {
    fileprivate init(_ policy: AccessSubject.Policy) {
        self.init()
        policyName = policy.name
        policyType = policy.arn == nil ? "INLINE" : "MANAGED"
        policyArn = policy.arn
        entityType = policy.holderType
        entityName = policy.holderName
    }
}
