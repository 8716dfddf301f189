/// What the CIS AWS Foundations Benchmark wants to be told of: a metric filter on the log group of a trail, and an alarm.
/// <https://www.cisecurity.org/benchmark/amazon_web_services>
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html>
struct CISFilter {
    /// Its place in the section on monitoring: 1 for 4.1.
    let place: Int
    /// Of the filter, the metric and the alarm.
    let name: String
    /// For people.
    let title: String
    /// In the language of CloudWatch Logs.
    let pattern: String

    /// All of them, in their order. Versions before 1.4 lack the last.
    static let all: [CISFilter] = lines.enumerated().map { index, line in
        let (name, title, condition) = line
        return CISFilter(place: index + 1, name: name, title: title, pattern: "{ \(condition) }")
    }

    private static let lines: [(name: String, title: String, condition: String)] = [
        (
            "UnauthorizedAPICalls", "unauthorized API calls",
            #"($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")"#
        ),
        (
            "ConsoleSigninWithoutMFA", "sign-ins to the console without MFA",
            #"($.eventName="ConsoleLogin") && ($.additionalEventData.MFAUsed!="Yes")"#
                + #" && ($.userIdentity.type="IAMUser") && ($.responseElements.ConsoleLogin="Success")"#
        ),
        (
            "RootAccountUsage", "usage of the root user",
            #"$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType!="AwsServiceEvent""#
        ),
        (
            "IAMPolicyChanges", "changes of IAM policies",
            events(
                """
                DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy \
                CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy \
                AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy
                """)
        ),
        (
            "CloudTrailChanges", "changes of CloudTrail's configuration",
            events("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging")
        ),
        (
            "ConsoleAuthenticationFailures", "failed sign-ins to the console",
            #"($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")"#
        ),
        (
            "DisableOrDeleteCMK", "KMS keys that are disabled or to be deleted",
            events("DisableKey ScheduleKeyDeletion", of: "kms")
        ),
        (
            "S3BucketPolicyChanges", "changes of buckets' policies",
            events(
                """
                PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy \
                DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication
                """, of: "s3")
        ),
        (
            "AWSConfigChanges", "changes of AWS Config's configuration",
            events(
                "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
                of: "config")
        ),
        (
            "SecurityGroupChanges", "changes of security groups",
            events(
                """
                AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress \
                RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup
                """)
        ),
        (
            "NetworkACLChanges", "changes of network ACLs",
            events(
                """
                CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry \
                ReplaceNetworkAclAssociation
                """)
        ),
        (
            "NetworkGatewayChanges", "changes of network gateways",
            events(
                """
                CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway \
                DeleteInternetGateway DetachInternetGateway
                """)
        ),
        (
            "RouteTableChanges", "changes of route tables",
            events(
                """
                CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute \
                DisassociateRouteTable
                """, of: "ec2")
        ),
        (
            "VPCChanges", "changes of VPCs",
            events(
                """
                CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection \
                DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc \
                DisableVpcClassicLink EnableVpcClassicLink
                """)
        ),
        (
            "OrganizationsChanges", "changes of the organization",
            events(
                """
                AcceptHandshake AttachPolicy CancelHandshake CreateAccount CreateOrganization \
                CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization DeleteOrganizationalUnit \
                DeletePolicy DetachPolicy DisablePolicyType EnableAllFeatures EnablePolicyType \
                InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization \
                UpdateOrganizationalUnit UpdatePolicy
                """, of: "organizations")
        ),
    ]

    private static func events(_ names: String, of service: String? = nil) -> String {
        let any = names.split(separator: " ").map { "($.eventName=\($0))" }.joined(separator: " || ")
        return service.map { "($.eventSource=\($0).amazonaws.com) && (\(any))" } ?? any
    }
}
