import Ledger
import Platform
import Wire

/// What the reference of operations asks about: a trail.
let cloudTrailSamples = Samples(
    texts: [
        "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "Key": "a", "Value": "b", "Name": "box", "TrailName": "box",
        "ResourceId": arn, "ResourceIdList": arn, "S3BucketName": "box",
    ],
    absent: ["KmsKeyId", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"],
    furnish: { environment in
        let trail = Trail(
            name: "box", uniqueID: "0", accountID: Samples.account, homeRegion: "us-east-1",
            creationDate: Samples.time, bucket: "box", bucketRegion: "us-east-1")
        try await environment.write(trail.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(trail)
        }
    })

private let arn = "arn:aws:cloudtrail:us-east-1:\(Samples.account):trail/box"
