import Ledger
import Platform
import Wire

private let id = "0123456789abcdef0123456789abcdef"

/// Made-up inputs for the reference of operations.
let guardDutySamples = Samples(
    texts: [
        "detectorId": id, "DetectorId": id, "ipSetId": id, "IpSetId": id, "threatIntelSetId": id, "destinationId": id,
        "accountId": Samples.member, "adminAccountId": Samples.member, "administratorId": Samples.member,
        "masterId": Samples.member, "invitationId": id, "location": "s3://amzn-s3-demo-bucket/list.txt",
        "format": "TXT", "resourceArn": "arn:aws:guardduty:us-east-1:\(Samples.account):detector/\(id)",
        "ResourceArn": "arn:aws:guardduty:us-east-1:\(Samples.account):detector/\(id)",
        "expectedBucketOwner": Samples.account,
    ])
