import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

private let account = Samples.account
private let arn = "arn:aws:sqs:us-east-1:\(account):x"

/// Made-up inputs for the reference of operations.
let queueSamples = Samples(
    texts: [
        "QueueUrl": "http://localhost/\(account)/x", "SourceArn": arn, "QueueOwnerAWSAccountId": account,
        "DestinationArn": "arn:aws:sqs:us-east-1:\(account):y",
        "TaskHandle": Data(#"{"taskId":"x","sourceArn":"\#(arn)"}"#.utf8).base64EncodedString(),
    ],
    furnish: { environment in
        let scope = Scope(account: account, region: "us-east-1")
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            for name in ["x", "y"] {
                try records.put(
                    Queue(
                        account: account, region: "us-east-1", name: name, uniqueID: name, messages: name,
                        created: Int(Samples.time), modified: Int(Samples.time), tags: [Tag(key: "a", value: "b")]))
            }
        }
    })
