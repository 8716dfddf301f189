import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
struct EventBridgeTests {
    @Test(
        "Buses, rules, and what events and patterns say",
        arguments: [
            (
                "PutEvents",
                #"{"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}, {"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "orders"}]}"#,
                [
                    "events:PutEvents arn:aws:events:eu-central-1:111122223333:event-bus/default events:detail-type=[d] events:source=[s]",
                    "events:PutEvents arn:aws:events:eu-central-1:111122223333:event-bus/orders events:detail-type=[d] events:source=[s]",
                ]
            ),
            (
                "PutEvents",
                #"{"Entries": [{"Source": "s", "EventBusName": "arn:aws:events:eu-central-1:444455556666:event-bus/x"}]}"#,
                ["events:PutEvents arn:aws:events:eu-central-1:444455556666:event-bus/x events:source=[s]"]
            ),
            (
                "PutRule",
                #"{"Name": "r", "EventPattern": "{\"source\": [\"aws.ec2\", {\"prefix\": \"x\"}], \"detail-type\": [\"d\"]}", "RoleArn": "arn:aws:iam::111122223333:role/r"}"#,
                [
                    "events:PutRule arn:aws:events:eu-central-1:111122223333:rule/r events:creatoraccount=111122223333 events:detail-type=[d] events:source=[aws.ec2,{}]",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=events.amazonaws.com",
                ]
            ),
            (
                "DeleteRule", #"{"Name": "r"}"#,
                ["events:DeleteRule arn:aws:events:eu-central-1:111122223333:rule/r"]
            ),
            (
                "DeleteRule", #"{"Name": "r", "EventBusName": "default"}"#,
                ["events:DeleteRule arn:aws:events:eu-central-1:111122223333:rule/r"]
            ),
            (
                "DeleteRule",
                #"{"Name": "r", "EventBusName": "arn:aws:events:eu-central-1:111122223333:event-bus/default"}"#,
                ["events:DeleteRule arn:aws:events:eu-central-1:111122223333:rule/r"]
            ),
            (
                "DeleteRule", #"{"Name": "r", "EventBusName": "orders"}"#,
                ["events:DeleteRule arn:aws:events:eu-central-1:111122223333:rule/orders/r"]
            ),
            (
                "EnableRule",
                #"{"Name": "r", "EventBusName": "arn:aws:events:eu-central-1:444455556666:event-bus/aws.partner/x/y"}"#,
                ["events:EnableRule arn:aws:events:eu-central-1:444455556666:rule/aws.partner/x/y/r"]
            ),
            (
                "PutTargets",
                #"{"Rule": "r", "Targets": [{"Id": "1", "Arn": "arn:aws:sqs:eu-central-1:111122223333:q", "RoleArn": "arn:aws:iam::111122223333:role/r"}]}"#,
                [
                    "events:PutTargets arn:aws:events:eu-central-1:111122223333:rule/r events:targetarn=[arn:aws:sqs:eu-central-1:111122223333:q]",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=events.amazonaws.com",
                ]
            ),
            (
                "DescribeEventBus", #"{}"#,
                ["events:DescribeEventBus arn:aws:events:eu-central-1:111122223333:event-bus/default"]
            ),
            (
                "CreateEventBus", #"{"Name": "orders"}"#,
                ["events:CreateEventBus arn:aws:events:eu-central-1:111122223333:event-bus/orders"]
            ),
            (
                "StartReplay",
                #"{"ReplayName": "p", "EventSourceArn": "arn:aws:events:eu-central-1:111122223333:archive/a", "Destination": {"Arn": "arn:aws:events:eu-central-1:111122223333:event-bus/default"}}"#,
                [
                    "events:StartReplay arn:aws:events:eu-central-1:111122223333:replay/p",
                    "events:StartReplay arn:aws:events:eu-central-1:111122223333:archive/a",
                    "events:StartReplay arn:aws:events:eu-central-1:111122223333:event-bus/default",
                ]
            ),
            (
                "CreateApiDestination",
                #"{"Name": "d", "ConnectionArn": "arn:aws:events:eu-central-1:111122223333:connection/c/1", "InvocationEndpoint": "https://x", "HttpMethod": "GET"}"#,
                [
                    "events:CreateApiDestination arn:aws:events:eu-central-1:111122223333:api-destination/d",
                    "events:CreateApiDestination arn:aws:events:eu-central-1:111122223333:connection/c/1",
                ]
            ),
            (
                "ActivateEventSource", #"{"Name": "aws.partner/x/y"}"#,
                ["events:ActivateEventSource arn:aws:events:eu-central-1::event-source/aws.partner/x/y"]
            ),
            (
                "TagResource",
                #"{"ResourceARN": "arn:aws:events:eu-central-1:111122223333:rule/orders/r", "Tags": [{"Key": "t", "Value": "1"}]}"#,
                [
                    "events:TagResource arn:aws:events:eu-central-1:111122223333:rule/orders/r aws:requesttag/t=1 aws:tagkeys=[t]"
                ]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("events", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("DeleteRule", #"{"Name": "a/b"}"#),
            ("DeleteRule", #"{"Name": "r", "EventBusName": "arn:aws:sqs:eu-central-1:111122223333:q"}"#),
            ("PutEvents", #"{"Entries": []}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("events", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("events", operation, input))")
            return
        }
    }
}
