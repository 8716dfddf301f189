import Directory
import Ledger
import Platform
import Wire

/// What the reference of operations asks about: an access point of the bucket `box`.
let s3ControlSamples = Samples(
    texts: ["AccountId": Samples.account, "Name": "point", "ResourceArn": "arn:aws:s3:::box"],
    furnish: { environment in
        let point = AccessPoint(
            name: "point", accountID: Samples.account, region: "us-east-1", bucket: "box",
            bucketAccountID: Samples.account, alias: AccessPointName.makeAlias(of: "point"),
            creationDate: Samples.time, publicAccessBlock: .everything, tags: [Tag(key: "a", value: "b")])
        try await environment.write(Scope(account: Samples.account, region: "us-east-1"), requestID: "") {
            (records) throws(ServiceError) in try records.shared.put(point)
        }
    })
