import Directory
import Ledger
import Platform
import Wire

/// What the reference of operations asks about: an object with a tag in a bucket, and an upload.
let s3Samples = Samples(
    texts: [
        "Bucket": "box", "CopySource": "box/a", "ExpectedBucketOwner": Samples.account,
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
