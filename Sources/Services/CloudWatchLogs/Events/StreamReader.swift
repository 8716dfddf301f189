import Crypto
import Ledger
import Platform
import Wire

/// Reads a stream's events in portions, each in a transaction of its own, for work that takes long.
struct StreamReader: Sendable {
    private let environment: Environment
    private let group: LogGroup
    private let stream: LogStream
    private let end: Int64
    private let keys: [SymmetricKey?]
    private var from: Int64
    /// The last event that was read.
    private var last: EventPlace?
    private var resumption: Resumption?
    private var isAtEnd = false

    /// - Parameters:
    ///   - time: the first time, in milliseconds since 1970.
    ///   - end: the last.
    ///   - keys: the group's data keys, opened.
    init(
        _ environment: Environment, _ group: LogGroup, _ stream: LogStream, from time: Int64, to end: Int64,
        keys: [SymmetricKey?]
    ) {
        (self.environment, self.group, self.stream, self.end, self.keys) = (environment, group, stream, end, keys)
        from = max(time, group.firstKept(at: environment.now()))
    }

    /// The next events, of about so many bytes.
    /// - Returns: nil: there are no more.
    mutating func next(_ bytes: Int) async throws(ServiceError) -> [KeptEvent]? {
        guard !isAtEnd, from <= end else { return nil }
        let (group, stream, start, end, keys) = (group, stream.number, from, end, keys)
        let (place, resumed) = (last, resumption)
        let (events, next) = try await environment.read(group.scope) {
            (records) throws(ServiceError) -> ([KeptEvent], Resumption?) in
            var walk = EventWalk(
                records, group, stream: stream, from: start, to: end, resumption: resumed, known: place, keys: keys
            ) { _ in true }
            var (found, size): ([KeptEvent], Int) = ([], 0)
            while let event = try walk.next() {
                guard event.place.time <= end else { break }
                if let place, event.place <= place { continue }
                guard event.place.time >= start else { continue }
                found.append(event)
                size += event.message.count
                guard size >= bytes else { continue }
                let from = min(event.segment, walk.resumption ?? event.segment)
                return (found, Resumption(from, merges: try records.lastMerge(of: group.uniqueID)))
            }
            return (found, nil)
        }
        (isAtEnd, resumption) = (next == nil, next)
        if let event = events.last { (last, from) = (event.place, event.place.time) }
        return events.isEmpty ? nil : events
    }
}
