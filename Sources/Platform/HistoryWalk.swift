public import Ledger
public import Wire

/// Walks the event history for whoever takes something out of it, from where it was the last time. All who do keep their own
/// cursor, and move it in the transaction that keeps what they took: so nothing is lost or taken twice.
public struct HistoryWalk: Sendable {
    /// Segments of events, at a time.
    private static let segments = 16
    /// So many without a wanted event are not looked through again.
    private static let skipped: Int64 = 64

    private let environment: Environment

    /// Makes a walk; it begins wherever ``pass(from:through:upTo:_:)`` is told.
    public init(environment: Environment) {
        self.environment = environment
    }

    /// The last segment, once this node's events are on disk: of this node's events all are before it, of others' those that
    /// are written.
    public func end() async throws(ServiceError) -> Int64 {
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
    public func pass(
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
    public static func isFar(_ cursor: Int64, from start: Int64) -> Bool { cursor - start >= skipped }
}
