import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

/// An operation on the organization's conformance pack that its request names.
protocol OnOrganizationPack: Platform.Operation where InputFields: AWSConfig.WithOrganizationConformancePackName {}

extension OnOrganizationPack {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.configAccess(OrganizationPack.arn(input.organizationConformancePackName, call.accountID, call.region)))
    }
}

extension RecordReading {
    /// - Throws: NoSuchOrganizationConformancePackException.
    func organizationPack(_ name: String) throws(ServiceError) -> OrganizationPack {
        guard let pack = try get(OrganizationPack.self, name) else {
            throw AWSConfig.Failure.noSuchOrganizationConformancePackException(
                "The organization conformance pack \(name) does not exist.")
        }
        return pack
    }

    /// A page of an organization's packs: those of the names that a request has, or all.
    fileprivate func organizationPacks(
        _ names: [String]?, _ paging: Paging
    ) throws(ServiceError) -> Page<OrganizationPack> {
        guard let names, !names.isEmpty else { return try page(OrganizationPack.self, paging) }
        var found: [OrganizationPack] = []
        for name in names { found.append(try organizationPack(name)) }
        return Page(items: found)
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutOrganizationConformancePack.html>
extension AWSConfig.PutOrganizationConformancePack: PreparedWriteOperation, OnOrganizationPack {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        _ = try call.organizationOfRules()
        let text = try await PackSource.template(input.templateBody, input.templateS3Uri, call)
        let pack = pack(input, text, call)
        let template: PackTemplate
        do throws(PackTemplate.Problem) {
            template = try PackTemplate(
                text, given: pack.parameters, pseudo: StoredPack.pseudo(pack.memberName, call.accountID, call.region))
        } catch {
            throw AWSConfig.Failure.organizationConformancePackTemplateValidationException(
                "Unable to validate the conformance pack template: \(error.reason)")
        }
        try call.checkMayPassRoles(of: template)
        return text
    }

    private static func pack(_ input: Input, _ template: String, _ call: Call) -> OrganizationPack {
        var parameters: [String: String] = [:]
        for parameter in input.conformancePackInputParameters ?? [] {
            parameters[parameter.parameterName] = parameter.parameterValue
        }
        return OrganizationPack(
            name: input.organizationConformancePackName, accountID: call.accountID, region: call.region,
            template: template, bucket: input.deliveryS3Bucket, keyPrefix: input.deliveryS3KeyPrefix,
            parameters: parameters, excluded: input.excludedAccounts ?? [], updated: call.time)
    }

    public static func handle(
        _ input: Input, _ template: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pack = pack(input, template, call)
        try records.put(pack)
        try records.ensureServiceLinkedRole(of: OrganizationRule.creator, at: call.time)
        try records.schedule(DeployToOrganization(deployment: pack.deployment), id: pack.deployment.id, at: call.time)
        return Output { $0.organizationConformancePackArn = pack.arn }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteOrganizationConformancePack.html>
extension AWSConfig.DeleteOrganizationConformancePack: WriteOperation, OnOrganizationPack {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        var pack = try records.organizationPack(input.organizationConformancePackName)
        pack.isDeleting = true
        try records.put(pack)
        try records.schedule(DeployToOrganization(deployment: pack.deployment), id: pack.deployment.id, at: call.time)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConformancePacks.html>
extension AWSConfig.DescribeOrganizationConformancePacks: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        let page = try records.organizationPacks(
            input.organizationConformancePackNames, try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        return Output {
            $0.organizationConformancePacks = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConformancePackStatuses.html>
extension AWSConfig.DescribeOrganizationConformancePackStatuses: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        let page = try records.organizationPacks(
            input.organizationConformancePackNames, try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        var found: [AWSConfig.OrganizationConformancePackStatus] = []
        for pack in page.items {
            let isUnderWay = try records.isUnderWay(pack.deployment, at: call.time)
            let status = try records.status(of: pack.deployment, isDeleting: pack.isDeleting, isUnderWay: isUnderWay)
            found.append(
                AWSConfig.OrganizationConformancePackStatus {
                    $0.organizationConformancePackName = pack.name
                    $0.status = status
                    $0.lastUpdateTime = Timestamp(secondsSinceEpoch: pack.updated)
                })
        }
        return Output {
            $0.organizationConformancePackStatuses = found
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetOrganizationConformancePackDetailedStatus.html>
extension AWSConfig.GetOrganizationConformancePackDetailedStatus: ReadOperation, OnOrganizationPack {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        let pack = try records.organizationPack(input.organizationConformancePackName)
        let page = try records.members(
            of: pack.deployment, input.filters?.accountId, input.filters?.status,
            try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        return Output {
            $0.organizationConformancePackDetailedStatuses = page.items.map { member in
                AWSConfig.OrganizationConformancePackDetailedStatus {
                    $0.accountId = member.account
                    $0.conformancePackName = pack.memberName
                    $0.status = member.status
                    $0.errorCode = member.errorCode
                    $0.errorMessage = member.errorMessage
                    $0.lastUpdateTime = Timestamp(secondsSinceEpoch: member.updated)
                }
            }
            $0.nextToken = page.marker
        }
    }
}
