import Ledger
import Platform
import Wire

/// What the reference of operations asks about: a trail, and an event data store.
let cloudTrailSamples = Samples(
    texts: [
        "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "Key": "a", "Value": "b", "Name": "box", "TrailName": "box",
        "ResourceId": arn, "ResourceIdList": arn, "S3BucketName": "box",
        "EventDataStore": storeARN, "QueryId": storeID,
        "QueryStatement": "SELECT eventID FROM \(storeID)", "Destination": storeARN, "Destinations": storeARN,
        "Location": storeARN, "Type": "EVENT_DATA_STORE", "Channel": channelSample, "DashboardId": "box",
        "ResourceArn": storeARN, "InsightSource": arn, "EventDataStores": storeARN,
        "S3BucketAccessRoleArn": "arn:aws:iam::\(Samples.account):role/box", "QueryParameters": "a",
    ],
    absent: [
        "KmsKeyId", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "DeliveryS3Uri", "QueryAlias",
        "QueryParameters",
        "EventDataStoreOwnerAccountId", "RefreshId", "InsightsDestination", "NextToken",
    ],
    furnish: { environment in
        let trail = Trail(
            name: "box", uniqueID: "0", accountID: Samples.account, homeRegion: "us-east-1",
            creationDate: Samples.time, bucket: "box", bucketRegion: "us-east-1")
        try await environment.write(trail.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(trail)
            try records.put(
                EventDataStore(
                    id: storeID, name: "box", accountID: Samples.account, homeRegion: "us-east-1",
                    created: Samples.time, updated: Samples.time, selectors: [], retentionDays: 7))
        }
    })

private let arn = "arn:aws:cloudtrail:us-east-1:\(Samples.account):trail/box"
private let storeID = "00000000-0000-4000-8000-000000000000"
private let storeARN = "arn:aws:cloudtrail:us-east-1:\(Samples.account):eventdatastore/\(storeID)"
