import Ledger
import Platform
import S3API
import Wire

/// Delivers what a trail has counted of its data events to its bucket: files of their own, in the chains of its digests.
///
/// The counts go in the transaction that puts the files in place, so that each is told once.
struct AggregationDelivery: Sendable {
    /// Seconds after the end of a window until it is delivered: by then its calls are recorded, on whichever node.
    private static let settled = 60.0
    /// What a transaction takes at most: aggregated events, and bytes of theirs.
    private static let most = 1_000
    private static let mostBytes = 8 << 20
    /// Rows, at a time.
    private static let rows = 32

    let environment: Environment
    let trail: Trail
    /// ``LogSession/id``
    let sessionID: String

    /// The last window that is complete, once all is counted that is recorded by a time.
    /// - Parameter time: seconds since 1970.
    static func lastWindow(at time: Double) -> Int64 {
        RequestIDs.milliseconds(time - settled) / AggregationSubject.windowSize - 1
    }

    /// Delivers what was counted in windows up to one.
    /// - Parameter last: the window; nil: all that there is, since nothing follows.
    /// - Throws: why the bucket does not take it. Then the trail's status says so, and nothing is lost.
    func run(through last: Int64?) async throws(ServiceError) {
        while true {
            let (counts, isAll) = try await next(through: last ?? .max)
            guard !counts.isEmpty else { return }
            do throws(ServiceError) {
                try await deliver(counts, completing: isAll ? last : nil)
            } catch {
                // Another node, or another job of this one, was first.
                if error.code == ServiceError.overtaken.code { continue }
                let now = environment.now()
                try await environment.noteStatus(of: trail) { status in
                    (status.attempted, status.deliveryError) = (now, error.code)
                }
                throw error
            }
            if isAll { return }
        }
    }

    /// Deletes what could not be delivered.
    func forget() async throws(ServiceError) {
        var count: Int
        repeat {
            count = try await environment.write(trail.scope, requestID: "") {
                [sessionID] (records) throws(ServiceError) in
                try records.deleteAll(AggregatedCount.self, of: sessionID, limit: Self.rows)
            }
        } while count == Self.rows
    }

    /// The oldest counts; none once the session is over, and nobody wants them any more.
    private func next(through last: Int64) async throws(ServiceError) -> (counts: [AggregatedCount], isAll: Bool) {
        try await environment.read(trail.scope) { [sessionID] (records) throws(ServiceError) in
            guard try records.get(LogSession.self, sessionID) != nil else { return ([], true) }
            var (found, bytes): ([AggregatedCount], Int) = ([], 0)
            while found.count < Self.most, bytes < Self.mostBytes {
                let page = try records.list(
                    AggregatedCount.self, of: sessionID, RowRange(after: found.last.map { .key($0.key) }),
                    limit: Self.rows)
                let own = page.prefix { $0.subject.window <= last }
                found += own
                bytes += own.reduce(0) { $0 + $1.size }
                guard own.count == Self.rows else { return (found, true) }
            }
            return (found, false)
        }
    }

    /// - Parameter window: the last one that nothing is left of then; nil: that is not known.
    private func deliver(_ counts: [AggregatedCount], completing window: Int64?) async throws(ServiceError) {
        let access = BucketAccess(environment: environment, trail: trail)
        let now = environment.now()
        var files = DeliveredFiles()
        do throws(ServiceError) {
            let places = Dictionary(grouping: counts, by: \.subject.place)
            for (place, counts) in places.sorted(by: { $0.key.chain < $1.key.chain }) {
                let file = try LogFile()
                for count in counts {
                    file.append(
                        count.record(id: RequestIDs.make(time: now)),
                        at: count.subject.window * AggregationSubject.windowSize)
                }
                try await files.add(file, .aggregated, of: place, access, at: now)
            }
        } catch {
            await files.discard()
            throw error
        }
        let (delivered, sessionID, trailID) = (files, sessionID, trail.uniqueID)
        try await environment.commit(delivered.calls, in: trail.scope) { (records) throws(ServiceError) in
            guard var session = try records.get(LogSession.self, sessionID) else { throw .overtaken }
            for count in counts {
                guard try records.get(AggregatedCount.self, count.key, of: sessionID) == count else {
                    throw .overtaken
                }
                try records.delete(AggregatedCount.self, count.key, of: sessionID)
            }
            try delivered.complete(in: records) { session.note($0, at: $1) }
            if let window { session.aggregatedThrough = max(window, session.aggregatedThrough ?? window) }
            try records.put(session)
            var status = try records.get(TrailStatus.self, trailID) ?? TrailStatus(id: trailID)
            (status.delivered, status.attempted, status.deliveryError) = (now, now, nil)
            try records.put(status)
        }
    }
}
