import Directory
import Platform
import Policy
import S3ControlAPI
import Wire

// Access points. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html>

extension Quota {
    /// In a Region. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html>
    static let accessPoints = Quota("AccessPoints", 10_000)
}

/// An operation on an access point of the account that the request names. `handle` looks for it.
protocol OnAccessPoint: Operation where InputFields: S3Control.WithAccountId, InputFields: S3Control.WithName {}

extension OnAccessPoint {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.need(shape.name, onAccessPoint: input.name, of: try input.account()))
    }
}

extension Call {
    /// What a request needs for an action on an access point itself.
    func need(
        _ action: String, onAccessPoint name: String, of account: String, _ keys: [String: ContextValue] = [:]
    ) -> Access {
        var access = Access(
            "s3:\(action)", on: AccessPoint.arn(name, account, region), resourceAccount: account, context: keys)
        access.context["s3:resourceaccount"] = .one(account)
        access.wordDenial(to: caller)
        return access
    }
}

extension RecordReading {
    /// An access point as it is in this transaction.
    /// - Throws: NoSuchAccessPoint.
    func accessPoint(_ name: String, of account: String, in region: String) throws(ServiceError) -> AccessPoint {
        guard let point = try shared.get(AccessPoint.self, AccessPoint.id(name, account, region)) else {
            throw .noSuchAccessPoint
        }
        return point
    }

    /// Makes sure that a bucket may be deleted. Access points of other accounts are no reason to keep it.
    func checkHasNoAccessPoints(_ bucket: Bucket) throws(ServiceError) {
        let points = try shared.referrers(AccessPoint.self, AccessPoint.Relation.bucket, to: bucket.name)
        guard points.contains(where: { $0.accountID == bucket.accountID }) else { return }
        throw .s3(
            "BucketHasAccessPointsAttached",
            "The bucket that you're trying to delete has access points attached. Delete your access points before deleting your bucket.",
            ["BucketName": bucket.name])
    }
}

extension S3Control.CreateAccessPoint: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard AccessPointName.isValid(input.name) else {
            throw .invalidRequest(
                "The access point's name must have 3 to 50 lower-case letters, digits and hyphens, and begin and end with a letter or digit."
            )
        }
        let account = try input.account()
        var keys: [String: ContextValue] = [
            "s3:dataaccesspointarn": .one(AccessPoint.arn(input.name, account, call.region)),
            "s3:dataaccesspointaccount": .one(account),
            "s3:accesspointnetworkorigin": .one(input.vpcConfiguration == nil ? "Internet" : "VPC"),
            "s3:locationconstraint": .one(call.region),
        ]
        keys.merge(requestTags(input.tags)) { own, _ in own }
        var need = call.need("CreateAccessPoint", onAccessPoint: input.name, of: account, keys)
        need.isOfNewResource = true
        var needs = [need]
        if input.publicAccessBlockConfiguration != nil {
            needs.append(
                Access("s3:PutAccessPointPublicAccessBlock", on: "*", resourceAccount: account, context: keys))
        }
        if input.tags?.isEmpty == false {
            need.action = "s3:TagResource"
            needs.append(need)
        }
        return .required(needs)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (name, account, shared) = (input.name, input.accountId, records.shared)
        guard input.scope == nil else {
            throw .invalidRequest(
                "Only access points of directory buckets have a scope, and Gatehouse has none of these.")
        }
        let bucket = try records.bucket(input.bucket)
        guard bucket.accountID == (input.bucketAccountId ?? account) else { throw .accessDenied }
        guard bucket.region == call.region else { throw .permanentRedirect(bucket) }
        guard try shared.get(AccessPoint.self, AccessPoint.id(name, account, call.region)) == nil else {
            throw .s3(
                "AccessPointAlreadyOwnedByYou",
                "Your previous request to create the named accesspoint succeeded and you already own it.", status: 409,
                ["AccessPointName": name])
        }
        // Below the host names of some endpoints it would stand in the way of somebody else's bucket.
        guard try shared.get(Bucket.self, "\(name)-\(account)").map({ $0.accountID == account }) ?? true else {
            throw .invalidRequest(
                "Another account has a bucket named \(name)-\(account), the host name of this access point. Choose another name."
            )
        }
        let quota = call.quotas[.accessPoints]
        guard call.accessPoints.points(of: account, in: call.region).count < quota else {
            throw .s3("TooManyAccessPoints", "You have attempted to create more access points than allowed (\(quota)).")
        }
        let point = AccessPoint(
            name: name, accountID: account, region: call.region, bucket: bucket.name,
            bucketAccountID: bucket.accountID, alias: AccessPointName.makeAlias(of: name), creationDate: call.time,
            vpcID: input.vpcConfiguration?.vpcId,
            publicAccessBlock: input.publicAccessBlockConfiguration.map { PublicAccessBlock($0) } ?? .everything,
            tags: try TagRules.ofBuckets.new(input.tags))
        try shared.put(point)
        return Output {
            $0.accessPointArn = point.arn
            $0.alias = point.alias
        }
    }
}

extension S3Control.GetAccessPoint: ReadOperation, OnAccessPoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let point = try records.accessPoint(input.name, of: input.accountId, in: call.region)
        return Output {
            $0.name = point.name
            $0.bucket = point.bucket
            $0.networkOrigin = point.networkOrigin
            $0.vpcConfiguration = point.vpcConfiguration
            $0.publicAccessBlockConfiguration = point.publicAccessBlock.controlView
            $0.creationDate = Timestamp(secondsSinceEpoch: point.creationDate)
            $0.alias = point.alias
            $0.accessPointArn = point.arn
            $0.endpoints = [
                "ipv4": "s3-accesspoint.\(point.region).amazonaws.com",
                "dualstack": "s3-accesspoint.dualstack.\(point.region).amazonaws.com",
                "fips": "s3-accesspoint-fips.\(point.region).amazonaws.com",
                "fips_dualstack": "s3-accesspoint-fips.dualstack.\(point.region).amazonaws.com",
            ]
            $0.bucketAccountId = point.bucketAccountID
        }
    }
}

extension AccessPoint {
    fileprivate var vpcConfiguration: S3Control.VpcConfiguration? {
        vpcID.map { id in S3Control.VpcConfiguration { $0.vpcId = id } }
    }
}

extension S3Control.AccessPoint {
    fileprivate init(_ point: AccessPoint) {
        self.init()
        name = point.name
        networkOrigin = point.networkOrigin
        vpcConfiguration = point.vpcConfiguration
        bucket = point.bucket
        accessPointArn = point.arn
        alias = point.alias
        bucketAccountId = point.bucketAccountID
    }
}

extension S3Control.ListAccessPoints: ComputeOperation, OnAccount {
    private static let most = 1000

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let points = call.accessPoints.points(of: input.accountId, in: call.region).filter {
            input.bucket == nil || input.bucket == $0.bucket
        }
        let limit = min(max(input.maxResults ?? most, 1), most)
        return Output(page(points, by: \.name, try Paging(marker: input.nextToken, maxItems: limit))) {
            S3Control.AccessPoint($0)
        }
    }
}

extension S3Control.DeleteAccessPoint: WriteOperation, OnAccessPoint {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.shared.delete(try records.accessPoint(input.name, of: input.accountId, in: call.region))
        return Output()
    }
}
