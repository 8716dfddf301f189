/// Answers questions to the event history, newest events first.
///
/// Events are ordered by time, then by the bytes of their ids. The index gives the segments that may hold an answer
/// by the time of their last event, newest first; so as soon as a page is full and the next segment ends earlier
/// than the page does, the page is complete.
struct EventSearch {
    let store: EventStore
    let session: any StoreSession

    /// How long before, and after, an event's time its ids may have been made, in milliseconds.
    private static let before: Int64 = 2_000
    private static let after: Int64 = 60_000
    private static let maximumLimit = 10_000

    /// - Throws: ``LedgerError``: `invalidCursor`, `corrupt`, `io`.
    func page(_ query: EventQuery) throws -> EventPage {
        let cursor = try query.cursor.map { text throws(LedgerError) in
            try EventCursor(text, of: query, key: store.key)
        }
        if let attribute = query.attribute, attribute.name == "EventId" {
            return EventPage(events: try event(id: attribute.value, of: query).map { [$0] } ?? [])
        }
        let snapshot = try cursor?.snapshot ?? session.lastSegment()
        guard query.limit > 0, Ledger.isStorable(query.account) else { return EventPage(events: []) }

        let limit = min(query.limit, Self.maximumLimit)
        // One more than wanted, to know whether there are more.
        let newest = try newest(limit + 1, of: query, after: cursor, snapshot: snapshot)
        let events = Array(newest.prefix(limit))
        guard newest.count > limit, let last = events.last else { return EventPage(events: events) }
        let next = EventCursor(snapshot: snapshot, time: last.time, id: last.id)
        return EventPage(events: events, cursor: try next.text(of: query, key: store.key))
    }

    /// The event of a request, of whatever account; nil when there is none. Of those of several accounts it is the one that
    /// has the decision.
    func event(requestID: String) throws -> Event? {
        let time = UUIDv7.milliseconds(of: requestID)
        func isIt(_ event: Event) -> Bool { event.requestID.utf8.elementsEqual(requestID.utf8) }
        return try event(madeAt: time) { isIt($0) && $0.decision.count > 2 } ?? event(madeAt: time, where: isIt)
    }

    /// How many segments are looked through at a time for the last event.
    private static let stride: Int64 = 64

    /// The last event that is wanted, of whatever account: segments are numbered in the order of writing.
    func last(where isWanted: (Event) -> Bool) throws -> Event? {
        var end = try session.lastSegment()
        while end > 0 {
            let segments = try session.segments(after: max(0, end - Self.stride), limit: Int(Self.stride))
            let found = segments.filter { $0.sequence <= end }
                .flatMap { ((try? store.open($0)) ?? []).filter(isWanted) }
            if let last = found.min(by: { $0.isNewer(than: $1) }) { return last }
            end -= Self.stride
        }
        return nil
    }

    private func event(id: String, of query: EventQuery) throws -> Event? {
        try event(madeAt: UUIDv7.milliseconds(of: id)) { event in
            event.id.utf8.elementsEqual(id.utf8) && event.account == query.account
                && event.time >= query.from ?? .min && event.time <= query.to ?? .max
        }
    }

    private func event(madeAt time: Int64?, where isWanted: (Event) -> Bool) throws -> Event? {
        guard let time else { return nil }
        let latest = time + Self.before
        let segments = try session.segments(
            endingIn: time - Self.after...latest + EventSegment.maximumSpan, beginningBy: latest)
        for segment in segments {
            if let event = try store.open(segment).first(where: isWanted) { return event }
        }
        return nil
    }

    private func newest(
        _ count: Int, of query: EventQuery, after cursor: EventCursor?, snapshot: Int64
    ) throws -> [Event] {
        let attribute = query.attribute
        guard Ledger.isStorable(attribute?.name ?? "") else { return [] }
        let from = query.from ?? .min
        let to = min(query.to ?? .max, cursor?.time ?? .max)
        let latestEnd = to.addingReportingOverflow(EventSegment.maximumSpan)

        let end = latestEnd.overflow ? .max : latestEnd.partialValue
        guard from <= end else { return [] }
        let wanted = SegmentQuery(
            account: query.account,
            entry: EventIndexEntry(
                attribute: attribute?.name ?? "", value: EventStore.indexed(attribute?.value ?? "")),
            endingIn: from...end, beginningBy: to, snapshot: snapshot)
        var newest: [Event] = []
        try session.segments(wanted) { segment in
            if newest.count == count, let oldest = newest.last, oldest.time > segment.lastTime { return true }
            newest += try store.open(segment).filter { event in
                event.time >= from && event.time <= to && cursor.map { event.isOlder(than: $0) } ?? true
                    && attribute.map { event.has($0) } ?? true
            }
            newest.sort { $0.isNewer(than: $1) }
            newest.removeLast(max(0, newest.count - count))
            return false
        }
        return newest
    }
}

extension Event {
    fileprivate func isNewer(than other: Event) -> Bool {
        time != other.time ? time > other.time : other.id.utf8.lexicographicallyPrecedes(id.utf8)
    }

    fileprivate func isOlder(than cursor: EventCursor) -> Bool {
        time != cursor.time ? time < cursor.time : id.utf8.lexicographicallyPrecedes(cursor.id.utf8)
    }

    fileprivate func has(_ wanted: EventAttribute) -> Bool {
        attributes.contains {
            $0.name.utf8.elementsEqual(wanted.name.utf8) && $0.value.utf8.elementsEqual(wanted.value.utf8)
        }
    }
}
