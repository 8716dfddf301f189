import Directory
import Ledger
import Platform
import Policy
import S3API
import Wire

// Buckets. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/creating-buckets-s3.html>

extension Quota {
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html>
    static let buckets = Quota("Buckets", 10_000)
}

extension S3.CreateBucket: WriteOperation {
    /// The region that a request asks for. Without a constraint it is `us-east-1`, whose name no constraint may be.
    private static func region(_ input: Input, _ call: Call) throws(ServiceError) -> String {
        let constraint = input.createBucketConfiguration?.locationConstraint
        let region = constraint == "EU" ? "eu-west-1" : constraint ?? "us-east-1"
        guard constraint != "us-east-1", constraint == nil || Regions.needsOptIn(region) != nil else {
            throw .invalidLocation(constraint ?? "")
        }
        guard region == call.region else { throw .illegalLocation(constraint ?? "unspecified") }
        return region
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        if call.isOfDirectoryBuckets { return try S3Express.accessToCreate(input, call) }
        guard BucketName.isValid(input.bucket, in: input.bucketNamespace, of: call.accountID, call.region) else {
            throw .invalidBucketName(input.bucket)
        }
        let arn = "arn:aws:s3:::\(input.bucket)"
        func need(_ action: String, _ keys: [String: ContextValue] = [:]) -> Access {
            var access = Access("s3:\(action)", on: arn, resourceAccount: call.accountID, context: keys)
            access.isOfNewResource = true
            access.wordDenial(to: call.caller)
            return access
        }
        var keys: [String: ContextValue] = ["s3:locationconstraint": .one(try region(input, call))]
        keys.merge(AccessControlLists.keys(input.structure)) { own, _ in own }
        keys["s3:x-amz-object-ownership"] = input.objectOwnership.map { .one($0) }
        keys["s3:x-amz-bucket-namespace"] = input.bucketNamespace.map { .one($0) }
        var needs = [need("CreateBucket", keys)]
        if AccessControlList.isSaid(in: input.structure) { needs.append(need("PutBucketAcl", keys)) }
        if input.objectLockEnabledForBucket == true {
            needs += [need("PutBucketObjectLockConfiguration"), need("PutBucketVersioning")]
        }
        if let ownership = input.objectOwnership {
            needs.append(need("PutBucketOwnershipControls", ["s3:x-amz-object-ownership": .one(ownership)]))
        }
        if let tags = input.createBucketConfiguration?.tags, !tags.isEmpty {
            needs.append(need("TagResource", requestTags(tags)))
        }
        return .required(needs)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        if call.isOfDirectoryBuckets { return try S3Express.create(input, call, records) }
        let (name, shared) = (input.bucket, records.shared)
        if let other = try shared.get(Bucket.self, name) {
            guard other.accountID == call.accountID else { throw .bucketAlreadyExists(name) }
            // In the oldest region, and there alone, it may be created again.
            guard other.region == "us-east-1", call.region == "us-east-1" else { throw .bucketAlreadyOwnedByYou(name) }
            return answer(other)
        }
        // Below the host names of some endpoints it would stand in the way of somebody else's access point.
        if let point = AccessPointName(label: name, region: call.region), point.account != call.accountID,
            call.accessPoints.isThere(point.name, point.account)
        {
            throw .bucketAlreadyExists(name)
        }
        let quota = call.quotas[.buckets]
        guard try shared.referrerCount(Bucket.Relation.owner, to: call.accountID) < quota else {
            throw .tooManyBuckets(quota)
        }
        var bucket = Bucket(
            name: name, accountID: call.accountID, region: call.region, creationDate: call.time)
        if let ownership = input.objectOwnership {
            guard let ownership = Bucket.Ownership(rawValue: ownership) else {
                throw .invalidArgument("Invalid x-amz-object-ownership header: \(ownership)", "x-amz-object-ownership")
            }
            bucket.ownership = ownership
        }
        bucket.acl = try AccessControlLists.ofNewBucket(input.structure, with: bucket.ownership, call)
        if input.objectLockEnabledForBucket == true {
            bucket.hasObjectLock = true
            bucket.versioning = .enabled
        }
        bucket.tags = try TagRules.ofBuckets.new(input.createBucketConfiguration?.tags)
        try shared.put(bucket)
        return answer(bucket)
    }

    private static func answer(_ bucket: Bucket) -> Output {
        Output {
            $0.location = bucket.region == "us-east-1" ? "/\(bucket.name)" : "http://\(bucket.name).s3.amazonaws.com/"
            $0.bucketArn = bucket.arn
        }
    }
}

extension S3.DeleteBucket: WriteOperation, OnBucket {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let shared = records.shared
        let bucket = try records.bucket(input.bucket, call)
        try records.checkHasNoAccessPoints(bucket)
        guard try !records.hasObjects(bucket) else {
            throw .bucketNotEmpty(bucket.name, isVersioned: bucket.versioning != .never)
        }
        // <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>
        if bucket.zone != nil, try !shared.list(MultipartUpload.self, of: bucket.name, limit: 1).isEmpty {
            throw .bucketNotEmpty(bucket.name, isVersioned: false)
        }
        for configuration in try shared.configurations(of: bucket.name) { try shared.delete(configuration) }
        // The name may be somebody else's next.
        while true {
            let uploads = try shared.list(MultipartUpload.self, of: bucket.name, limit: 100)
            for upload in uploads { try records.abort(upload, at: call.time) }
            guard !uploads.isEmpty else { break }
        }
        try shared.delete(bucket)
        return Output()
    }
}

extension S3.HeadBucket: BucketRead {
    static var action: String { "ListBucket" }

    /// Whoever asks is told the bucket's Region, allowed or not: clients find it out so.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        var need = call.need(action, on: entry)
        let (region, isAnonymous) = (entry.bucket.region, call.caller.isAnonymous)
        need.denial = { message in
            var error: ServiceError = isAnonymous ? .accessDenied : .accessDenied(message)
            error.headers["x-amz-bucket-region"] = region
            return error
        }
        return .required(need)
    }

    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output {
            $0.bucketArn = bucket.arn
            $0.bucketRegion = bucket.region
            $0.accessPointAlias = call.learnt(BucketEntry.self)?.accessPoint != nil
            if let zone = bucket.zone {
                $0.bucketLocationName = zone
                $0.bucketLocationType = DirectoryBucketName(bucket.name)?.locationType
            }
        }
    }
}

extension S3.GetBucketLocation: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        // The oldest region has no name here.
        Output { $0.locationConstraint = bucket.region == "us-east-1" ? nil : bucket.region }
    }
}

extension S3.ListBuckets: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("s3:ListAllMyBuckets", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let limit = input.maxBuckets ?? 10_000
        let prefix = input.prefix ?? ""
        let page = try records.shared.page(
            Bucket.self, Bucket.Relation.owner, to: call.accountID,
            Paging(marker: input.continuationToken, maxItems: limit)
        ) { bucket in
            bucket.name.hasPrefix(prefix) && (input.bucketRegion ?? bucket.region) == bucket.region
        }
        return Output {
            $0.buckets = page.items.map { bucket in
                S3.Bucket {
                    $0.name = bucket.name
                    $0.creationDate = Timestamp(secondsSinceEpoch: bucket.creationDate)
                    // Only requests that page get these.
                    if input.maxBuckets != nil || input.bucketRegion != nil || input.prefix != nil {
                        $0.bucketRegion = bucket.region
                        $0.bucketArn = bucket.arn
                    }
                }
            }
            $0.owner = S3.Owner(ofAccount: call.accountID)
            $0.continuationToken = page.marker
            $0.prefix = input.prefix
        }
    }
}
