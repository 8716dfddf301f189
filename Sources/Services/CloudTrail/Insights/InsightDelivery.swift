import Ledger
import Platform
import S3API
import Wire

/// Delivers a trail's Insights events to its bucket: files of their own, in the chains of the trail's digests.
struct InsightDelivery: Sendable {
    /// At a time.
    private static let most = 100

    let environment: Environment
    let trail: Trail
    /// ``InsightWatch/id``
    let watch: String

    /// - Throws: why the bucket does not take them. Then the trail's status says so, and nothing is lost.
    func run() async throws(ServiceError) {
        while true {
            let pending = try await environment.read(trail.scope) { [watch] (records) throws(ServiceError) in
                try records.list(PendingInsight.self, of: watch, limit: Self.most)
            }
            guard !pending.isEmpty else { return }
            do throws(ServiceError) { try await deliver(pending) } catch {
                if error.code == ServiceError.overtaken.code { continue }
                let now = environment.now()
                try await environment.noteStatus(of: trail) { status in
                    (status.attempted, status.deliveryError) = (now, error.code)
                }
                throw error
            }
            guard pending.count == Self.most else { return }
        }
    }

    private func deliver(_ pending: [PendingInsight]) async throws(ServiceError) {
        let access = BucketAccess(environment: environment, trail: trail)
        var files = DeliveredFiles()
        do throws(ServiceError) {
            let places = Dictionary(grouping: pending) { LogPlace(account: $0.account, region: $0.region) }
            for (place, events) in places.sorted(by: { $0.key.chain < $1.key.chain }) {
                let file = try LogFile()
                for event in events { file.append(Array(event.body.utf8), at: event.time) }
                try await files.add(file, .insights, of: place, access, at: environment.now())
            }
        } catch {
            await files.discard()
            throw error
        }
        let (delivered, watch, trailID) = (files, watch, trail.uniqueID)
        let now = environment.now()
        try await environment.commit(delivered.calls, in: trail.scope) { (records) throws(ServiceError) in
            // Another node may have been first.
            for event in pending {
                guard try records.delete(PendingInsight.self, event.key, of: watch) else { throw .overtaken }
            }
            var session = try records.get(LogSession.self, trail.sessionID ?? "")
            try delivered.complete(in: records) { session?.note($0, at: $1) }
            if let session { try records.put(session) }
            var status = try records.get(TrailStatus.self, trailID) ?? TrailStatus(id: trailID)
            (status.delivered, status.attempted, status.deliveryError) = (now, now, nil)
            try records.put(status)
        }
    }
}
