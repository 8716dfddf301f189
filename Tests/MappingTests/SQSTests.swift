import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
struct SQSTests {
    private static let url = "https://sqs.eu-central-1.amazonaws.com/111122223333/orders"
    private static let queue = "arn:aws:sqs:eu-central-1:111122223333:orders"

    @Test(
        "A queue is named by the end of its URL, by name or by ARN",
        arguments: [
            ("SendMessage", #"{"QueueUrl": "\#(url)", "MessageBody": "x"}"#, ["sqs:SendMessage \(queue)"]),
            ("SendMessageBatch", #"{"QueueUrl": "\#(url)", "Entries": []}"#, ["sqs:SendMessage \(queue)"]),
            ("DeleteMessageBatch", #"{"QueueUrl": "\#(url)", "Entries": []}"#, ["sqs:DeleteMessage \(queue)"]),
            (
                "ChangeMessageVisibilityBatch", #"{"QueueUrl": "\#(url)", "Entries": []}"#,
                ["sqs:ChangeMessageVisibility \(queue)"]
            ),
            ("ReceiveMessage", #"{"QueueUrl": "orders"}"#, ["sqs:ReceiveMessage \(queue)"]),
            ("GetQueueUrl", #"{"QueueName": "orders"}"#, ["sqs:GetQueueUrl \(queue)"]),
            (
                "GetQueueUrl", #"{"QueueName": "orders", "QueueOwnerAWSAccountId": "444455556666"}"#,
                ["sqs:GetQueueUrl arn:aws:sqs:eu-central-1:444455556666:orders"]
            ),
            (
                "DeleteQueue", #"{"QueueUrl": "http://127.0.0.1:4566/444455556666/orders"}"#,
                ["sqs:DeleteQueue arn:aws:sqs:eu-central-1:444455556666:orders"]
            ),
            (
                "CreateQueue", #"{"QueueName": "orders", "tags": {"team": "a"}}"#,
                [
                    "sqs:CreateQueue \(queue) aws:requesttag/team=a aws:tagkeys=[team]",
                    "sqs:TagQueue \(queue) aws:requesttag/team=a aws:tagkeys=[team]",
                ]
            ),
            ("CreateQueue", #"{"QueueName": "orders"}"#, ["sqs:CreateQueue \(queue)"]),
            (
                "UntagQueue", #"{"QueueUrl": "\#(url)", "TagKeys": ["team"]}"#,
                ["sqs:UntagQueue \(queue) aws:tagkeys=[team]"]
            ),
            ("ListQueues", #"{"QueueNamePrefix": "o"}"#, ["sqs:ListQueues *"]),
            ("ListMessageMoveTasks", #"{"SourceArn": "\#(queue)"}"#, ["sqs:ListMessageMoveTasks \(queue)"]),
            (
                "StartMessageMoveTask", #"{"SourceArn": "\#(queue)", "DestinationArn": "\#(queue)2"}"#,
                [
                    "sqs:StartMessageMoveTask \(queue)", "sqs:ReceiveMessage \(queue)", "sqs:DeleteMessage \(queue)",
                    "sqs:GetQueueAttributes \(queue)", "sqs:SendMessage \(queue)2",
                ]
            ),
            (
                "StartMessageMoveTask", #"{"SourceArn": "\#(queue)"}"#,
                [
                    "sqs:StartMessageMoveTask \(queue)", "sqs:ReceiveMessage \(queue)", "sqs:DeleteMessage \(queue)",
                    "sqs:GetQueueAttributes \(queue)", "sqs:SendMessage arn:aws:sqs:eu-central-1:111122223333:*",
                ]
            ),
            // {"taskId": "t", "sourceArn": "…"}
            (
                "CancelMessageMoveTask",
                #"{"TaskHandle": "eyJ0YXNrSWQiOiJ0Iiwic291cmNlQXJuIjoiYXJuOmF3czpzcXM6ZXUtY2VudHJhbC0xOjExMTEyMjIyMzMzMzpvcmRlcnMifQ=="}"#,
                ["sqs:CancelMessageMoveTask \(queue)"]
            ),
        ])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("sqs", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What could be another queue than it seems is refused",
        arguments: [
            ("SendMessage", #"{"QueueUrl": "https://host/111122223333/"}"#),
            ("SendMessage", #"{"QueueUrl": "https://host/111122223333/orders?x"}"#),
            ("SendMessage", #"{"QueueUrl": "https://host/111122223333/orders%2f"}"#),
            ("SendMessage", #"{"QueueUrl": "https://host/111122223333/.."}"#),
            ("SendMessage", #"{"QueueUrl": "https://host/111122223333/*"}"#),
            ("SendMessage", #"{"QueueUrl": ""}"#),
            ("SendMessage", "{}"),
            ("CreateQueue", #"{"QueueName": " orders"}"#),
            ("GetQueueUrl", #"{"QueueName": "orders", "QueueOwnerAWSAccountId": "1"}"#),
            ("StartMessageMoveTask", #"{"SourceArn": "arn:aws:sns:eu-central-1:111122223333:orders"}"#),
            ("StartMessageMoveTask", #"{"SourceArn": "arn:aws-cn:sqs:eu-central-1:111122223333:orders"}"#),
            ("StartMessageMoveTask", #"{"SourceArn": "arn:aws:sqs:::orders"}"#),
            ("StartMessageMoveTask", #"{"SourceArn": "arn:aws:sqs:eu-central-1:111122223333:*"}"#),
            ("CancelMessageMoveTask", #"{"TaskHandle": "e30="}"#),
            ("CancelMessageMoveTask", #"{"TaskHandle": "no base 64"}"#),
            ("TagQueue", #"{"QueueUrl": "orders", "Tags": {"team": "a", "Team": "b"}}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("sqs", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("sqs", operation, input))")
            return
        }
    }

    @Test("An ARN in another region asks for the queue of the same name in the request's region as well")
    func otherRegion() throws {
        #expect(
            try Inputs.asked(
                "sqs", "ListMessageMoveTasks", #"{"SourceArn": "arn:aws:sqs:eu-west-1:111122223333:orders"}"#)
                == [
                    "sqs:ListMessageMoveTasks arn:aws:sqs:eu-west-1:111122223333:orders",
                    "sqs:ListMessageMoveTasks \(Self.queue)",
                ])
    }
}
