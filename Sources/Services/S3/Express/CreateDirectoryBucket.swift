import Platform
import Policy
import S3API
import Wire

// Creating directory buckets.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-create.html>

extension Quota {
    /// In each Region. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-performance.html>
    static let directoryBuckets = Quota("DirectoryBuckets", 100)
}

extension S3Express {
    static func accessToCreate(_ input: S3.CreateBucket.Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = DirectoryBucketName(input.bucket) else { throw .invalidBucketName(input.bucket) }
        let arn = "arn:aws:s3express:\(call.region):\(call.accountID):bucket/\(input.bucket)"
        func need(_ action: String, _ keys: [String: ContextValue] = [:]) -> Access {
            var access = Access("s3express:\(action)", on: arn, resourceAccount: call.accountID, context: keys)
            access.context["s3express:resourceaccount"] = .one(call.accountID)
            access.isOfNewResource = true
            access.wordDenial(to: call.caller)
            // A client that knows one endpoint alone signs this, too, with a session for the bucket that is to be.
            if let session = call.caller.zonalSession, session.bucket != input.bucket || !manages(session, call) {
                access.verdict = .refused(.accessDenied)
            }
            return access
        }
        var needs = [need("CreateBucket", ["s3express:locationname": .one(name.zone)])]
        if let tags = input.createBucketConfiguration?.tags, !tags.isEmpty {
            needs[0].context.merge(requestTags(tags)) { own, _ in own }
            needs.append(need("TagResource", requestTags(tags)))
        }
        return .required(needs)
    }

    /// The zone, if the request says the same of the place as the name does.
    private static func zone(_ input: S3.CreateBucket.Input, _ call: Call) throws(ServiceError) -> String {
        guard let name = DirectoryBucketName(input.bucket) else { throw .invalidBucketName(input.bucket) }
        try refuse(
            [
                "ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP",
                "ObjectLockEnabledForBucket", "ObjectOwnership", "BucketNamespace",
            ], in: input.structure)
        let asked = input.createBucketConfiguration
        guard asked?.locationConstraint == nil else { throw .invalidLocation(asked?.locationConstraint ?? "") }
        guard let location = asked?.location, let kind = asked?.bucket, location.name == name.zone,
            location.type == name.locationType, kind.type == "Directory",
            kind.dataRedundancy ?? name.redundancy == name.redundancy
        else {
            throw .invalidRequest(
                "The location and the type of a directory bucket must be those of its name: \(name.locationType)"
                    + " \(name.zone), \(name.redundancy).")
        }
        guard name.isIn(call.region) else { throw .illegalLocation(name.zone) }
        return name.zone
    }

    static func create(
        _ input: S3.CreateBucket.Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> S3.CreateBucket.Output {
        let (name, shared) = (input.bucket, records.shared)
        let zone = try zone(input, call)
        if let other = try shared.get(Bucket.self, name) {
            throw other.accountID == call.accountID ? .bucketAlreadyOwnedByYou(name) : .bucketAlreadyExists(name)
        }
        let quota = call.quotas[.directoryBuckets]
        guard try shared.referrerCount(Bucket.Relation.directoryOwner, to: call.accountID) < quota else {
            throw .tooManyBuckets(quota)
        }
        var bucket = Bucket(name: name, accountID: call.accountID, region: call.region, creationDate: call.time)
        bucket.zone = zone
        bucket.tags = try TagRules.ofBuckets.new(input.createBucketConfiguration?.tags)
        try shared.put(bucket)
        return S3.CreateBucket.Output {
            $0.location = "https://\(name).s3express-\(zone).\(bucket.region).amazonaws.com/"
            $0.bucketArn = bucket.arn
        }
    }

    /// Refuses what directory buckets have not.
    /// - Parameter members: of the request, by the model's names.
    static func refuse(_ members: [String], in input: Structure) throws(ServiceError) {
        for name in members {
            guard let index = input.shape.index(of: name), input[member: index] != nil else { continue }
            throw .notImplemented(header: input.shape.members[index].wireName)
        }
    }
}

extension DirectoryBucketName {
    /// AWS's name of the kind of place.
    var locationType: String { isLocalZone ? "LocalZone" : "AvailabilityZone" }

    /// AWS's name of how many zones the data is in.
    fileprivate var redundancy: String { isLocalZone ? "SingleLocalZone" : "SingleAvailabilityZone" }
}
