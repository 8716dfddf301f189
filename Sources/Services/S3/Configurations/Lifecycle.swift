import Ledger
import Platform
import S3API
import Wire

// Lifecycle rules, as they are told and shown.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html>

extension S3.PutBucketLifecycleConfiguration: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .lifecycle }
    private static let most = 1000
    private static let longestID = 255

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard let rules = input.lifecycleConfiguration?.rules, !rules.isEmpty, rules.count <= most else {
            throw .malformedXML
        }
        guard bucket.mfaDelete != true else {
            throw .invalidBucketState(
                "Lifecycle configuration is not supported on a bucket that has MFA Delete enabled.")
        }
        var ids: Set<String> = []
        for rule in rules {
            if bucket.zone != nil { try S3Express.checkLifecycle(rule) }
            try check(rule, &ids)
        }
    }

    /// Below which size nothing is moved to another class, of buckets that say nothing; nil: a directory bucket has no other.
    private static func minimumSize(_ input: Input) -> String? {
        guard !input.bucket.hasSuffix(DirectoryBucketName.suffix) else { return nil }
        return input.transitionDefaultMinimumObjectSize ?? "all_storage_classes_128K"
    }

    /// The answer to a request for it: a header beside the rules, of which those without an id get one.
    static func kept(_ structure: Structure, _ input: Input) -> Structure {
        S3.GetBucketLifecycleConfiguration.Output {
            $0.transitionDefaultMinimumObjectSize = minimumSize(input)
            $0.rules = S3.BucketLifecycleConfiguration(structure).rules.map { rule in
                var rule = rule
                if rule.id == nil { rule.id = VersionID.make(0) }
                return rule
            }
        }.structure
    }

    static func answer(_ input: Input) -> Output {
        Output { $0.transitionDefaultMinimumObjectSize = minimumSize(input) }
    }

    private static func check(_ rule: S3.LifecycleRule, _ ids: inout Set<String>) throws(ServiceError) {
        guard ["Enabled", "Disabled"].contains(rule.status) else { throw .malformedXML }
        if let id = rule.id {
            guard id.utf8.count <= longestID else {
                throw .invalidArgument("ID length should not exceed allowed limit of 255", "ID", id)
            }
            guard ids.insert(id).inserted else {
                throw .invalidArgument("Rule ID must be unique. Found same ID for more than one rule", "ID", id)
            }
        }
        guard
            rule.expiration != nil || rule.transitions?.isEmpty == false || rule.noncurrentVersionExpiration != nil
                || rule.noncurrentVersionTransitions?.isEmpty == false || rule.abortIncompleteMultipartUpload != nil
        else {
            throw .invalidRequest("At least one action needs to be specified in a rule.")
        }
        try checkFilter(rule)
        try LifecycleTransition.check(rule)
        try checkDays(rule)
        if let expiration = rule.expiration {
            let said = [expiration.date != nil, expiration.days != nil, expiration.expiredObjectDeleteMarker != nil]
            guard said.filter({ $0 }).count == 1 else { throw .malformedXML }
            if let date = expiration.date?.secondsSinceEpoch,
                date.truncatingRemainder(dividingBy: 86_400) != 0
            {
                throw .invalidArgument(
                    "'Date' must be at midnight GMT", "Date", expiration.date?.iso8601)
            }
            guard expiration.days.map({ $0 > 0 }) ?? true else {
                throw .invalidArgument(
                    "'Days' for Expiration action must be a positive integer", "Days",
                    expiration.days.map { String($0) })
            }
        }
    }
}

extension S3.PutBucketLifecycleConfiguration {
    /// What a rule is about is said, in one way: else it would be about more than was meant.
    /// - Throws: MalformedXML; InvalidRequest where an action does not go by what the filter goes by.
    private static func checkFilter(_ rule: S3.LifecycleRule) throws(ServiceError) {
        guard (rule.filter == nil) != (rule.prefix == nil) else { throw .malformedXML }
        guard let filter = rule.filter else { return }
        let said = [
            filter.prefix != nil, filter.tag != nil, filter.objectSizeGreaterThan != nil,
            filter.objectSizeLessThan != nil, filter.and != nil,
        ]
        guard said.count(where: { $0 }) <= 1 else { throw .malformedXML }
        let and = filter.and
        if let and {
            // What joins nothing would leave nothing out.
            let joined = [and.prefix != nil, and.objectSizeGreaterThan != nil, and.objectSizeLessThan != nil]
                .count { $0 }
            guard joined + (and.tags?.count ?? 0) >= 2 else { throw .malformedXML }
        }
        let hasTags = filter.tag != nil || and?.tags?.isEmpty == false
        let hasSizes =
            filter.objectSizeGreaterThan != nil || filter.objectSizeLessThan != nil
            || and?.objectSizeGreaterThan != nil || and?.objectSizeLessThan != nil
        // Uploads have neither.
        if rule.abortIncompleteMultipartUpload != nil {
            guard !hasTags else {
                throw .invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.")
            }
            guard !hasSizes else {
                throw .invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Object Size.")
            }
        }
        guard !hasTags || rule.expiration?.expiredObjectDeleteMarker == nil else {
            throw .invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.")
        }
    }

    /// - Throws: InvalidArgument for numbers of days, or of versions, that would end everything at once.
    private static func checkDays(_ rule: S3.LifecycleRule) throws(ServiceError) {
        let noncurrent = rule.noncurrentVersionExpiration
        let numbers = [
            ("NoncurrentDays", "NoncurrentVersionExpiration", noncurrent?.noncurrentDays),
            ("NewerNoncurrentVersions", "NoncurrentVersionExpiration", noncurrent?.newerNoncurrentVersions),
            (
                "DaysAfterInitiation", "AbortIncompleteMultipartUpload",
                rule.abortIncompleteMultipartUpload?.daysAfterInitiation
            ),
        ]
        for (member, action, number) in numbers {
            guard let number, number <= 0 else { continue }
            throw .invalidArgument(
                "'\(member)' for \(action) action must be a positive integer", member, String(number))
        }
    }
}

extension S3.GetBucketLifecycleConfiguration: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .lifecycle }

    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        throw .s3(
            "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", status: 404,
            ["BucketName": bucket.name])
    }
}

extension S3.DeleteBucketLifecycle: DeleteConfiguration {
    static var subject: BucketConfiguration.Subject { .lifecycle }
}
