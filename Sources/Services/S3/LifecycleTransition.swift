import Platform
import S3API
import Wire

/// When a lifecycle rule moves objects to another storage class, and to which.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html>
struct LifecycleTransition: Sendable, Equatable {
    /// After an object was made, or has ceased to be current.
    var days: Int?
    /// In seconds since 1970; nil: after a number of days.
    var date: Double?
    var storageClass: String
    /// How many noncurrent versions stay where they are.
    var newerVersions = 0

    /// AWS's name: objects of 128 KiB and more.
    private static let least: Int64 = 128 << 10
    /// From the class that costs the most to keep something in, down to the least: objects only go down.
    private static let order = [
        "STANDARD": 0, "REDUCED_REDUNDANCY": 0, "STANDARD_IA": 1, "INTELLIGENT_TIERING": 2, "ONEZONE_IA": 3,
        "GLACIER_IR": 4, "GLACIER": 5, "DEEP_ARCHIVE": 6,
    ]

    /// Those of a rule, for current versions.
    static func all(_ rule: S3.LifecycleRule) -> [LifecycleTransition] {
        (rule.transitions ?? []).compactMap { transition in
            transition.storageClass.map {
                LifecycleTransition(
                    days: transition.days, date: transition.date?.secondsSinceEpoch, storageClass: $0)
            }
        }
    }

    /// Those of a rule, for versions that are not current any more.
    static func noncurrent(_ rule: S3.LifecycleRule) -> [LifecycleTransition] {
        (rule.noncurrentVersionTransitions ?? []).compactMap { transition in
            transition.storageClass.map {
                LifecycleTransition(
                    days: transition.noncurrentDays, storageClass: $0,
                    newerVersions: max(0, transition.newerNoncurrentVersions ?? 0))
            }
        }
    }

    /// Whether an object of a class and a size may be moved so.
    /// - Parameter minimum: AWS's name of the size below which nothing moves, where the rule has no filter by size; nil: any may.
    func moves(from other: String, size: Int64, minimum: String?) -> Bool {
        guard let from = Self.order[other], let to = Self.order[storageClass], from < to else { return false }
        guard other != "ONEZONE_IA" || storageClass != "GLACIER_IR" else { return false }
        let isArchive = storageClass == "GLACIER" || storageClass == "DEEP_ARCHIVE"
        switch minimum {
        case nil: return true
        case "varies_by_storage_class" where isArchive: return true
        default: return size >= Self.least
        }
    }

    /// The class that an object is to be in by now: the last of those whose time has come; nil: the one that it is in.
    /// - Parameter time: when a transition after some days comes, in seconds since 1970.
    static func due(
        _ transitions: [LifecycleTransition], _ version: ObjectVersion, minimum: String?, at now: Double,
        after time: (Int) -> Double
    ) -> String? {
        transitions.filter { transition in
            let moment = transition.date ?? transition.days.map(time)
            return moment.map { $0 <= now } == true
                && transition.moves(from: version.storageClass, size: version.size, minimum: minimum)
        }
        .max { (order[$0.storageClass] ?? 0) < (order[$1.storageClass] ?? 0) }?.storageClass
    }
}

// What is refused of them.

extension LifecycleTransition {
    /// - Throws: MalformedXML for one without a time or a class; InvalidArgument for times that do not fit together.
    static func check(_ rule: S3.LifecycleRule) throws(ServiceError) {
        let filter = "'(prefix=\(rule.filter?.and?.prefix ?? rule.filter?.prefix ?? rule.prefix ?? ""))'"
        for transition in rule.transitions ?? [] {
            guard transition.storageClass != nil, (transition.days == nil) != (transition.date == nil) else {
                throw .malformedXML
            }
        }
        for transition in rule.noncurrentVersionTransitions ?? [] {
            guard transition.storageClass != nil, transition.noncurrentDays != nil else { throw .malformedXML }
        }
        try check(all(rule), "Transition", "Days", filter)
        try check(noncurrent(rule), "NoncurrentVersionTransition", "NoncurrentDays", filter)
        let dated = all(rule).filter { $0.date != nil }
        guard dated.allSatisfy({ ($0.date ?? 0).truncatingRemainder(dividingBy: 86_400) == 0 }) else {
            throw .invalidArgument("'Date' must be at midnight GMT", "Date")
        }
        let isDated = !dated.isEmpty
        let expiration = rule.expiration
        guard all(rule).allSatisfy({ ($0.date != nil) == isDated }),
            all(rule).isEmpty || expiration?.days == nil && expiration?.date == nil
                || (expiration?.date != nil) == isDated
        else {
            throw .invalidRequest(
                "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter \(filter)"
            )
        }
        if let days = expiration?.days, let last = all(rule).compactMap(\.days).max(), days <= last {
            throw .invalidArgument(
                "'Days' in the Expiration action for filter \(filter) must be greater than 'Days' in the Transition action",
                "Days", String(days))
        }
        if let date = expiration?.date?.secondsSinceEpoch, let last = dated.compactMap(\.date).max(), date <= last {
            throw .invalidArgument(
                "'Date' in the Expiration action for filter \(filter) must be later than 'Date' in the Transition action",
                "Date")
        }
        if let days = rule.noncurrentVersionExpiration?.noncurrentDays,
            let last = noncurrent(rule).compactMap(\.days).max(), days <= last
        {
            throw .invalidArgument(
                "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter \(filter) must be greater than"
                    + " 'NoncurrentDays' in the NoncurrentVersionTransition action", "NoncurrentDays", String(days))
        }
    }

    private static func check(
        _ transitions: [LifecycleTransition], _ action: String, _ member: String, _ filter: String
    ) throws(ServiceError) {
        guard Set(transitions.map(\.storageClass)).count == transitions.count else {
            throw .invalidRequest(
                "'StorageClass' must be different for '\(action)' actions in same 'Rule' with filter \(filter)")
        }
        for transition in transitions {
            guard let days = transition.days else { continue }
            guard days >= 0 else {
                throw .invalidArgument("'\(member)' in \(action) action must be nonnegative", member, String(days))
            }
            guard days >= 30 || !["STANDARD_IA", "ONEZONE_IA"].contains(transition.storageClass) else {
                throw .invalidArgument(
                    "'\(member)' in \(action) action must be greater than or equal to 30 for storageClass"
                        + " '\(transition.storageClass)'", member, String(days))
            }
        }
        let byClass = transitions.sorted { (order[$0.storageClass] ?? 0) < (order[$1.storageClass] ?? 0) }
        for (earlier, later) in zip(byClass, byClass.dropFirst()) {
            guard let first = earlier.days ?? earlier.date.map({ Int($0) }),
                let second = later.days ?? later.date.map({ Int($0) }), second <= first
            else { continue }
            throw .invalidArgument(
                "'\(member)' in the \(action) action for StorageClass '\(later.storageClass)' for filter \(filter) must be"
                    + " greater than in the \(action) action for StorageClass '\(earlier.storageClass)'", member)
        }
    }
}
