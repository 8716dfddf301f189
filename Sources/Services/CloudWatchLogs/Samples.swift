import Directory
import Ledger
import Platform
import Wire

private let account = Samples.account
private let group = LogGroupName(account: account, region: "us-east-1", name: "x")

/// Made-up inputs for the reference of operations.
let logsSamples = Samples(
    texts: [
        "logGroupName": "x", "logStreamName": "x", "logGroupIdentifier": "x",
        "resourceArn": group.arn, "filterPattern": "x",
        "kmsKeyId": "arn:aws:kms:us-east-1:\(account):key/00000000-0000-4000-8000-000000000001",
    ],
    absent: [
        "DescribeLogStreams.logGroupIdentifier", "GetLogEvents.logGroupIdentifier",
        "FilterLogEvents.logGroupIdentifier", "AssociateKmsKey.resourceIdentifier",
        "DisassociateKmsKey.resourceIdentifier",
    ],
    furnish: { environment in
        try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
            var stored = LogGroup(
                name: "x", uniqueID: "x", accountID: account, region: "us-east-1", created: 0, logClass: "STANDARD")
            stored.tags = [Tag(key: "a", value: "b")]
            try records.put(stored)
        }
    })
