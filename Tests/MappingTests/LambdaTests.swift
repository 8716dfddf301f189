import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
struct LambdaTests {
    @Test(
        "Functions in all forms, with versions and aliases, layers and roles",
        arguments: [
            (
                "Invoke", #"{"FunctionName": "f"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:111122223333:function:f"]
            ),
            (
                "Invoke", #"{"FunctionName": "f:live"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:111122223333:function:f:live"]
            ),
            (
                "Invoke", #"{"FunctionName": "f", "Qualifier": "$LATEST"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:111122223333:function:f:$LATEST"]
            ),
            (
                "Invoke", #"{"FunctionName": "f:3", "Qualifier": "3"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:111122223333:function:f:3"]
            ),
            (
                "Invoke", #"{"FunctionName": "444455556666:function:f"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:444455556666:function:f"]
            ),
            (
                "Invoke", #"{"FunctionName": "eu-central-1:444455556666:function:f:1"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:444455556666:function:f:1"]
            ),
            (
                "Invoke",
                #"{"FunctionName": "arn:aws:lambda:eu-central-1:111122223333:function:f", "Qualifier": "live"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:111122223333:function:f:live"]
            ),
            (
                "InvokeWithResponseStream", #"{"FunctionName": "f"}"#,
                ["lambda:InvokeFunction arn:aws:lambda:eu-central-1:111122223333:function:f"]
            ),
            (
                "CreateFunction",
                #"{"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r", "Code": {}, "Layers": ["arn:aws:lambda:eu-central-1:111122223333:layer:l:1"], "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}"#,
                [
                    "lambda:CreateFunction arn:aws:lambda:eu-central-1:111122223333:function:f lambda:layer=[arn:aws:lambda:eu-central-1:111122223333:layer:l:1] lambda:securitygroupids=[sg-1] lambda:subnetids=[subnet-1]",
                    "lambda:GetLayerVersion arn:aws:lambda:eu-central-1:111122223333:layer:l:1 lambda:layer=[arn:aws:lambda:eu-central-1:111122223333:layer:l:1] lambda:securitygroupids=[sg-1] lambda:subnetids=[subnet-1]",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=lambda.amazonaws.com",
                ]
            ),
            (
                "CreateFunction",
                #"{"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r", "Code": {}, "Tags": {"t": "1"}}"#,
                [
                    "lambda:CreateFunction arn:aws:lambda:eu-central-1:111122223333:function:f aws:requesttag/t=1 aws:tagkeys=[t]",
                    "lambda:TagResource arn:aws:lambda:eu-central-1:111122223333:function:f aws:requesttag/t=1 aws:tagkeys=[t]",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=lambda.amazonaws.com",
                ]
            ),
            (
                "UpdateFunctionConfiguration", #"{"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r"}"#,
                [
                    "lambda:UpdateFunctionConfiguration arn:aws:lambda:eu-central-1:111122223333:function:f",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=lambda.amazonaws.com",
                ]
            ),
            (
                "AddPermission",
                #"{"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com", "FunctionUrlAuthType": "NONE"}"#,
                [
                    "lambda:AddPermission arn:aws:lambda:eu-central-1:111122223333:function:f lambda:functionurlauthtype=NONE lambda:principal=sns.amazonaws.com"
                ]
            ),
            (
                "CreateEventSourceMapping", #"{"FunctionName": "f:live"}"#,
                [
                    "lambda:CreateEventSourceMapping * lambda:functionarn=arn:aws:lambda:eu-central-1:111122223333:function:f:live"
                ]
            ),
            (
                "DeleteEventSourceMapping", #"{"UUID": "u"}"#,
                ["lambda:DeleteEventSourceMapping arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:u"]
            ),
            (
                "UpdateEventSourceMapping", #"{"UUID": "u", "FunctionName": "f"}"#,
                [
                    "lambda:UpdateEventSourceMapping arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:u lambda:functionarn=arn:aws:lambda:eu-central-1:111122223333:function:f"
                ]
            ),
            (
                "CreateFunctionUrlConfig", #"{"FunctionName": "f", "AuthType": "NONE"}"#,
                [
                    "lambda:CreateFunctionUrlConfig arn:aws:lambda:eu-central-1:111122223333:function:f lambda:functionarn=arn:aws:lambda:eu-central-1:111122223333:function:f lambda:functionurlauthtype=NONE"
                ]
            ),
            (
                "GetLayerVersion", #"{"LayerName": "l", "VersionNumber": 2}"#,
                ["lambda:GetLayerVersion arn:aws:lambda:eu-central-1:111122223333:layer:l:2"]
            ),
            (
                "GetLayerVersion",
                #"{"LayerName": "arn:aws:lambda:eu-central-1:444455556666:layer:l", "VersionNumber": 2}"#,
                ["lambda:GetLayerVersion arn:aws:lambda:eu-central-1:444455556666:layer:l:2"]
            ),
            (
                "GetLayerVersionByArn", #"{"Arn": "arn:aws:lambda:eu-central-1:111122223333:layer:l:2"}"#,
                ["lambda:GetLayerVersion arn:aws:lambda:eu-central-1:111122223333:layer:l:2"]
            ),
            (
                "PublishLayerVersion", #"{"LayerName": "l", "Content": {}}"#,
                ["lambda:PublishLayerVersion arn:aws:lambda:eu-central-1:111122223333:layer:l"]
            ),
            (
                "TagResource",
                #"{"Resource": "arn:aws:lambda:eu-central-1:111122223333:function:f", "Tags": {"t": "1"}}"#,
                [
                    "lambda:TagResource arn:aws:lambda:eu-central-1:111122223333:function:f aws:requesttag/t=1 aws:tagkeys=[t]"
                ]
            ),
            (
                "PutProvisionedConcurrencyConfig",
                #"{"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1}"#,
                ["lambda:PutProvisionedConcurrencyConfig arn:aws:lambda:eu-central-1:111122223333:function:f:live"]
            ),
            (
                "ListFunctions", #"{}"#,
                ["lambda:ListFunctions *"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("lambda", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("Invoke", #"{"FunctionName": "f:1", "Qualifier": "2"}"#),
            ("Invoke", #"{"FunctionName": "f:1:2"}"#),
            ("Invoke", #"{"FunctionName": "a/b"}"#),
            ("Invoke", #"{"FunctionName": "x:y:function:f"}"#),
            ("Invoke", #"{"FunctionName": "arn:aws:lambda:eu-central-1:111122223333:function:f:1:2"}"#),
            ("Invoke", #"{"FunctionName": "f:"}"#),
            ("SendDurableExecutionCallbackSuccess", #"{"CallbackId": "x"}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("lambda", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("lambda", operation, input))")
            return
        }
    }
}
