import FoundationEssentials

extension Verifier {
    /// Verifies the seal, time span and order of every segment, that no segment is missing, and that the index leads
    /// from the attributes of its events to it.
    func verifyEvents(_ progress: Ledger.VerificationProgress) throws {
        let purged = try session.number(EventStore.purgedThrough)
        let store = EventStore(key: sealer.key)
        var wanted = Sum()
        var last: Int64 = 0
        // Segments of which only the number is known. The index says which accounts they belong to.
        var unreadable: [Int64: String] = [:]
        var damaged: Set<Int64> = []
        try session.scanSegments(carefully: isBroken.contains(.eventSegment)) { scanned in
            count(.eventSegment, "events", progress)
            let number: Int64?
            switch scanned {
            case .unreadable(let place, let message):
                number = place.number
                if let number = place.number {
                    unreadable[number] = message
                } else {
                    add(Damage(.eventSegment, message))
                }
            case .row(let segment):
                number = segment.sequence
                if let events = verify(segment, store) {
                    for entry in EventStore.entries(of: events[...]) { wanted.add(Self.fingerprint(segment, entry)) }
                } else {
                    damaged.insert(segment.sequence)
                }
            }
            guard let number else { return }
            result.lastSegment = max(result.lastSegment, number)
            if result.format >= 3, number > last + 1 {
                let first = max(last + 1, purged + 1)
                if first < number { addMissing(first...number - 1) }
            }
            last = max(last, number)
        }
        try verifyIndex(wanted, unreadable, damaged, progress)
    }

    private func addMissing(_ numbers: ClosedRange<Int64>) {
        var damage = Damage(
            .eventSegment,
            numbers.count == 1
                ? "It is missing."
                : "It is missing, and so are the others up to segment \(numbers.upperBound): \(numbers.count) in all.")
        damage.number = numbers.lowerBound
        add(damage)
    }

    /// - Returns: the segment's events; nil when it is damaged.
    private func verify(_ segment: SealedSegment, _ store: EventStore) -> [Event]? {
        func damaged(_ message: String) {
            var damage = Damage(.eventSegment, "\(message) Time of the events: \(Self.span(segment)).")
            damage.account = segment.account
            damage.number = segment.sequence
            add(damage)
        }
        guard let events = try? store.open(segment) else {
            damaged(Self.sealIsBroken)
            return nil
        }
        result.events += events.count
        guard let first = events.first, let last = events.last, segment.lastTime == last.time else {
            damaged("It does not contain the events that its row describes.")
            return nil
        }
        if segment.firstTime != first.time { damaged("Its events do not begin at the time that its row says.") }
        if zip(events, events.dropFirst()).contains(where: { $0.time > $1.time }) {
            damaged("Its events are not in order of time.")
        }
        return events
    }

    private static func span(_ segment: SealedSegment) -> String {
        func text(_ time: Int64) -> String {
            Date(timeIntervalSince1970: Double(time) / 1000).formatted(.iso8601)
        }
        return segment.firstTime == segment.lastTime
            ? text(segment.lastTime) : "\(text(segment.firstTime)) to \(text(segment.lastTime))"
    }

    private func verifyIndex(
        _ wanted: Sum, _ unreadable: [Int64: String], _ damaged: Set<Int64>, _ progress: Ledger.VerificationProgress
    ) throws {
        var found = Sum()
        var isReadable = true
        var whose: [Int64: (account: String, time: Int64)] = [:]
        try session.scanEventIndex(carefully: isBroken.contains(.eventIndex)) { scanned in
            count(.eventIndex, "index of events", progress)
            switch scanned {
            case .row(let row):
                found.add(Self.fingerprint(row))
                if unreadable[row.segment] != nil { whose[row.segment] = (row.account, row.lastTime) }
            case .unreadable(let place, let message):
                isReadable = false
                var damage = Damage(.eventIndex, message)
                damage.account = place.account
                damage.number = place.number
                add(damage)
            }
        }
        for (number, message) in unreadable.sorted(by: { $0.key < $1.key }) {
            var damage = Damage(.eventSegment, message)
            damage.number = number
            if let (account, time) = whose[number] {
                damage.account = account
                let text = Date(timeIntervalSince1970: Double(time) / 1000).formatted(.iso8601)
                damage.message += " Its last event is of \(text)."
            }
            add(damage)
        }
        if found != wanted || !isReadable { try compareIndex(except: damaged.union(unreadable.keys)) }
    }

    /// Compares the index with the events, segment by segment.
    private func compareIndex(except damaged: Set<Int64>) throws {
        var rows: [Int64: (count: Int, account: String)] = [:]
        try session.scanEventIndex(carefully: isBroken.contains(.eventIndex)) { scanned in
            guard case .row(let row) = scanned else { return }
            rows[row.segment, default: (0, row.account)].count += 1
        }
        let store = EventStore(key: sealer.key)
        func damage(_ segment: Int64, _ account: String, _ message: String) {
            var damage = Damage(.eventIndex, message)
            damage.account = account
            damage.number = segment
            add(damage)
        }
        try session.scanSegments(carefully: isBroken.contains(.eventSegment)) { scanned in
            guard case .row(let segment) = scanned, let events = try? store.open(segment) else { return }
            let entries = EventStore.entries(of: events[...])
            let missing = entries.filter { entry in
                let row = EventIndexRow(
                    account: segment.account, entry: entry, lastTime: segment.lastTime, segment: segment.sequence)
                return (try? session.hasIndexEntry(row)) != true
            }
            let there = rows.removeValue(forKey: segment.sequence)?.count ?? 0
            if !missing.isEmpty {
                let names = Set(missing.map { $0.attribute.isEmpty ? "account" : $0.attribute }).sorted()
                damage(
                    segment.sequence, segment.account,
                    "Some of its events can no longer be found by \(names.joined(separator: ", ")).")
            }
            let stray = there - (entries.count - missing.count)
            if stray > 0 { damage(segment.sequence, segment.account, "\(stray) entries match none of its events.") }
        }
        for (segment, row) in rows.sorted(by: { $0.key < $1.key }) where !damaged.contains(segment) {
            damage(segment, row.account, "\(row.count) entries refer to a segment that does not exist.")
        }
    }

    private static func fingerprint(_ segment: SealedSegment, _ entry: EventIndexEntry) -> Int {
        fingerprint(
            EventIndexRow(
                account: segment.account, entry: entry, lastTime: segment.lastTime, segment: segment.sequence))
    }

    private static func fingerprint(_ row: EventIndexRow) -> Int {
        var fingerprint = Fingerprint()
        fingerprint.add(row.account)
        fingerprint.add(row.entry.attribute)
        fingerprint.add(row.entry.value)
        fingerprint.add(row.lastTime)
        fingerprint.add(row.segment)
        return fingerprint.value
    }
}
