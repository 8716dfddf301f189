import Ledger
import Platform
import Wire

/// Whose events, and of which time, are looked for in the event history.
struct HistoryWindow: Sendable {
    let account: String
    /// The organization whose accounts' events count, too.
    let organizationID: String?
    /// From then on, in milliseconds since 1970.
    let start: Int64
    /// Until then, in milliseconds since 1970; nil: it goes on.
    var end: Int64?

    /// Whether an event is in it, as far as time and account go.
    func contains(_ event: Event, _ environment: Environment) -> Bool {
        guard event.time >= start, event.time <= end ?? .max else { return false }
        if event.account == account { return true }
        guard let organizationID else { return false }
        return environment.directory.organization(ofAccount: event.account)?.id == organizationID
    }
}

/// Walks the event history for whoever takes something out of it, from where it was the last time. All who do keep their own
/// cursor, and move it in the transaction that keeps what they took: so nothing is lost or taken twice.
struct HistoryWalk: Sendable {
    /// Segments of events, at a time.
    private static let segments = 16
    /// So many without a wanted event are not looked through again.
    private static let skipped: Int64 = 64

    let environment: Environment

    /// The last segment, once this node's events are on disk: of this node's events all are before it, of others' those that
    /// are written.
    func end() async throws(ServiceError) -> Int64 {
        do throws(LedgerError) {
            try await environment.ledger.flushEvents()
            return try await environment.ledger.lastEventSegment()
        } catch {
            throw ServiceError(error)
        }
    }

    /// Passes events on, until there are no more or enough was taken.
    /// - Parameters:
    ///   - cursor: the last segment that is done with.
    ///   - end: the last segment to look at.
    ///   - most: of what `body` returns, in sum.
    ///   - body: takes an event, and returns how much that was.
    /// - Returns: the last segment that is done with now.
    func pass(
        from cursor: Int64, through end: Int64, upTo most: Int, _ body: (Event) throws(ServiceError) -> Int
    ) async throws(ServiceError) -> Int64 {
        var cursor = cursor
        var taken = 0
        while cursor < end, taken < most {
            let events: [Event]
            let last: Int64
            do throws(LedgerError) {
                (events, last) = try await environment.ledger.followEvents(after: cursor, limit: Self.segments)
            } catch {
                throw ServiceError(error)
            }
            guard last > cursor else { break }
            for event in events { taken += try body(event) }
            cursor = last
            await Task.yield()
        }
        return cursor
    }

    /// Whether a cursor that nothing was taken on the way of is worth to be kept.
    static func isFar(_ cursor: Int64, from start: Int64) -> Bool { cursor - start >= skipped }
}

extension Call {
    /// How far the event history is.
    func lastEventSegment() async throws(ServiceError) -> Int64 {
        do throws(LedgerError) { return try await environment.ledger.lastEventSegment() } catch {
            throw ServiceError(error)
        }
    }
}
