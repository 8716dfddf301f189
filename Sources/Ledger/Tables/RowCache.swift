import Synchronization

/// Rows that were read one by one lately, opened and read: the next reader of one needs no database.
///
/// It is for a ledger that one process writes to. From before a commit until after it, the rows that it changes are neither
/// found here nor kept, so that nobody is given what was there before a change that somebody else may have seen.
final class RowCache: Sendable {
    /// What names a row.
    struct Place: Hashable {
        var part: TablePart
        var key: RowKey

        static func == (a: Place, b: Place) -> Bool {
            a.key == b.key && a.part == b.part
        }

        /// Key and partition tell rows apart well enough.
        func hash(into hasher: inout Hasher) {
            key.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            hasher.combine(part.partition)
        }
    }

    /// A row as its reader has it.
    final class Known<R: TableRow>: Sendable {
        let row: R

        init(_ row: R) {
            self.row = row
        }
    }

    private enum Entry {
        /// Somebody reads it, and keeps it if nobody has changed it meanwhile.
        case awaited(ticket: UInt64)
        case known(any Sendable & AnyObject, size: Int)
    }

    private struct State {
        /// What was read since `old` was replaced.
        var young: [Place: Entry] = [:]
        /// What was read before. It is replaced by `young` when that has grown: so what nobody asks for goes.
        var old: [Place: Entry] = [:]
        /// Bytes of `young`.
        var size = 0
        var lastTicket: UInt64 = 0
        /// Rows that are being changed, and by how many.
        var changing: [Place: Int] = [:]
        /// How many changes have begun and are not over.
        var changes = 0
        /// The kinds of which anything may be kept: those that somebody has asked for while nothing was changed.
        var kinds: Set<String> = []

        mutating func forget(_ place: Place) {
            if case .known(_, let size)? = young.removeValue(forKey: place) { self.size -= size }
            old[place] = nil
        }

        mutating func keep(_ place: Place, _ entry: Entry) {
            if case .known(_, let size)? = young.updateValue(entry, forKey: place) { self.size -= size }
            if case .known(_, let size) = entry { self.size += size }
        }
    }

    /// Bytes of all rows, as they are stored.
    private let limit: Int
    private let state = Mutex(State())
    /// What an entry takes besides its row, about.
    private static let overhead = 512

    init(limit: Int = 16 << 20) {
        self.limit = limit
    }

    /// A row that is known; otherwise, to be passed to ``keep(_:_:_:size:)``, the right to make it known, which one reader has.
    func find<R: TableRow>(_ type: R.Type, _ place: Place) -> (known: Known<R>?, ticket: UInt64?) {
        state.withLock { state in
            guard state.changing.isEmpty || state.changing[place] == nil else { return (nil, nil) }
            if let entry = state.young[place] { return (Self.row(entry), nil) }
            if let entry = state.old.removeValue(forKey: place) {
                state.keep(place, entry)
                return (Self.row(entry), nil)
            }
            if !state.kinds.contains(R.kind) {
                // A change that has begun has not noted its rows of this kind.
                guard state.changes == 0 else { return (nil, nil) }
                state.kinds.insert(R.kind)
            }
            state.lastTicket &+= 1
            state.keep(place, .awaited(ticket: state.lastTicket))
            return (nil, state.lastTicket)
        }
    }

    private static func row<R: TableRow>(_ entry: Entry) -> Known<R>? {
        guard case .known(let row, _) = entry else { return nil }
        return row as? Known<R>
    }

    /// Makes a row known that was read, unless it was changed since the ticket was given.
    /// - Parameters:
    ///   - row: nil: there is none, or it could not be read.
    ///   - size: in bytes.
    func keep<R: TableRow>(_ row: R?, _ place: Place, _ ticket: UInt64, size: Int) {
        state.withLock { state in
            guard case .awaited(let awaited)? = state.young[place] ?? state.old[place], awaited == ticket else {
                return
            }
            let size = size + Self.overhead
            guard let row, size <= limit / 8 else { return state.forget(place) }
            state.old[place] = nil
            state.keep(place, .known(Known(row), size: size))
            guard state.size > limit / 2 else { return }
            (state.old, state.young, state.size) = (state.young, [:], 0)
        }
    }

    /// Rows are about to be changed: they are forgotten, and not kept until the change is over.
    func beginChange(_ places: [Place]) {
        guard !places.isEmpty else { return }
        state.withLock { state in
            state.changes += 1
            for place in places where state.kinds.contains(place.part.kind) {
                state.forget(place)
                state.changing[place, default: 0] += 1
            }
        }
    }

    /// The change of the same rows is committed, or came to nothing.
    func endChange(_ places: [Place]) {
        guard !places.isEmpty else { return }
        state.withLock { state in
            state.changes -= 1
            for place in places {
                guard let count = state.changing[place] else { continue }
                state.changing[place] = count > 1 ? count - 1 : nil
            }
        }
    }

    /// Forgets everything, for all rows were changed.
    func forgetAll() {
        state.withLock { state in
            state.young = [:]
            state.old = [:]
            state.size = 0
        }
    }
}

extension Ledger {
    /// The row with a key as it is now: from memory, if it was read lately and only this process writes.
    ///
    /// - Throws: as ``Reader/get(_:_:of:in:)``.
    /// - Complexity: O(log *n*), or O(1).
    public func row<R: TableRow>(
        _ type: R.Type, _ key: RowKey, of partition: String = "", in scope: Scope
    ) async throws(LedgerError) -> R? {
        guard let rowCache else {
            return try await read { (reader) throws(LedgerError) in try reader.get(type, key, of: partition, in: scope)
            }
        }
        let place = RowCache.Place(part: TablePart(scope: scope, kind: R.kind, partition: partition), key: key)
        let (known, ticket) = rowCache.find(type, place)
        if let known { return known.row }
        var (row, size): (R?, Int) = (nil, 0)
        defer { if let ticket { rowCache.keep(row, place, ticket, size: size) } }
        (row, size) = try readNow { (reader) throws(LedgerError) in
            (try reader.get(type, key, of: partition, in: scope), reader.lastRow?.body?.content.count ?? 0)
        }
        return row
    }
}
