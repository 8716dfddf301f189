import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

/// A conformance pack that an organization has in all of its accounts.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_OrganizationConformancePack.html>
struct OrganizationPack: DeployedToOrganization {
    static let kind = "AWS::Config::OrganizationConformancePack"
    static let arnType = "organization-conformance-pack"
    static let deploymentKind = OrganizationDeployment.Kind.pack

    let name: String
    let accountID: String
    let region: String
    var template: String
    var bucket: String?
    var keyPrefix: String?
    var parameters: [String: String]
    var excluded: [String]
    var updated: Double
    var isDeleting = false
    var tags: [Tag] = []

    var memberName: String { "OrgConformsPack-\(ownID)" }

    static func missing(_ name: String) -> ServiceError {
        AWSConfig.Failure.noSuchOrganizationConformancePackException(
            "The organization conformance pack \(name) does not exist.")
    }

    var view: AWSConfig.OrganizationConformancePack {
        AWSConfig.OrganizationConformancePack {
            $0.organizationConformancePackName = name
            $0.organizationConformancePackArn = arn
            $0.deliveryS3Bucket = bucket
            $0.deliveryS3KeyPrefix = keyPrefix
            $0.conformancePackInputParameters = parameters.sorted { $0.key < $1.key }.map { parameter in
                AWSConfig.ConformancePackInputParameter {
                    $0.parameterName = parameter.key
                    $0.parameterValue = parameter.value
                }
            }
            $0.excludedAccounts = excluded
            $0.lastUpdateTime = lastUpdate
        }
    }
}
