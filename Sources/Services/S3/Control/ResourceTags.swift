import Directory
import Platform
import Policy
import S3ControlAPI
import Wire

// Tags of buckets, access points and what S3 Access Grants has, by their ARNs. Those of a bucket are the ones that PutBucketTagging sets.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging.html>

/// An operation on the tags of what an ARN names.
protocol OnTagged: Operation where InputFields: S3Control.WithAccountId, InputFields: S3Control.WithResourceArn {
    /// Its condition keys, in lower case.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnTagged {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        switch try TaggedResource(input.resourceArn) {
        case .bucket(let name):
            let entry = try call.bucket(named: name)
            // The ARN of a directory bucket has its account and its Region.
            guard entry.bucket.arn == input.resourceArn else { throw .noSuchBucket(name) }
            guard entry.bucket.accountID == input.accountId else { throw .accessDenied }
            return .required(call.need(shape.name, on: entry, keys(input)))
        case .accessPoint(let point):
            guard point.account == input.accountId else { throw .accessDenied }
            return .required(call.need(shape.name, onAccessPoint: point.name, of: point.account, keys(input)))
        case .accessGrants(let name):
            guard name.account == input.accountId else { throw .accessDenied }
            return .required(try await call.need(shape.name, lookingUp: name, keys(input)))
        }
    }
}

/// What can have tags here.
private enum TaggedResource {
    case bucket(String)
    case accessPoint(AccessPointName)
    case accessGrants(AccessGrantsName)

    /// - Throws: InvalidRequest for an ARN of anything else.
    init(_ arn: String) throws(ServiceError) {
        let bucket = "arn:aws:s3:::"
        if let point = AccessPointName(arn: arn), arn == AccessPoint.arn(point.name, point.account, point.region) {
            self = .accessPoint(point)
        } else if let name = ARN(parsing: arn).flatMap({ AccessGrantsName($0) }) {
            self = .accessGrants(name)
        } else if arn.hasPrefix(bucket), !arn.contains("/"), !arn.hasSuffix(AccessPointName.aliasSuffix) {
            self = .bucket(String(arn.dropFirst(bucket.count)))
        } else if let name = ARN(parsing: arn), name.service == S3Express.signingName,
            name.resource.hasPrefix("bucket/")
        {
            self = .bucket(String(name.resource.dropFirst("bucket/".count)))
        } else {
            throw .invalidRequest(
                "Gatehouse keeps tags of buckets, access points and S3 Access Grants; this is the ARN of none of these: \(arn)"
            )
        }
    }

    /// Its tags, as they are in this transaction.
    func tags(_ call: Call, _ records: some RecordReading) throws(ServiceError) -> [Tag] {
        switch self {
        case .bucket(let name): try records.bucket(name).tags
        case .accessPoint(let point):
            try records.accessPoint(point.name, of: point.account, in: call.region).tags
        case .accessGrants(let name): try name.tags(records)
        }
    }

    /// What its tags become when a request adds some.
    func merge(_ added: [S3Control.Tag], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        switch self {
        case .bucket, .accessPoint: try TagRules.ofBuckets.merge(added, into: tags)
        case .accessGrants: try TagRules.ofAccessGrants.mergeChecked(added, into: tags)
        }
    }

    func change(
        _ call: Call, _ records: MutableRecords, _ change: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        switch self {
        case .bucket(let name):
            var bucket = try records.bucket(name)
            bucket.tags = try change(bucket.tags)
            try records.shared.put(bucket)
        case .accessPoint(let name):
            var point = try records.accessPoint(name.name, of: name.account, in: call.region)
            point.tags = try change(point.tags)
            try records.shared.put(point)
        case .accessGrants(let name): try name.change(records, change)
        }
    }
}

extension S3Control.TagResource: WriteOperation, OnTagged {
    static func keys(_ input: Input) -> [String: ContextValue] { requestTags(input.tags) }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let resource = try TaggedResource(input.resourceArn)
        try resource.change(call, records) { (tags) throws(ServiceError) in
            try resource.merge(input.tags, into: tags)
        }
        return Output()
    }
}

extension S3Control.UntagResource: WriteOperation, OnTagged {
    static func keys(_ input: Input) -> [String: ContextValue] { ["aws:tagkeys": .many(input.tagKeys)] }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try TaggedResource(input.resourceArn).change(call, records) { tags in
            TagRules.ofBuckets.remove(input.tagKeys, from: tags)
        }
        return Output()
    }
}

extension S3Control.ListTagsForResource: ReadOperation, OnTagged {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try TaggedResource(input.resourceArn).tags(call, records)
        return Output { $0.tags = tags.map(S3Control.Tag.init) }
    }
}
