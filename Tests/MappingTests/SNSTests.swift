import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
struct SNSTests {
    @Test(
        "Topics by ARN or name, and what they are subscribed by",
        arguments: [
            (
                "Publish", #"{"TopicArn": "arn:aws:sns:eu-central-1:111122223333:news", "Message": "m"}"#,
                ["sns:Publish arn:aws:sns:eu-central-1:111122223333:news"]
            ),
            (
                "Publish", #"{"TargetArn": "arn:aws:sns:eu-central-1:111122223333:news", "Message": "m"}"#,
                ["sns:Publish arn:aws:sns:eu-central-1:111122223333:news"]
            ),
            (
                "Publish",
                #"{"TargetArn": "arn:aws:sns:eu-central-1:111122223333:endpoint/GCM/app/1", "Message": "m"}"#,
                ["sns:Publish arn:aws:sns:eu-central-1:111122223333:endpoint/GCM/app/1"]
            ),
            (
                "Publish", #"{"PhoneNumber": "+491", "Message": "m"}"#,
                ["sns:Publish *"]
            ),
            (
                "Publish",
                #"{"TopicArn": "arn:aws:sns:eu-central-1:111122223333:news", "TargetArn": "arn:aws:sns:eu-central-1:111122223333:news2", "Message": "m"}"#,
                [
                    "sns:Publish arn:aws:sns:eu-central-1:111122223333:news",
                    "sns:Publish arn:aws:sns:eu-central-1:111122223333:news2",
                ]
            ),
            (
                "PublishBatch",
                #"{"TopicArn": "arn:aws:sns:eu-central-1:111122223333:news", "PublishBatchRequestEntries": []}"#,
                ["sns:Publish arn:aws:sns:eu-central-1:111122223333:news"]
            ),
            (
                "Subscribe",
                #"{"TopicArn": "arn:aws:sns:eu-central-1:111122223333:news", "Protocol": "https", "Endpoint": "https://x.example"}"#,
                [
                    "sns:Subscribe arn:aws:sns:eu-central-1:111122223333:news sns:endpoint=https://x.example sns:protocol=https"
                ]
            ),
            (
                "CreateTopic", #"{"Name": "news", "Tags": [{"Key": "team", "Value": "a"}]}"#,
                [
                    "sns:CreateTopic arn:aws:sns:eu-central-1:111122223333:news aws:requesttag/team=a aws:tagkeys=[team]",
                    "sns:TagResource arn:aws:sns:eu-central-1:111122223333:news aws:requesttag/team=a aws:tagkeys=[team]",
                ]
            ),
            (
                "CreateTopic",
                #"{"Name": "news", "Attributes": {"SQSFailureFeedbackRoleArn": "arn:aws:iam::111122223333:role/r"}}"#,
                [
                    "sns:CreateTopic arn:aws:sns:eu-central-1:111122223333:news",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=sns.amazonaws.com",
                ]
            ),
            (
                "SetTopicAttributes",
                #"{"TopicArn": "arn:aws:sns:eu-central-1:111122223333:news", "AttributeName": "LambdaFailureFeedbackRoleArn", "AttributeValue": "arn:aws:iam::111122223333:role/r"}"#,
                [
                    "sns:SetTopicAttributes arn:aws:sns:eu-central-1:111122223333:news",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=sns.amazonaws.com",
                ]
            ),
            (
                "SetTopicAttributes",
                #"{"TopicArn": "arn:aws:sns:eu-central-1:111122223333:news", "AttributeName": "DisplayName", "AttributeValue": "x"}"#,
                ["sns:SetTopicAttributes arn:aws:sns:eu-central-1:111122223333:news"]
            ),
            (
                "TagResource",
                #"{"ResourceArn": "arn:aws:sns:eu-central-1:111122223333:news", "Tags": [{"Key": "team", "Value": "a"}]}"#,
                ["sns:TagResource arn:aws:sns:eu-central-1:111122223333:news aws:requesttag/team=a aws:tagkeys=[team]"]
            ),
            (
                "Unsubscribe", #"{"SubscriptionArn": "arn:aws:sns:eu-central-1:111122223333:news:1"}"#,
                ["sns:Unsubscribe *"]
            ),
            (
                "ListTopics", #"{}"#,
                ["sns:ListTopics *"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("sns", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("Publish", #"{"Message": "m"}"#),
            ("Publish", #"{"TopicArn": "arn:aws:sqs:eu-central-1:111122223333:news", "Message": "m"}"#),
            ("TagResource", #"{"Tags": []}"#),
            ("DeleteTopic", #"{"TopicArn": "arn:aws:sns"}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("sns", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("sns", operation, input))")
            return
        }
    }
}
