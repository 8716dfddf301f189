import Ledger
import Platform
import Policy
import Synchronization

/// An access point as requests are decided by it; a change makes another.
final class AccessPointEntry: Sendable {
    let point: AccessPoint
    /// nil: it has none.
    let policy: CompiledPolicy?

    init(_ point: AccessPoint) {
        self.point = point
        policy = point.policy.map { text in
            BucketPolicies.compiled(
                text, PolicySource(type: .resource, name: "access point policy", attachedTo: point.arn))
        }
    }
}

/// All access points.
final class AccessPointIndex: Projection {
    static let kinds: Set<String> = [AccessPoint.kind]

    private struct State {
        /// By account, Region and name, as their records are called.
        var points: [String: AccessPointEntry] = [:]
        var aliases: [String: AccessPointEntry] = [:]
        /// Their ids, by the names of their buckets.
        var ofBuckets: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let entry = try change.decodeAfter(AccessPoint.self).map { AccessPointEntry($0) }
            state.withLock { state in
                if let old = state.points[change.id]?.point {
                    state.aliases[old.alias] = nil
                    state.ofBuckets[old.bucket]?.remove(change.id)
                    if state.ofBuckets[old.bucket]?.isEmpty == true { state.ofBuckets[old.bucket] = nil }
                }
                state.points[change.id] = entry
                if let entry {
                    state.aliases[entry.point.alias] = entry
                    state.ofBuckets[entry.point.bucket, default: []].insert(change.id)
                }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    func point(_ name: String, _ account: String, _ region: String) -> AccessPointEntry? {
        state.withLock { $0.points[AccessPoint.id(name, account, region)] }
    }

    func point(alias: String) -> AccessPointEntry? { state.withLock { $0.aliases[alias] } }

    /// Those of a bucket, of whichever account, in no particular order.
    func points(ofBucket name: String) -> [AccessPointEntry] {
        state.withLock { state in (state.ofBuckets[name] ?? []).compactMap { state.points[$0] } }
    }

    /// Whether an account has an access point of a name in any Region.
    /// - Complexity: linear in the number of all.
    func isThere(_ name: String, _ account: String) -> Bool {
        state.withLock { state in
            state.points.values.contains { $0.point.name == name && $0.point.accountID == account }
        }
    }

    /// Those of an account in a Region.
    /// - Complexity: linear in the number of all.
    func points(of account: String, in region: String) -> [AccessPoint] {
        let prefix = AccessPoint.id("", account, region)
        return state.withLock { state in
            state.points.values.filter { $0.point.id.hasPrefix(prefix) }.map(\.point)
        }
    }

    /// The access point that a request names in the place of a bucket: by its alias, its ARN, or what is the first label of
    /// its host name, `NAME-ACCOUNT`.
    /// - Parameter region: the one that the request was signed for.
    func point(namedAsBucket text: String, region: String) -> AccessPointEntry? {
        if text.hasSuffix(AccessPointName.aliasSuffix) { return point(alias: text) }
        if let name = AccessPointName(arn: text) { return point(name.name, name.account, name.region) }
        guard let name = AccessPointName(label: text, region: region) else { return nil }
        return point(name.name, name.account, name.region)
    }
}

extension Call {
    var accessPoints: AccessPointIndex { environment.projection(AccessPointIndex.self) }
}
