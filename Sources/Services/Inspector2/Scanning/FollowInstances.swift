import Ledger
import Platform
import Wire

/// Has instances looked at as soon as one, or what lies before it in its network, has changed.
struct FollowInstances: Follower {
    static let name = "Inspector2::FollowInstances"
    static let source = FollowedSource.journal(kinds: [InspectorSettings.kind])

    /// Where nothing is scanned, nothing is followed but that something is.
    static func source(_ environment: Environment) -> FollowedSource {
        let isScanned = environment.inspector.enabled.contains { $0.enabled[.ec2] != nil }
        return isScanned ? .journal(kinds: EC2Index.kinds.union([InspectorSettings.kind])) : source
    }

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .changes(let entries, _) = batch else { return { _ in } }
        let changed = Set(entries.map(\.change).filter { $0.kind != InspectorSettings.kind }.map(\.scope))
        let scopes = changed.filter { environment.inspector.settings($0)?.enabled[.ec2] != nil }
        let now = environment.now()
        return { (records) throws(ServiceError) in
            for scope in scopes { try records.of(scope).scheduleScan(at: now) }
        }
    }
}

extension MutableRecords {
    /// Has everything of these records' account and Region looked at. What is under way goes on, and is followed by another look
    /// soon.
    func scheduleScan(at time: Double) throws(ServiceError) {
        guard let due = try scheduledTime(of: ScanResources.self, id: ScanResources.id) else {
            return try schedule(ScanResources(), id: ScanResources.id, at: time)
        }
        guard due <= time else { return }
        // It may have seen what was before the change.
        try schedule(ScanResources(), id: ScanResources.again, at: time + 1)
    }
}
