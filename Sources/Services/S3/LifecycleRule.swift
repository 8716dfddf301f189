import Directory
import Platform
import S3API
import Wire

/// A lifecycle rule that is enabled, as it acts.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
struct LifecycleRule: Sendable {
    /// Seconds.
    private static let day = 86_400.0

    let id: String
    let prefix: String
    private let tags: [Tag]
    private let greaterThan: Int64?
    private let lessThan: Int64?
    private let expirationDays: Int?
    private let expirationDate: Double?
    /// Whether delete markers go that have no version behind them.
    private let removesLoneMarkers: Bool
    private let noncurrentDays: Int?
    /// How many noncurrent versions are kept whatever their age.
    let newerNoncurrentVersions: Int
    private let abortDays: Int?
    private let transitions: [LifecycleTransition]
    private let noncurrentTransitions: [LifecycleTransition]
    /// AWS's name of the size below which nothing changes its class; nil: the rule has sizes of its own.
    private let minimumSize: String?

    /// - Parameter minimumSize: as the configuration has it.
    /// - Returns: nil for a rule that is disabled.
    init?(_ rule: S3.LifecycleRule, minimumSize: String? = nil) {
        guard rule.status == "Enabled" else { return nil }
        id = rule.id ?? ""
        let (filter, and) = (rule.filter, rule.filter?.and)
        prefix = and?.prefix ?? filter?.prefix ?? rule.prefix ?? ""
        tags = (and?.tags ?? filter?.tag.map { [$0] } ?? []).map(Tag.init)
        greaterThan = (and?.objectSizeGreaterThan ?? filter?.objectSizeGreaterThan).map(Int64.init)
        lessThan = (and?.objectSizeLessThan ?? filter?.objectSizeLessThan).map(Int64.init)
        expirationDays = rule.expiration?.days
        expirationDate = rule.expiration?.date?.secondsSinceEpoch
        removesLoneMarkers = rule.expiration?.expiredObjectDeleteMarker ?? false
        noncurrentDays = rule.noncurrentVersionExpiration?.noncurrentDays
        newerNoncurrentVersions = max(0, rule.noncurrentVersionExpiration?.newerNoncurrentVersions ?? 0)
        abortDays = rule.abortIncompleteMultipartUpload?.daysAfterInitiation
        transitions = LifecycleTransition.all(rule)
        noncurrentTransitions = LifecycleTransition.noncurrent(rule)
        let hasSizes = greaterThan != nil || lessThan != nil
        self.minimumSize = hasSizes ? nil : minimumSize ?? "all_storage_classes_128K"
    }

    /// Those of a configuration that are enabled.
    /// - Parameter json: the configuration as it is kept.
    static func enabled(_ json: String) -> [LifecycleRule] {
        let shape = S3.GetBucketLifecycleConfiguration.OutputFields.shape
        guard let structure = try? Structure(json: json, of: shape) else { return [] }
        let kept = S3.GetBucketLifecycleConfiguration.Output(structure)
        return (kept.rules ?? []).compactMap {
            LifecycleRule($0, minimumSize: kept.transitionDefaultMinimumObjectSize)
        }
    }

    /// Whether it is about objects of this key, these tags and this size.
    func applies(to version: ObjectVersion) -> Bool {
        guard version.key.utf8.starts(with: prefix.utf8) else { return false }
        // A delete marker has neither tags nor a size.
        guard !version.isDeleteMarker else { return tags.isEmpty && greaterThan == nil && lessThan == nil }
        return tags.allSatisfy(version.tags.contains) && (greaterThan.map { version.size > $0 } ?? true)
            && (lessThan.map { version.size < $0 } ?? true)
    }

    /// When a current version expires; nil: not by this rule.
    func expiration(of version: ObjectVersion) -> Double? {
        if let expirationDate { return expirationDate }
        return expirationDays.map { Self.midnight($0, after: version.modified) }
    }

    /// When a version goes that was followed by another at a time; nil: not by this rule.
    func noncurrentExpiration(since time: Double) -> Double? { noncurrentDays.map { Self.midnight($0, after: time) } }

    /// When a delete marker goes that has nothing behind it.
    func loneMarkerExpiration(of marker: ObjectVersion) -> Double? {
        removesLoneMarkers ? marker.modified : expirationDays.map { Self.midnight($0, after: marker.modified) }
    }

    /// The class that a current version is to be moved to by now; nil: it stays where it is.
    func transition(of version: ObjectVersion, at now: Double) -> String? {
        LifecycleTransition.due(transitions, version, minimum: minimumSize, at: now) {
            Self.midnight($0, after: version.modified)
        }
    }

    /// The same of a version that was followed by another at a time.
    /// - Parameter place: among the noncurrent versions of its key, the latest of which is the first.
    func transition(of version: ObjectVersion, since time: Double, place: Int, at now: Double) -> String? {
        LifecycleTransition.due(
            noncurrentTransitions.filter { place > $0.newerVersions }, version, minimum: minimumSize, at: now
        ) { Self.midnight($0, after: time) }
    }

    /// When an upload ends that nobody completes.
    func abortion(of upload: MultipartUpload) -> Double? {
        abortDays.map { Self.midnight($0, after: upload.initiated) }
    }

    /// Whether the rule has something to do with current versions; noncurrent ones and delete markers; uploads.
    var actsOnCurrent: Bool { expirationDays != nil || expirationDate != nil }
    var actsOnOthers: Bool { noncurrentDays != nil || removesLoneMarkers || expirationDays != nil }
    var actsOnUploads: Bool { abortDays != nil }
    /// Whether it moves current versions, and others, to other classes.
    var movesCurrent: Bool { !transitions.isEmpty }
    var movesOthers: Bool { !noncurrentTransitions.isEmpty }

    /// Days are counted from a moment on, and end with the next midnight in UTC.
    private static func midnight(_ days: Int, after time: Double) -> Double {
        ((time / day).rounded(.down) + Double(days) + 1) * day
    }
}

extension [LifecycleRule] {
    /// What answers about a current version say of its end, `x-amz-expiration`: by the rule that is first to act.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
    func expiration(of version: ObjectVersion) -> String? {
        let due = compactMap { rule -> (time: Double, id: String)? in
            guard rule.applies(to: version), let time = rule.expiration(of: version) else { return nil }
            return (time, rule.id)
        }
        guard let first = due.min(by: { $0.time < $1.time }) else { return nil }
        let date = Timestamp(secondsSinceEpoch: first.time).httpDate
        return "expiry-date=\"\(date)\", rule-id=\"\(URLEncoding.encode(first.id))\""
    }
}
