import Directory
import Platform
import Wire

// Amazon S3: a bucket's ARN does not say whose it is, and so its owner is kept as well.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>

extension KeptLesson {
    static let buckets: [KeptLesson] =
        [
            // A bucket that is known to be somebody's stays so until he deletes it: nobody else can take it by asking for it again.
            KeptLesson(service: "s3", operation: "CreateBucket") { call in
                guard let bucket = call.resource else { return [] }
                let account = call.place.account
                // In this region alone, to make one's own bucket again is no error, and changes nothing.
                let mayBeKnown = call.place.region == "us-east-1"
                return [
                    KeptEdit(arn: bucket) { kept in
                        guard kept.owner == nil || kept.owner == account else { return }
                        if !mayBeKnown { kept = KeptResource(arn: bucket) }
                        kept.owner = account
                    }
                ]
            },
            KeptLesson(service: "s3", operation: "PutBucketPolicy") { call in
                let policy = call.text("Policy")
                return call.edit { $0.setPolicy(policy) }
            },
            KeptLesson(
                service: "s3", operation: "GetBucketPolicy", readsAnswer: true, isRead: true,
                codes: ["NoSuchBucketPolicy", "NoSuchBucket"]
            ) { call in
                if call.code == "NoSuchBucket" { return call.forget }
                let policy = call.output.text("Policy")
                return call.edit { $0.setPolicy(policy) }
            },
            KeptLesson(service: "s3", operation: "DeleteBucketPolicy") { call in call.edit { $0.setPolicy(nil) } },
            KeptLesson(service: "s3", operation: "PutPublicAccessBlock") { call in
                let restricts = call.input.restrictsPublicBuckets
                return call.edit { $0.restrictsPublicBuckets = restricts }
            },
            KeptLesson(
                service: "s3", operation: "GetPublicAccessBlock", readsAnswer: true, isRead: true,
                codes: ["NoSuchPublicAccessBlockConfiguration"]
            ) { call in
                let restricts = call.output.restrictsPublicBuckets
                return call.edit { $0.restrictsPublicBuckets = restricts }
            },
            KeptLesson(service: "s3", operation: "DeletePublicAccessBlock") { call in
                call.edit { $0.restrictsPublicBuckets = nil }
            },
        ] + gone("s3", "DeleteBucket")
}

extension Structure {
    /// nil: it does not.
    fileprivate var restrictsPublicBuckets: Bool? {
        guard case .structure(let block)? = self["PublicAccessBlockConfiguration"] else { return nil }
        return block["RestrictPublicBuckets"] == .boolean(true) ? true : nil
    }
}

extension ARN {
    /// Whether it is of a bucket of S3, and not of what is in one.
    var isBucket: Bool {
        service == "s3" && account.isEmpty && region.isEmpty && !resource.utf8.contains(UInt8(ascii: "/"))
    }

    /// The bucket that it is of, or that its object is in; nil for other ARNs.
    var bucket: ARN? {
        guard service == "s3", account.isEmpty, region.isEmpty else { return nil }
        var bucket = self
        // By bytes: an accent at the beginning of a key would be one letter with the slash.
        bucket.resource = String(Substring(resource.utf8.prefix { $0 != UInt8(ascii: "/") }))
        return bucket
    }
}

extension KeptResources {
    /// The account that owns the bucket which an ARN is of, or whose object; nil where nobody has told.
    func ownerOfBucket(_ arn: String) -> String? {
        (ARN(parsing: arn) ?? ARN(parsingFreely: arn))?.bucket.flatMap { kept($0) }?.owner
    }
}
