import Directory
import Ledger
import Platform
import Wire

/// What the reference of operations asks about: an object with a tag in a bucket, and an upload.
let s3Samples = Samples(
    texts: [
        "Bucket": "box", "BucketNamespace": "global", "CopySource": "box/a", "ExpectedBucketOwner": Samples.account,
        "ExpectedSourceBucketOwner": Samples.account, "Key": "a", "Mode": "GOVERNANCE",
        "Role": "arn:aws:iam::\(Samples.account):role/x", "ObjectLockMode": "GOVERNANCE",
        "Tagging": "a=b", "UploadId": "x", "Value": "b",
    ],
    absent: ["ContentMD5", "LocationConstraint"],
    furnish: { environment in try await furnish(environment) })

private func furnish(_ environment: Environment) async throws {
    let bucket = Bucket(
        name: "box", accountID: Samples.account, region: "us-east-1", creationDate: Samples.time,
        tags: [Tag(key: "a", value: "b")])
    var object = ObjectVersion(key: "a", sequence: 1, versionID: nil, modified: Samples.time)
    object.tags = [Tag(key: "a", value: "b")]
    try await environment.write(Scope(account: Samples.account, region: "us-east-1"), requestID: "") {
        [object] (records) throws(ServiceError) in
        try records.shared.put(bucket)
        try records.shared.put(CurrentObject(bucket: bucket.name, version: object))
    }
}

/// The same in a directory bucket.
let directoryBucketSamples = Samples(
    texts: [
        "AccountId": Samples.account, "Bucket": directoryBucket, "CopySource": "\(directoryBucket)/a",
        "DataRedundancy": "SingleAvailabilityZone", "Key": "a", "LocationType": "AvailabilityZone",
        "Name": "use1-az4", "RenameSource": "\(directoryBucket)/a",
        "ResourceArn": "arn:aws:s3express:us-east-1:\(Samples.account):bucket/\(directoryBucket)",
        "Type": "AvailabilityZone",
        "UploadId": "x",
    ],
    absent: ["ContentMD5", "LocationConstraint"],
    furnish: { environment in
        var bucket = Bucket(
            name: directoryBucket, accountID: Samples.account, region: "us-east-1", creationDate: Samples.time,
            tags: [Tag(key: "a", value: "b")])
        bucket.zone = "use1-az4"
        let object = CurrentObject(
            bucket: bucket.name, version: ObjectVersion(key: "a", sequence: 1, versionID: nil, modified: Samples.time))
        try await environment.write(Scope(account: Samples.account, region: "us-east-1"), requestID: "") {
            [bucket] (records) throws(ServiceError) in
            try records.shared.put(bucket)
            try records.shared.put(object)
        }
    })

private let directoryBucket = "box--use1-az4--x-s3"
