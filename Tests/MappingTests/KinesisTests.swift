import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html
struct KinesisTests {
    @Test(
        "Streams and consumers",
        arguments: [
            (
                "PutRecord", #"{"StreamName": "s", "Data": "x", "PartitionKey": "k"}"#,
                ["kinesis:PutRecord arn:aws:kinesis:eu-central-1:111122223333:stream/s"]
            ),
            (
                "PutRecords", #"{"StreamARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s", "Records": []}"#,
                ["kinesis:PutRecords arn:aws:kinesis:eu-central-1:111122223333:stream/s"]
            ),
            (
                "PutRecords",
                #"{"StreamName": "t", "StreamARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s", "Records": []}"#,
                [
                    "kinesis:PutRecords arn:aws:kinesis:eu-central-1:111122223333:stream/t",
                    "kinesis:PutRecords arn:aws:kinesis:eu-central-1:111122223333:stream/s",
                ]
            ),
            (
                "GetRecords",
                #"{"ShardIterator": "x", "StreamARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s"}"#,
                ["kinesis:GetRecords arn:aws:kinesis:eu-central-1:111122223333:stream/s"]
            ),
            (
                "CreateStream", #"{"StreamName": "s", "Tags": {"t": "1"}}"#,
                [
                    "kinesis:CreateStream arn:aws:kinesis:eu-central-1:111122223333:stream/s aws:requesttag/t=1 aws:tagkeys=[t]",
                    "kinesis:AddTagsToStream arn:aws:kinesis:eu-central-1:111122223333:stream/s aws:requesttag/t=1 aws:tagkeys=[t]",
                ]
            ),
            (
                "DescribeStreamConsumer",
                #"{"ConsumerARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:1"}"#,
                ["kinesis:DescribeStreamConsumer arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:1"]
            ),
            (
                "DescribeStreamConsumer",
                #"{"StreamARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s", "ConsumerName": "c"}"#,
                ["kinesis:DescribeStreamConsumer arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:*"]
            ),
            (
                "SubscribeToShard",
                #"{"ConsumerARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:1", "ShardId": "0", "StartingPosition": {}}"#,
                ["kinesis:SubscribeToShard arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:1"]
            ),
            (
                "PutResourcePolicy",
                #"{"ResourceARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s", "Policy": "{}"}"#,
                ["kinesis:PutResourcePolicy arn:aws:kinesis:eu-central-1:111122223333:stream/s"]
            ),
            (
                "PutResourcePolicy",
                #"{"ResourceARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:1", "Policy": "{}"}"#,
                ["kinesis:PutResourcePolicy arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:1"]
            ),
            (
                "StartStreamEncryption", #"{"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}"#,
                [
                    "kinesis:StartStreamEncryption arn:aws:kinesis:eu-central-1:111122223333:stream/s",
                    "kinesis:StartStreamEncryption arn:aws:kms:eu-central-1:111122223333:key/*",
                ]
            ),
            (
                "ListStreams", #"{}"#,
                ["kinesis:ListStreams *"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("kinesis", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("GetRecords", #"{"ShardIterator": "x"}"#),
            ("PutRecord", #"{"Data": "x", "PartitionKey": "k"}"#),
            ("PutRecord", #"{"StreamName": "a/b", "Data": "x", "PartitionKey": "k"}"#),
            ("DescribeStreamConsumer", #"{}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("kinesis", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("kinesis", operation, input))")
            return
        }
    }
}
