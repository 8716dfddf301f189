import BundledData

enum ManagedPolicies {
    /// The names and documents of AWS's own policies.
    static var all: [(name: String, document: String)] {
        let data = UnsafeRawBufferPointer(
            start: gatehouse_managed_policies(), count: gatehouse_managed_policies_length())
        return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let columns = line.split(separator: UInt8(ascii: "\t"), maxSplits: 7)
            guard columns.count == 8 else { return nil }
            return (String(decoding: columns[0], as: UTF8.self), String(decoding: columns[7], as: UTF8.self))
        }
    }

    /// Policies that name what is gone, what is newer than the catalogue, or what was never right.
    static let knownErrors = Set(
        """
        INVALID_ACTION AWSCodeStarFullAccess AWSDeadlineCloud-UserAccessFarms
        INVALID_ACTION AWSIAMIdentityCenterAllowListForIdentityContext AWSMarketplaceSellerFullAccess
        INVALID_ACTION AWSObservabilityAdminTelemetryEnablementServiceRolePolicy
        INVALID_ACTION AmazonRoute53RecoveryControlConfigReadOnlyAccess MemoryDBServiceRolePolicy
        INVALID_ACTION RDSCloudHsmAuthorizationRole SageMakerStudioProjectUserRolePolicy SecurityAgentWebAppAPIPolicy
        INVALID_ARN_RESOURCE AWSBackupGuardDutyRolePolicyForScans AWSBackupSearchOperatorAccess
        INVALID_ARN_RESOURCE AWSBackupServiceLinkedRolePolicyForBackup AWSBackupServiceRolePolicyForBackup
        INVALID_ARN_RESOURCE AWSBackupServiceRolePolicyForS3Backup AWSCodeStarServiceRole AWSConfigServiceRolePolicy
        INVALID_ARN_RESOURCE AWSDeepRacerCloudFormationAccessPolicy AWSElasticBeanstalkRoleCore
        INVALID_ARN_RESOURCE AWSGlueConsoleFullAccess AWSGlueConsoleSageMakerNotebookFullAccess
        INVALID_ARN_RESOURCE AWSIoTFleetHubFederationAccess
        INVALID_ARN_RESOURCE AWSManagedServices_DetectiveControlsConfig_ServiceRolePolicy
        INVALID_ARN_RESOURCE AWSMigrationHubRefactorSpaces-EnvironmentsWithoutBridgesFullAccess
        INVALID_ARN_RESOURCE AWSMigrationHubRefactorSpacesFullAccess AWSMigrationHubRefactorSpacesServiceRolePolicy
        INVALID_ARN_RESOURCE AWSWAFConsoleFullAccess AWSWAFConsoleReadOnlyAccess AWSWAFFullAccess AWSWAFReadOnlyAccess
        INVALID_ARN_RESOURCE AdministratorAccess-AWSElasticBeanstalk AmazonBedrockFullAccess
        INVALID_ARN_RESOURCE AmazonBedrockLimitedAccess AmazonConnectServiceLinkedRolePolicy
        INVALID_ARN_RESOURCE AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary
        INVALID_ARN_RESOURCE AmazonDevOpsGuruOrganizationsAccess AmazonRedshiftQueryEditorV2FullAccess
        INVALID_ARN_RESOURCE AmazonRedshiftQueryEditorV2NoSharing AmazonRedshiftQueryEditorV2ReadSharing
        INVALID_ARN_RESOURCE AmazonRedshiftQueryEditorV2ReadWriteSharing AmazonSageMakerCanvasDirectDeployAccess
        INVALID_ARN_RESOURCE AmazonSageMakerFullAccess AmazonSageMakerHyperPodInferenceAccess
        INVALID_ARN_RESOURCE AmazonSageMakerHyperPodObservabilityAdminAccess AmazonSageMakerQuickSightVPCPolicy
        INVALID_ARN_RESOURCE AmazonSecurityLakeMetastoreManager AppIntegrationsServiceLinkedRolePolicy
        INVALID_ARN_RESOURCE AwsGlueSessionUserRestrictedNotebookServiceRole AwsGlueSessionUserRestrictedServiceRole
        INVALID_ARN_RESOURCE CloudFrontFullAccess DBModProvisioningAndMigration
        INVALID_ARN_RESOURCE DynamoDBGlobalTableSettingsManagementServiceRolePolicy
        INVALID_ARN_RESOURCE SageMakerStudioAdminIAMDefaultExecutionPolicy
        INVALID_ARN_RESOURCE SageMakerStudioAdminIAMPermissiveExecutionPolicy
        INVALID_ARN_RESOURCE SageMakerStudioProjectProvisioningRolePolicy SecurityAgentWebAppAPIPolicy
        INVALID_SERVICE AWSDeepRacerAccountAdminAccess AWSDeepRacerDefaultMultiUserAccess AmazonS3FilesCSIDriverPolicy
        INVALID_SERVICE AnthropicInferenceAccess AnthropicLimitedAccess AnthropicReadOnlyAccess
        INVALID_SERVICE_CONDITION_KEY AmazonDataZoneGlueManageAccessRolePolicy
        INVALID_SERVICE_IN_ACTION AWSDeepLensLambdaFunctionAccessPolicy AWSDeepLensServiceRolePolicy
        INVALID_SERVICE_IN_ACTION AWSDeepRacerAccountAdminAccess AWSDeepRacerDefaultMultiUserAccess
        INVALID_SERVICE_IN_ACTION AWSDeepRacerServiceRolePolicy
        INVALID_SERVICE_IN_ACTION AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary
        INVALID_SERVICE_IN_ACTION AmazonS3FilesCSIDriverPolicy AmazonS3FilesClientFullAccess
        INVALID_SERVICE_IN_ACTION AmazonS3FilesClientReadOnlyAccess AmazonS3FilesClientReadWriteAccess
        INVALID_SERVICE_IN_ACTION AmazonS3FilesFullAccess AmazonS3FilesReadOnlyAccess AmazonSageMakerFullAccess
        INVALID_SERVICE_IN_ACTION AmazonZocaloFullAccess AmazonZocaloReadOnlyAccess AnthropicFullAccess
        INVALID_SERVICE_IN_ACTION AnthropicInferenceAccess AnthropicLimitedAccess AnthropicReadOnlyAccess
        INVALID_SERVICE_IN_ACTION ReadOnlyAccess ResourceGroupsTaggingAPITagUntagSupportedResources SecurityAudit
        MISSING_ARN_ACCOUNT AWSRefactoringToolkitFullAccess
        MISSING_QUALIFIER AWSAuditManagerAdministratorAccess AWSAuditManagerServiceRolePolicy CloudTrailEventContext
        MISSING_QUALIFIER SageMakerStudioProjectProvisioningRolePolicy
        """
        .split(separator: "\n").flatMap { line -> [String] in
            let words = line.split(separator: " ")
            return words.dropFirst().map { "\(words[0]) \($0)" }
        })
}
