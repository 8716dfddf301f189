import Directory
import Ledger
import Platform
import Policy
import Synchronization

/// A bucket as requests are decided by it. It is never changed: a change of the bucket makes another.
final class BucketEntry: Sendable {
    let bucket: Bucket
    /// nil: it has none.
    let policy: CompiledPolicy?
    /// The access point by which a request comes; nil: by none.
    let accessPoint: AccessPointEntry?

    init(_ bucket: Bucket, through accessPoint: AccessPointEntry? = nil) {
        self.bucket = bucket
        policy = bucket.policy.map { BucketPolicies.compiled($0) }
        self.accessPoint = accessPoint
    }

    init(_ entry: BucketEntry, through accessPoint: AccessPointEntry) {
        bucket = entry.bucket
        policy = entry.policy
        self.accessPoint = accessPoint
    }
}

/// All buckets, and what accounts block of public access.
final class BucketIndex: Projection {
    static let kinds: Set<String> = [Bucket.kind, AccountPublicAccessBlock.kind, BucketConfiguration.kind]

    private struct State {
        /// By name.
        var buckets: [String: BucketEntry] = [:]
        /// By account.
        var blocks: [String: PublicAccessBlock] = [:]
        /// Of buckets that have any rule that is enabled, by name.
        var lifecycles: [String: [LifecycleRule]] = [:]
        /// Of buckets that have any such rule, by name.
        var crossOrigin: [String: [CrossOriginRule]] = [:]
        /// Of buckets that pass on what is put into them, by name.
        var replications: [String: ReplicationPlan] = [:]
        /// Of buckets that have a log, by name.
        var logging: [String: AccessLogTarget] = [:]
        /// Of buckets whose requests are counted, by name and by the configuration's.
        var requestMetrics: [String: [String: RequestMetrics]] = [:]
        /// Of buckets whose events anybody wants, by name.
        var notifications: [String: [NotificationRule]] = [:]
        /// Of buckets that encrypt otherwise than with S3's own key, by name.
        var encryptions: [String: DefaultEncryption] = [:]
        /// The inventories that are enabled, by their records' ids.
        var inventories: [String: DeliverInventory] = [:]
        /// Of buckets that are shown as websites, by name.
        var websites: [String: Website] = [:]
    }

    private let state = Mutex(State())

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if change.kind == Bucket.kind {
                let entry = try change.decodeAfter(Bucket.self).map { BucketEntry($0) }
                state.withLock { $0.buckets[change.id] = entry }
            } else if change.kind == BucketConfiguration.kind {
                try apply(configuration: change)
            } else {
                let block = try change.decodeAfter(AccountPublicAccessBlock.self)?.block
                state.withLock { $0.blocks[change.id] = block }
            }
        }
    }

    /// Of configurations, those that other requests than the ones about themselves depend on.
    private func apply(configuration change: Change) throws(LedgerError) {
        let parts = change.id.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return }
        let name = String(parts[0])
        switch BucketConfiguration.Subject(rawValue: String(parts[1])) {
        case .lifecycle:
            let rules = try change.decodeAfter(BucketConfiguration.self).map { LifecycleRule.enabled($0.json) } ?? []
            state.withLock { $0.lifecycles[name] = rules.isEmpty ? nil : rules }
        case .cors:
            let rules = try change.decodeAfter(BucketConfiguration.self).map { CrossOriginRule.all($0.json) } ?? []
            state.withLock { $0.crossOrigin[name] = rules.isEmpty ? nil : rules }
        case .replication:
            let plan = try change.decodeAfter(BucketConfiguration.self).flatMap { ReplicationPlan($0.json) }
            state.withLock { $0.replications[name] = plan }
        case .logging:
            let target = try change.decodeAfter(BucketConfiguration.self).flatMap { AccessLogTarget($0.json) }
            state.withLock { $0.logging[name] = target }
        case .notification:
            let rules = try change.decodeAfter(BucketConfiguration.self).map { NotificationRule.all($0.json) } ?? []
            state.withLock { $0.notifications[name] = rules.isEmpty ? nil : rules }
        case .encryption:
            let encryption = try change.decodeAfter(BucketConfiguration.self).flatMap { DefaultEncryption($0.json) }
            state.withLock { $0.encryptions[name] = encryption }
        case .inventory:
            let plan = try change.decodeAfter(BucketConfiguration.self).flatMap { InventoryPlan($0.json) }
            let job = plan.flatMap { $0.isEnabled ? DeliverInventory(bucket: name, inventory: $0.id) : nil }
            state.withLock { $0.inventories[change.id] = job }
        case .metrics:
            let metrics = try change.decodeAfter(BucketConfiguration.self).flatMap { RequestMetrics($0.json) }
            state.withLock { state in
                state.requestMetrics[name, default: [:]][String(parts[2])] = metrics
                if state.requestMetrics[name]?.isEmpty == true { state.requestMetrics[name] = nil }
            }
        case .website:
            let site = try change.decodeAfter(BucketConfiguration.self).flatMap { Website($0.json) }
            state.withLock { $0.websites[name] = site }
        default: break
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// The bucket of a name, in whichever account and region.
    func bucket(_ name: String) -> BucketEntry? { state.withLock { $0.buckets[name] } }

    /// What an account's own settings block of public access; nil: it has none.
    fileprivate func block(ofAccount id: String) -> PublicAccessBlock? { state.withLock { $0.blocks[id] } }

    /// The lifecycle rules that are enabled, of buckets that have any, by name.
    var lifecycles: [String: [LifecycleRule]] { state.withLock { $0.lifecycles } }

    /// The lifecycle rules of a bucket that are enabled.
    func lifecycle(of bucket: String) -> [LifecycleRule] { state.withLock { $0.lifecycles[bucket] ?? [] } }

    /// The rules of a bucket for pages of other origins.
    func crossOrigin(of bucket: String) -> [CrossOriginRule] { state.withLock { $0.crossOrigin[bucket] ?? [] } }

    /// What a bucket passes on to others; nil: nothing.
    func replication(of bucket: String) -> ReplicationPlan? { state.withLock { $0.replications[bucket] } }

    /// Whether any bucket has an access log, or request metrics.
    var observesRequests: Bool { state.withLock { !$0.logging.isEmpty || !$0.requestMetrics.isEmpty } }

    /// By what a bucket's requests are counted.
    func requestMetrics(of bucket: String) -> [RequestMetrics] {
        state.withLock { $0.requestMetrics[bucket].map { Array($0.values) } ?? [] }
    }

    /// Where a bucket's access logs go; nil: it has none.
    func logging(of bucket: String) -> AccessLogTarget? { state.withLock { $0.logging[bucket] } }

    /// Who wants to hear of a bucket's events.
    func notifications(of bucket: String) -> [NotificationRule] { state.withLock { $0.notifications[bucket] ?? [] } }

    /// How a bucket encrypts what says nothing else; nil: with S3's own key.
    func encryption(of bucket: String) -> DefaultEncryption? { state.withLock { $0.encryptions[bucket] } }

    /// What delivers the inventories that are enabled.
    var inventories: [DeliverInventory] { state.withLock { Array($0.inventories.values) } }

    /// How a bucket is shown as a website; nil: it is not.
    func website(of bucket: String) -> Website? { state.withLock { $0.websites[bucket] } }

    /// All buckets, in the order of their names.
    var all: [Bucket] { state.withLock { $0.buckets.values.map(\.bucket) }.sorted { $0.name < $1.name } }

    /// How many buckets there are in each region.
    var counts: [String: Int] {
        state.withLock { $0.buckets.values.reduce(into: [:]) { $0[$1.bucket.region, default: 0] += 1 } }
    }
}

