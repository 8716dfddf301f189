import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
struct StepFunctionsTests {
    @Test(
        "State machines, of which a version or alias is a condition key",
        arguments: [
            (
                "StartExecution",
                #"{"stateMachineArn": "arn:aws:states:eu-central-1:111122223333:stateMachine:m", "name": "e"}"#,
                ["states:StartExecution arn:aws:states:eu-central-1:111122223333:stateMachine:m"]
            ),
            (
                "StartExecution",
                #"{"stateMachineArn": "arn:aws:states:eu-central-1:111122223333:stateMachine:m:PROD"}"#,
                [
                    "states:StartExecution arn:aws:states:eu-central-1:111122223333:stateMachine:m states:statemachinequalifier=[PROD]"
                ]
            ),
            (
                "StopExecution", #"{"executionArn": "arn:aws:states:eu-central-1:111122223333:execution:m:e"}"#,
                ["states:StopExecution arn:aws:states:eu-central-1:111122223333:execution:m:e"]
            ),
            (
                "DescribeExecution", #"{"executionArn": "arn:aws:states:eu-central-1:111122223333:express:m:e:1"}"#,
                ["states:DescribeExecution arn:aws:states:eu-central-1:111122223333:express:m:e:1"]
            ),
            (
                "CreateStateMachine",
                #"{"name": "m", "definition": "{}", "roleArn": "arn:aws:iam::111122223333:role/r", "publish": true, "tags": [{"key": "t", "value": "1"}]}"#,
                [
                    "states:CreateStateMachine arn:aws:states:eu-central-1:111122223333:stateMachine:m aws:requesttag/t=1 aws:tagkeys=[t]",
                    "states:PublishStateMachineVersion arn:aws:states:eu-central-1:111122223333:stateMachine:m aws:requesttag/t=1 aws:tagkeys=[t]",
                    "states:TagResource arn:aws:states:eu-central-1:111122223333:stateMachine:m aws:requesttag/t=1 aws:tagkeys=[t]",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=states.amazonaws.com",
                ]
            ),
            (
                "CreateStateMachineAlias",
                #"{"name": "PROD", "routingConfiguration": [{"stateMachineVersionArn": "arn:aws:states:eu-central-1:111122223333:stateMachine:m:1", "weight": 100}]}"#,
                [
                    "states:CreateStateMachineAlias arn:aws:states:eu-central-1:111122223333:stateMachine:m states:statemachinequalifier=[PROD]"
                ]
            ),
            (
                "DeleteStateMachineAlias",
                #"{"stateMachineAliasArn": "arn:aws:states:eu-central-1:111122223333:stateMachine:m:PROD"}"#,
                [
                    "states:DeleteStateMachineAlias arn:aws:states:eu-central-1:111122223333:stateMachine:m states:statemachinequalifier=[PROD]"
                ]
            ),
            (
                "ListExecutions", #"{"stateMachineArn": "arn:aws:states:eu-central-1:111122223333:stateMachine:m"}"#,
                ["states:ListExecutions arn:aws:states:eu-central-1:111122223333:stateMachine:m"]
            ),
            (
                "SendTaskSuccess", #"{"taskToken": "x", "output": "{}"}"#,
                ["states:SendTaskSuccess *"]
            ),
            (
                "CreateActivity", #"{"name": "a"}"#,
                ["states:CreateActivity arn:aws:states:eu-central-1:111122223333:activity:a"]
            ),
            (
                "TestState",
                #"{"definition": "{}", "roleArn": "arn:aws:iam::111122223333:role/r", "revealSecrets": true}"#,
                [
                    "states:TestState *", "states:RevealSecrets *",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=states.amazonaws.com",
                ]
            ),
            (
                "ListStateMachines", #"{}"#,
                ["states:ListStateMachines *"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("stepfunctions", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("StartExecution", #"{}"#),
            ("ListExecutions", #"{}"#),
            ("StopExecution", #"{"executionArn": "arn:aws:states:eu-central-1:111122223333:stateMachine:m"}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("stepfunctions", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("stepfunctions", operation, input))")
            return
        }
    }
}
