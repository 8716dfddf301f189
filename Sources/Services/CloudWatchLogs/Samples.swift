import Directory
import Ledger
import Platform
import Wire

private let account = Samples.account
private let group = LogGroupName(account: account, region: "us-east-1", name: "x")
private let email = #"["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]"#
private let protection = """
    {"Name":"x","Version":"2021-06-01","Statement":[{"DataIdentifier":\(email),"Operation":{"Audit":{"FindingsDestination":{}}}},\
    {"DataIdentifier":\(email),"Operation":{"Deidentify":{"MaskConfig":{}}}}]}
    """

/// Made-up inputs for the reference of operations.
let logsSamples = Samples(
    texts: [
        "logGroupName": "x", "logStreamName": "x", "logGroupIdentifier": "x",
        "queryString": "fields @message", "logRecordPointer": LogPointer(group: group, place: .before(0)).text,
        "PutDataProtectionPolicy.policyDocument": protection,
        "resourceArn": group.arn, "filterPattern": "x",
        "kmsKeyId": "arn:aws:kms:us-east-1:\(account):key/00000000-0000-4000-8000-000000000001",
    ],
    absent: [
        "DescribeLogStreams.logGroupIdentifier", "GetLogEvents.logGroupIdentifier",
        "FilterLogEvents.logGroupIdentifier", "StartQuery.logGroupNames", "StartQuery.logGroupIdentifiers",
        "GetLogGroupFields.logGroupIdentifier", "AssociateKmsKey.resourceIdentifier",
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