extension Environment {
    /// What is blocked of public access in a whole account: as its organization says, or else as its own settings say; nil:
    /// nobody says anything.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3.html>
    func publicAccessBlock(ofAccount id: String) -> PublicAccessBlock? {
        switch directory.publicAccess(ofAccount: id) {
        case .blocksAll: .everything
        case .blocksNone: PublicAccessBlock()
        case nil: projection(BucketIndex.self).block(ofAccount: id)
        }
    }

    /// What is blocked of public access to a bucket: by itself, or for its account.
    func publicAccessBlock(of bucket: Bucket) -> PublicAccessBlock {
        (bucket.publicAccessBlock ?? PublicAccessBlock()).union(publicAccessBlock(ofAccount: bucket.accountID))
    }
}

extension Call {
    var buckets: BucketIndex { environment.projection(BucketIndex.self) }

    /// What is blocked of public access to a bucket: by itself, or for its account.
    func publicAccessBlock(of bucket: Bucket) -> PublicAccessBlock { environment.publicAccessBlock(of: bucket) }
}

extension ResourceType {
    /// A bucket or an access point, or an object in one, or a part of S3 Access Grants: its policy decides on both, and access control lists where they mean
    /// anything. ARNs of buckets have no account in them.
    static let bucket = ResourceType("s3", "", hasOwnTagKey: false, hasFreeNames: true) { access, arn, call in
        if let name = AccessPointName(arn: access.resource) { return call.resource(of: name) }
        // ARNs of buckets and objects have no account.
        if !arn.account.isEmpty, let name = AccessGrantsName(arn) { return call.resource(of: name, access) }
        // By bytes: an accent at the beginning of a key would be one letter with the slash.
        let name = Substring(arn.resource.utf8.prefix { $0 != UInt8(ascii: "/") })
        let entry =
            (access.learnt as? ObjectTarget)?.bucket ?? access.learnt as? BucketEntry
            ?? (access.learnt as? any KnowsObject)?.bucket
            ?? call.buckets.bucket(String(name))
        guard let entry else { return nil }
        var resource = Resource(owner: entry.bucket.accountID, policy: entry.policy)
        resource.takeTags(of: entry.bucket)
        var block = call.publicAccessBlock(of: entry.bucket)
        if let point = entry.accessPoint?.point { block = block.union(call.publicAccessBlock(of: point)) }
        resource.restrictsPublicBuckets = block.restrictPublicBuckets
        resource.takeLists(
            access, isOfObject: name.endIndex < arn.resource.endIndex, entry.bucket,
            ignoresPublic: block.ignorePublicAcls, call)
        return resource
    }
}
