/// Which requests resource control policies govern.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services>
public enum ResourceControl {
    /// The prefixes of the services, as AWS lists them.
    private static let services = Set(
        """
        aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch \
        cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend \
        comprehendmedical compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis \
        fms gamelift health inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications \
        opensearch pca-connector-ad personalize polly pricing resource-groups rolesanywhere s3 secretsmanager \
        servicediscovery signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2 \
        workspaces xray
        """.split(separator: " ").map(String.init))

    /// Whether resource control policies apply to an action, such as `sts:AssumeRole`: whether its service supports
    /// them.
    ///
    /// The policy engine asks nothing of the kind; the gate leaves the policies out where they don't apply.
    public static func governs(action: String) -> Bool {
        guard let colon = action.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return services.contains(String(action[..<colon]))
    }
}
