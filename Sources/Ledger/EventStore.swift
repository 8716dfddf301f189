import Keyring

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes events into the ledger and deletes old ones. For reading them see `EventSearch`.
struct EventStore: Sendable {
    let key: SealingKey

    /// The key in the ledger's own table under which the highest number of all deleted segments is kept.
    static let purgedThrough = "events-purged"

    /// Writes events, in as few segments as possible.
    ///
    /// - Returns: the sequence number for the next segment.
    func insert(_ events: [Event], into session: any StoreSession, nextSequence: Int64) throws -> Int64 {
        var sequence = nextSequence
        for events in EventSegment.divide(events) {
            guard let first = events.first, let last = events.last else { continue }
            let place = Self.context(account: first.account, sequence: sequence, lastTime: last.time)
            let segment = SealedSegment(
                sequence: sequence, account: first.account, firstTime: first.time, lastTime: last.time,
                body: try key.seal(EventSegment.encode(events), authenticating: place))
            try session.insert(segment, Self.entries(of: events))
            sequence &+= 1
        }
        return sequence
    }

    /// Deletes up to `limit` segments whose last event is older than `time`.
    ///
    /// - Returns: how many were deleted.
    func purge(before time: Int64, limit: Int, from session: any StoreSession) throws -> Int {
        let old = try session.segments(olderThan: time, limit: limit)
        // Numbers are never reused, even when all segments are gone: a follower continues from the last one that it has
        // seen.
        if let last = old.map(\.sequence).max(), try last > session.number(Self.purgedThrough) {
            try session.setMeta(Self.purgedThrough, .integer(last))
        }
        for segment in old {
            // The index entries of a damaged segment remain; they lead nowhere.
            try session.delete(segment, Self.entries(of: ((try? open(segment)) ?? [])[...]))
        }
        return old.count
    }

    /// The events of a segment.
    ///
    /// - Throws: ``LedgerError`` of kind `corrupt`.
    func open(_ segment: SealedSegment) throws(LedgerError) -> [Event] {
        let place = Self.context(account: segment.account, sequence: segment.sequence, lastTime: segment.lastTime)
        guard let body = try? key.open(segment.body, authenticating: place),
            let events = EventSegment.decode(body, account: segment.account)
        else {
            throw LedgerError(
                .corrupt,
                "Events of account \(segment.account) were changed from outside or are damaged (segment"
                    + " \(segment.sequence)).")
        }
        return events
    }

    /// A segment's body sealed anew, after the keyring's rotation; nil when it is sealed with the current key already.
    func renew(_ segment: SealedSegment) throws(KeyringError) -> [UInt8]? {
        try key.renew(
            segment.body,
            authenticating: Self.context(
                account: segment.account, sequence: segment.sequence, lastTime: segment.lastTime))
    }

    /// What the index keeps of a value: enough to find the few segments that may hold it.
    static func indexed(_ value: String) -> [UInt8] {
        Array(value.utf8.prefix(longestIndexed))
    }

    private static let longestIndexed = 256

    static func entries(of segment: ArraySlice<Event>) -> [EventIndexEntry] {
        // By far the most values are short ASCII, for which equal texts are equal bytes, and much the same in all events.
        var plain: Set<EventAttribute> = []
        var others: Set<EventIndexEntry> = [EventIndexEntry(attribute: "", value: [])]
        for index in segment.indices {
            for place in segment[index].attributes.indices {
                // Neighbours mostly have the same: then it is there already.
                if index > segment.startIndex, segment[index - 1].attributes.indices.contains(place),
                    segment[index - 1].attributes[place].hasSameBytes(as: segment[index].attributes[place])
                {
                    continue
                }
                let attribute = segment[index].attributes[place]
                let value = attribute.value.utf8
                if value.count <= longestIndexed, value.allSatisfy({ $0 < 0x80 }) {
                    plain.insert(attribute)
                } else {
                    others.insert(EventIndexEntry(attribute: attribute.name, value: indexed(attribute.value)))
                }
            }
        }
        return others + plain.map { EventIndexEntry(attribute: $0.name, value: indexed($0.value)) }
    }

    private static func context(account: String, sequence: Int64, lastTime: Int64) -> [UInt8] {
        var context = SealContext("event_segment")
        context.append(account)
        context.append(sequence)
        context.append(lastTime)
        return context.bytes
    }
}

extension EventAttribute {
    /// Byte by byte: Swift takes some texts for equal that are not.
    fileprivate func hasSameBytes(as other: EventAttribute) -> Bool {
        Self.areSame(name, other.name) && Self.areSame(value, other.value)
    }

    private static func areSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        let length = left.utf8.count
        let answer = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, length) == 0
            }
        }
        return (answer ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }
}
