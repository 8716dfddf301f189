import Platform
import Policy
import S3API
import Wire

// Object lock. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

extension ObjectVersion {
    /// Makes sure that the version may be deleted.
    /// - Parameter bypass: whether the caller asked to bypass governance mode, and may.
    func checkUnlocked(at time: Double, bypass: Bool) throws(ServiceError) {
        guard !isUnlocked(at: time) else { return }
        guard bypass, legalHold != true, retention?.mode == .governance else { throw .locked }
    }

    /// Whether nothing keeps the version from being deleted.
    func isUnlocked(at time: Double) -> Bool {
        legalHold != true && (retention.map { $0.until <= time } ?? true)
    }
}

extension ServiceError {
    static var locked: ServiceError {
        .s3("AccessDenied", "Access Denied because object protected by object lock.", status: 403)
    }

    static var noLock: ServiceError { .invalidRequest("Bucket is missing Object Lock Configuration") }

    static var noLockOfObject: ServiceError {
        .s3(
            "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration",
            status: 404)
    }
}

extension S3.GetObjectRetention: ObjectRead {
    static func answer(
        _ version: ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        guard bucket.hasObjectLock else { throw .noLock }
        guard let retention = version.retention else { throw .noLockOfObject }
        return Output {
            $0.retention = S3.ObjectLockRetention {
                $0.mode = retention.mode.rawValue
                $0.retainUntilDate = Timestamp(secondsSinceEpoch: retention.until)
            }
        }
    }
}

extension S3.PutObjectRetention: ObjectChange {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [:]
        keys["s3:object-lock-mode"] = input.retention?.mode.map { .one($0) }
        keys["s3:object-lock-retain-until-date"] = input.retention?.retainUntilDate.map { .one($0.iso8601) }
        return keys
    }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        var need = try await need(input, call)
        need.context[RetentionDays.key] = RetentionDays.value(until: input.retention?.retainUntilDate, call)
        guard input.bypassGovernanceRetention == true else { return .required(need) }
        var bypass = need
        bypass.action = "s3:BypassGovernanceRetention"
        return .required([need, bypass])
    }

    static func change(
        _ version: inout ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        guard bucket.hasObjectLock else { throw .noLock }
        guard let wanted = input.retention else { throw .malformedXML }
        var new: ObjectVersion.Retention?
        // An empty one takes the retention away, as far as that may be.
        if wanted.mode != nil || wanted.retainUntilDate != nil {
            guard let mode = wanted.mode.flatMap(ObjectVersion.Retention.Mode.init(rawValue:)),
                let until = wanted.retainUntilDate
            else { throw .malformedXML }
            guard until.secondsSinceEpoch > call.time else {
                throw .invalidArgument(
                    "The retain until date must be in the future!", "RetainUntilDate", until.iso8601)
            }
            new = ObjectVersion.Retention(mode: mode, until: until.secondsSinceEpoch)
        }
        if let old = version.retention, old.until > call.time {
            // Longer is always allowed; anything else takes a bypass, and in compliance mode there is none.
            let isStricter =
                new.map { $0.until >= old.until && ($0.mode == old.mode || $0.mode == .compliance) } ?? false
            guard isStricter || old.mode == .governance && input.bypassGovernanceRetention == true else {
                throw .locked
            }
        }
        version.retention = new
        return Output()
    }
}

extension S3.GetObjectLegalHold: ObjectRead {
    static func answer(
        _ version: ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        guard bucket.hasObjectLock else { throw .noLock }
        guard let hold = version.legalHold else { throw .noLockOfObject }
        return Output { $0.legalHold = S3.ObjectLockLegalHold { $0.status = hold ? "ON" : "OFF" } }
    }
}

extension S3.PutObjectLegalHold: ObjectChange {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [:]
        keys["s3:object-lock-legal-hold"] = input.legalHold?.status.map { .one($0) }
        return keys
    }

    static func change(
        _ version: inout ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        guard bucket.hasObjectLock else { throw .noLock }
        guard let status = input.legalHold?.status, ["ON", "OFF"].contains(status) else { throw .malformedXML }
        version.legalHold = status == "ON"
        return Output()
    }
}

/// How long an object is to be kept, as policies may limit it: in days that have begun.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html>
enum RetentionDays {
    static let key = "s3:object-lock-remaining-retention-days"

    /// - Returns: nil for a request that says nothing of it.
    static func value(until moment: Timestamp?, _ call: Call) -> ContextValue? {
        guard let moment else { return nil }
        let days = ((moment.secondsSinceEpoch - call.time) / 86_400).rounded(.up)
        return Int64(exactly: days).map { .one(String($0)) }
    }
}
