import Directory
import Ledger
import Platform
import Wire

/// What the reference of operations asks about: an access point of the bucket `box`, and a grant for it.
let s3ControlSamples = Samples(
    texts: [
        "AccessGrantId": "x", "AccessGrantsLocationId": AccessGrantsLocation.defaultID, "AccountId": Samples.account,
        "IAMRoleArn": role, "LocationScope": "s3://", "Name": "point", "ResourceArn": "arn:aws:s3:::box",
        "S3Prefix": "s3://box/*", "S3SubPrefix": "box/*", "Target": "s3://box/a",
    ],
    furnish: { environment in try await furnish(environment) })

private let role = "arn:aws:iam::\(Samples.account):role/x"

private func furnish(_ environment: Environment) async throws {
    let tags = [Tag(key: "a", value: "b")]
    let point = AccessPoint(
        name: "point", accountID: Samples.account, region: "us-east-1", bucket: "box",
        bucketAccountID: Samples.account, alias: AccessPointName.makeAlias(of: "point"),
        creationDate: Samples.time, publicAccessBlock: .everything, tags: tags)
    let instance = AccessGrantsInstance(
        accountID: Samples.account, region: "us-east-1", creationDate: Samples.time, tags: tags)
    let location = AccessGrantsLocation(
        id: AccessGrantsLocation.defaultID, accountID: Samples.account, region: "us-east-1", scope: "s3://",
        roleARN: role, creationDate: Samples.time, tags: tags)
    let grant = AccessGrantScope("s3://box/*").map { scope in
        AccessGrant(
            id: "x", accountID: Samples.account, region: "us-east-1", locationID: location.id, subPrefix: "box/*",
            scope: scope, permission: .read, grantee: role, granteeID: nil, creationDate: Samples.time, tags: tags)
    }
    try await environment.write(Scope(account: Samples.account, region: "us-east-1"), requestID: "") {
        (records) throws(ServiceError) in
        try records.shared.put(point)
        try records.put(instance)
        try records.put(location)
        if let grant { try records.put(grant) }
    }
}
