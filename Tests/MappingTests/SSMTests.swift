import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
struct SSMTests {
    @Test(
        "Parameters, documents and instances",
        arguments: [
            (
                "GetParameter", #"{"Name": "/app/key"}"#,
                ["ssm:GetParameter arn:aws:ssm:eu-central-1:111122223333:parameter/app/key"]
            ),
            (
                "GetParameter", #"{"Name": "key:3"}"#,
                ["ssm:GetParameter arn:aws:ssm:eu-central-1:111122223333:parameter/key"]
            ),
            (
                "GetParameter", #"{"Name": "arn:aws:ssm:eu-central-1:111122223333:parameter/app/key:label"}"#,
                ["ssm:GetParameter arn:aws:ssm:eu-central-1:111122223333:parameter/app/key"]
            ),
            (
                "GetParameters", #"{"Names": ["/a", "b"]}"#,
                [
                    "ssm:GetParameters arn:aws:ssm:eu-central-1:111122223333:parameter/a",
                    "ssm:GetParameters arn:aws:ssm:eu-central-1:111122223333:parameter/b",
                ]
            ),
            (
                "GetParametersByPath", #"{"Path": "/app", "Recursive": true}"#,
                ["ssm:GetParametersByPath arn:aws:ssm:eu-central-1:111122223333:parameter/app ssm:recursive=true"]
            ),
            (
                "GetParametersByPath", #"{"Path": "/"}"#,
                ["ssm:GetParametersByPath arn:aws:ssm:eu-central-1:111122223333:parameter/"]
            ),
            (
                "PutParameter", #"{"Name": "/a", "Value": "v", "Overwrite": true}"#,
                ["ssm:PutParameter arn:aws:ssm:eu-central-1:111122223333:parameter/a ssm:overwrite=true"]
            ),
            (
                "PutParameter", #"{"Name": "/a", "Value": "v", "Tags": [{"Key": "t", "Value": "1"}]}"#,
                [
                    "ssm:PutParameter arn:aws:ssm:eu-central-1:111122223333:parameter/a aws:requesttag/t=1 aws:tagkeys=[t]",
                    "ssm:AddTagsToResource arn:aws:ssm:eu-central-1:111122223333:parameter/a aws:requesttag/t=1 aws:tagkeys=[t]",
                ]
            ),
            (
                "DescribeParameters", #"{}"#,
                ["ssm:DescribeParameters *"]
            ),
            (
                "AddTagsToResource",
                #"{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [{"Key": "t", "Value": "1"}]}"#,
                [
                    "ssm:AddTagsToResource arn:aws:ssm:eu-central-1:111122223333:parameter/a aws:requesttag/t=1 aws:tagkeys=[t]"
                ]
            ),
            (
                "RemoveTagsFromResource", #"{"ResourceType": "Document", "ResourceId": "d", "TagKeys": ["t"]}"#,
                ["ssm:RemoveTagsFromResource arn:aws:ssm:eu-central-1:111122223333:document/d aws:tagkeys=[t]"]
            ),
            (
                "GetDocument", #"{"Name": "d"}"#,
                ["ssm:GetDocument arn:aws:ssm:eu-central-1:111122223333:document/d"]
            ),
            (
                "CreateDocument", #"{"Name": "d", "Content": "{}", "DocumentType": "Command"}"#,
                ["ssm:CreateDocument arn:aws:ssm:eu-central-1:111122223333:document/d ssm:documenttype=Command"]
            ),
            (
                "SendCommand", #"{"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1", "mi-1"]}"#,
                [
                    "ssm:SendCommand arn:aws:ssm:eu-central-1::document/AWS-RunShellScript",
                    "ssm:SendCommand arn:aws:ec2:eu-central-1:111122223333:instance/i-1",
                    "ssm:SendCommand arn:aws:ssm:eu-central-1:111122223333:managed-instance/mi-1",
                ]
            ),
            (
                "SendCommand",
                #"{"DocumentName": "d", "Targets": [{"Key": "InstanceIds", "Values": ["i-1"]}], "OutputS3BucketName": "b"}"#,
                [
                    "ssm:SendCommand arn:aws:ssm:eu-central-1:111122223333:document/d",
                    "ssm:SendCommand arn:aws:s3:::b",
                    "ssm:SendCommand arn:aws:ec2:eu-central-1:111122223333:instance/i-1",
                ]
            ),
            (
                "StartSession", #"{"Target": "i-1"}"#,
                ["ssm:StartSession arn:aws:ec2:eu-central-1:111122223333:instance/i-1"]
            ),
            (
                "StartSession", #"{"Target": "mi-1", "DocumentName": "d"}"#,
                [
                    "ssm:StartSession arn:aws:ssm:eu-central-1:111122223333:managed-instance/mi-1",
                    "ssm:StartSession arn:aws:ssm:eu-central-1:111122223333:document/d",
                ]
            ),
            (
                "DescribeEffectiveInstanceAssociations", #"{"InstanceId": "i-1"}"#,
                ["ssm:DescribeEffectiveInstanceAssociations arn:aws:ec2:eu-central-1:111122223333:instance/i-1"]
            ),
            (
                "GetServiceSetting", #"{"SettingId": "/ssm/parameter-store/default-parameter-tier"}"#,
                [
                    "ssm:GetServiceSetting arn:aws:ssm:eu-central-1:111122223333:servicesetting/ssm/parameter-store/default-parameter-tier"
                ]
            ),
            (
                "CreateActivation", #"{"IamRole": "service-role/r"}"#,
                [
                    "ssm:CreateActivation *",
                    "iam:PassRole arn:aws:iam::111122223333:role/service-role/r iam:passedtoservice=ssm.amazonaws.com",
                ]
            ),
            (
                "StartAutomationExecution",
                #"{"DocumentName": "d", "Parameters": {"AutomationAssumeRole": ["arn:aws:iam::111122223333:role/r"]}}"#,
                [
                    "ssm:StartAutomationExecution arn:aws:ssm:eu-central-1:111122223333:document/d",
                    "ssm:StartAutomationExecution arn:aws:ssm:eu-central-1:111122223333:automation-execution/*",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=ssm.amazonaws.com",
                ]
            ),
            (
                "GetResourcePolicies", #"{"ResourceArn": "arn:aws:ssm:eu-central-1:111122223333:parameter/a"}"#,
                ["ssm:GetResourcePolicies arn:aws:ssm:eu-central-1:111122223333:parameter/a"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("ssm", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("SendCommand", #"{"DocumentName": "d", "Targets": [{"Key": "tag:x", "Values": ["y"]}]}"#),
            ("StartSession", #"{"Target": "ecs:c_t_r"}"#),
            ("StartSession", #"{"Target": "ecs:c_t_r", "DocumentName": "d"}"#),
            ("GetParameter", #"{"Name": "/a/../b"}"#),
            ("AddTagsToResource", #"{"ResourceType": "Else", "ResourceId": "x", "Tags": []}"#),
            ("CancelMaintenanceWindowExecution", #"{"WindowExecutionId": "x"}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("ssm", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("ssm", operation, input))")
            return
        }
    }
}
