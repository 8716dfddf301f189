import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
struct CloudFormationTests {
    @Test(
        "Stacks by name and ARN, templates, types and roles",
        arguments: [
            (
                "CreateStack",
                #"{"StackName": "s", "TemplateURL": "https://t", "ResourceTypes": ["AWS::SQS::Queue"], "RoleARN": "arn:aws:iam::111122223333:role/r"}"#,
                [
                    "cloudformation:CreateStack arn:aws:cloudformation:eu-central-1:111122223333:stack/s/* cloudformation:resourcetypes=[AWS::SQS::Queue] cloudformation:rolearn=arn:aws:iam::111122223333:role/r cloudformation:templateurl=https://t",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=cloudformation.amazonaws.com",
                ]
            ),
            (
                "UpdateStack", #"{"StackName": "arn:aws:cloudformation:eu-central-1:111122223333:stack/s/1"}"#,
                ["cloudformation:UpdateStack arn:aws:cloudformation:eu-central-1:111122223333:stack/s/1"]
            ),
            (
                "DeleteStack", #"{"StackName": "s", "RoleARN": "arn:aws:iam::111122223333:role/r"}"#,
                [
                    "cloudformation:DeleteStack arn:aws:cloudformation:eu-central-1:111122223333:stack/s/* cloudformation:rolearn=arn:aws:iam::111122223333:role/r",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=cloudformation.amazonaws.com",
                ]
            ),
            (
                "DescribeStacks", #"{"StackName": "s"}"#,
                ["cloudformation:DescribeStacks arn:aws:cloudformation:eu-central-1:111122223333:stack/s/*"]
            ),
            (
                "DescribeStacks", #"{}"#,
                ["cloudformation:DescribeStacks *", "cloudformation:ListStacks *"]
            ),
            (
                "CreateChangeSet", #"{"StackName": "s", "ChangeSetName": "c"}"#,
                [
                    "cloudformation:CreateChangeSet arn:aws:cloudformation:eu-central-1:111122223333:stack/s/* cloudformation:changesetname=c"
                ]
            ),
            (
                "ExecuteChangeSet", #"{"StackName": "s", "ChangeSetName": "c"}"#,
                [
                    "cloudformation:ExecuteChangeSet arn:aws:cloudformation:eu-central-1:111122223333:stack/s/* cloudformation:changesetname=c"
                ]
            ),
            (
                "CreateStackInstances", #"{"StackSetName": "s", "Regions": ["eu-west-1"]}"#,
                [
                    "cloudformation:CreateStackInstances arn:aws:cloudformation:eu-central-1:111122223333:stackset/s:* cloudformation:targetregion=[eu-west-1]"
                ]
            ),
            (
                "DeleteStackSet", #"{"StackSetName": "s"}"#,
                ["cloudformation:DeleteStackSet arn:aws:cloudformation:eu-central-1:111122223333:stackset/s:*"]
            ),
            (
                "ValidateTemplate", #"{"TemplateURL": "https://t"}"#,
                ["cloudformation:ValidateTemplate * cloudformation:templateurl=https://t"]
            ),
            (
                "ListStacks", #"{}"#,
                ["cloudformation:ListStacks *"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("cloudformation", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            (
                "ExecuteChangeSet",
                #"{"ChangeSetName": "arn:aws:cloudformation:eu-central-1:111122223333:changeSet/c/1"}"#
            ),
            ("DescribeStackResources", #"{"PhysicalResourceId": "i-1"}"#),
            ("DeleteStack", #"{}"#),
            ("ExecuteStackRefactor", #"{"StackRefactorId": "x"}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("cloudformation", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("cloudformation", operation, input))")
            return
        }
    }
}
