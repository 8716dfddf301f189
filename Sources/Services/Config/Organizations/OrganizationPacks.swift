import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

/// An operation on the organization's conformance pack that its request names.
protocol OnOrganizationPack: OnDeployed
where Deployed == OrganizationPack, InputFields: AWSConfig.WithOrganizationConformancePackName {}

extension OnOrganizationPack {
    static func deployedName(_ input: Input) -> String { input.organizationConformancePackName }
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
        try records.deploy(pack, at: call.time)
        return Output { $0.organizationConformancePackArn = pack.arn }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteOrganizationConformancePack.html>
extension AWSConfig.DeleteOrganizationConformancePack: WriteOperation, OnOrganizationPack {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.withdraw(try deployed(input, call, records), at: call.time)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConformancePacks.html>
extension AWSConfig.DescribeOrganizationConformancePacks: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.deployed(
            OrganizationPack.self, input.organizationConformancePackNames, input.nextToken, input.limit, call)
        return Output {
            $0.organizationConformancePacks = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConformancePackStatuses.html>
extension AWSConfig.DescribeOrganizationConformancePackStatuses: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.deployed(
            OrganizationPack.self, input.organizationConformancePackNames, input.nextToken, input.limit, call)
        var found: [AWSConfig.OrganizationConformancePackStatus] = []
        for pack in page.items {
            let status = try records.status(of: pack, at: call.time)
            found.append(
                AWSConfig.OrganizationConformancePackStatus {
                    $0.organizationConformancePackName = pack.name
                    $0.status = status
                    $0.lastUpdateTime = pack.lastUpdate
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
        let pack = try deployed(input, call, records)
        let page = try members(
            pack, input.filters?.accountId, input.filters?.status,
            try ConfigPage.paging(input.nextToken, input.limit, usual: 100), records)
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
