/// What the CIS AWS Foundations Benchmark wants to be told of: a metric filter on the log group of a trail, and an alarm.
/// <https://www.cisecurity.org/benchmark/amazon_web_services>
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html>
package struct CISFilter: Sendable {
    /// Its place in the section on monitoring: 1 for 4.1.
    package let place: Int
    /// Of the filter, the metric and the alarm.
    package let name: String
    /// For people.
    package let title: String
    /// In the language of CloudWatch Logs.
    package let pattern: String
    /// Events that a filter has to fit to be of this kind, each as JSON.
    package let samples: [String]

    /// All of them, in their order. Versions before 1.4 lack the last.
    package static let all: [CISFilter] = lines.enumerated().map { index, line in
        CISFilter(
            place: index + 1, name: line.name, title: line.title, pattern: "{ \(line.events.condition) }",
            samples: line.events.samples)
    }

    /// An event that none of the filters is about.
    package static let harmless =
        #"{"eventName":"DescribeInstances","eventSource":"ec2.amazonaws.com","userIdentity":{"type":"AssumedRole"}}"#

    /// What a filter is about.
    private struct Events {
        let condition: String
        let samples: [String]
    }

    private static let lines: [(name: String, title: String, events: Events)] = [
        (
            "UnauthorizedAPICalls", "unauthorized API calls",
            Events(
                condition: #"($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")"#,
                samples: [
                    #"{"eventName":"RunInstances","errorCode":"Client.UnauthorizedOperation"}"#,
                    #"{"eventName":"ListUsers","errorCode":"AccessDenied"}"#,
                ])
        ),
        (
            "ConsoleSigninWithoutMFA", "sign-ins to the console without MFA",
            Events(
                condition: #"($.eventName="ConsoleLogin") && ($.additionalEventData.MFAUsed!="Yes")"#
                    + #" && ($.userIdentity.type="IAMUser") && ($.responseElements.ConsoleLogin="Success")"#,
                samples: [
                    #"{"eventName":"ConsoleLogin","userIdentity":{"type":"IAMUser"},"additionalEventData":{"MFAUsed":"No"},"#
                        + #""responseElements":{"ConsoleLogin":"Success"}}"#
                ])
        ),
        (
            "RootAccountUsage", "usage of the root user",
            Events(
                condition:
                    #"$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType!="AwsServiceEvent""#,
                samples: [#"{"eventName":"ListBuckets","userIdentity":{"type":"Root"},"eventType":"AwsApiCall"}"#])
        ),
        (
            "IAMPolicyChanges", "changes of IAM policies",
            events(
                """
                DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy \
                CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy \
                AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy
                """, of: "iam")
        ),
        (
            "CloudTrailChanges", "changes of CloudTrail's configuration",
            events("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging", of: "cloudtrail")
        ),
        (
            "ConsoleAuthenticationFailures", "failed sign-ins to the console",
            Events(
                condition: #"($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")"#,
                samples: [#"{"eventName":"ConsoleLogin","errorMessage":"Failed authentication"}"#])
        ),
        (
            "DisableOrDeleteCMK", "KMS keys that are disabled or to be deleted",
            events("DisableKey ScheduleKeyDeletion", of: "kms", isNamed: true)
        ),
        (
            "S3BucketPolicyChanges", "changes of buckets' policies",
            events(
                """
                PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy \
                DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication
                """, of: "s3", isNamed: true)
        ),
        (
            "AWSConfigChanges", "changes of AWS Config's configuration",
            events(
                "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
                of: "config", isNamed: true)
        ),
        (
            "SecurityGroupChanges", "changes of security groups",
            events(
                """
                AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress \
                RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup
                """, of: "ec2")
        ),
        (
            "NetworkACLChanges", "changes of network ACLs",
            events(
                """
                CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry \
                ReplaceNetworkAclAssociation
                """, of: "ec2")
        ),
        (
            "NetworkGatewayChanges", "changes of network gateways",
            events(
                """
                CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway \
                DeleteInternetGateway DetachInternetGateway
                """, of: "ec2")
        ),
        (
            "RouteTableChanges", "changes of route tables",
            events(
                """
                CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute \
                DisassociateRouteTable
                """, of: "ec2", isNamed: true)
        ),
        (
            "VPCChanges", "changes of VPCs",
            events(
                """
                CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection \
                DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc \
                DisableVpcClassicLink EnableVpcClassicLink
                """, of: "ec2")
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
                """, of: "organizations", isNamed: true)
        ),
    ]

    /// - Parameters:
    ///   - service: whose events they are.
    ///   - isNamed: whether the condition says so.
    private static func events(_ names: String, of service: String, isNamed: Bool = false) -> Events {
        let names = names.split(separator: " ")
        let any = names.map { "($.eventName=\($0))" }.joined(separator: " || ")
        return Events(
            condition: isNamed ? "($.eventSource=\(service).amazonaws.com) && (\(any))" : any,
            samples: names.map { #"{"eventName":"\#($0)","eventSource":"\#(service).amazonaws.com"}"# })
    }
}
