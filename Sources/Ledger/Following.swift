import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How far a node has followed the journal, where other nodes write to it, too.
///
/// Whoever reads on (the tail of the journal, and the writer before it writes) begins after the same entry, and what both
/// have read is passed on once, in order: so an observer hears of the commits of all nodes as of those of its own.
final class Following: Sendable {
    /// The number of the last entry whose change the observer has heard of; nil: nobody else is followed. The lock is held
    /// while it hears, so that it hears of one commit after the other.
    fileprivate let last = Mutex<Int64?>(nil)
    private let lastLag = Mutex(0.0)

    /// Begins, unless it has begun: the observer knows of everything up to this number.
    /// - Parameter prepare: what is to be done before the first change comes.
    func begin(after sequence: Int64, _ prepare: () -> Void) {
        last.withLock { last in
            guard last == nil else { return }
            prepare()
            last = sequence
        }
    }

    /// Segments of events that this node has written, and nobody has asked past yet; in order.
    private let ownSegments = Mutex<[Range<Int64>]>([])

    /// - Parameter segments: their numbers; growing.
    func noteOwn(segments: Range<Int64>) {
        guard !segments.isEmpty else { return }
        ownSegments.withLock { own in
            if let last = own.last, last.upperBound == segments.lowerBound {
                own[own.count - 1] = last.lowerBound..<segments.upperBound
            } else {
                own.append(segments)
                // Nobody asks: what is forgotten is read once more.
                if own.count > 10_000 { own.removeFirst(5_000) }
            }
        }
    }

    /// The number of the last of the node's own segments that come right after a given one; that itself, if none does.
    func skipOwnSegments(after sequence: Int64) -> Int64 {
        ownSegments.withLock { own in
            own.removeAll { $0.upperBound <= sequence &+ 1 }
            guard let first = own.first, first.contains(sequence &+ 1) else { return sequence }
            return first.upperBound &- 1
        }
    }

    /// How old the last change that another node had made was when it came here, in seconds.
    var lag: Double { lastLag.withLock { $0 } }

    fileprivate func note(_ entry: SealedChange) {
        let age = Double(max(0, Writer.milliseconds &- entry.time)) / 1000
        lastLag.withLock { $0 = age }
    }

    /// nil: it has not begun.
    var position: Int64? { last.withLock { $0 } }
}

extension Writer {
    /// Passes what has been committed, here or by another node, to the observers, unless they know of it.
    func publish(_ work: CommittedWork) {
        let observers = observers.withLock { $0 }
        if !work.changes.isEmpty {
            following.last.withLock { last in
                guard let known = last else {
                    observers.changes?(work.changes)
                    return
                }
                let new =
                    work.changes.first.map({ $0.sequence > known }) == true
                    ? work.changes : work.changes.filter { $0.sequence > known }
                guard let end = new.last else { return }
                keys?.take(new)
                observers.changes?(new)
                last = end.sequence
            }
        }
        if !work.isEmpty { observers.work?(work) }
    }

    /// Reads what other nodes have committed, and passes it on.
    ///
    /// - Parameters:
    ///   - sequence: how far the journal is, if that is known.
    ///   - work: what else is known of those commits.
    /// - Returns: how many entries there were.
    @discardableResult
    func follow(
        in session: any StoreSession, through sequence: Int64 = .max, _ work: CommittedWork = CommittedWork()
    ) throws -> Int {
        guard var position = following.position else { return 0 }
        var count = 0
        while position < sequence {
            let entries = try session.entries(after: position, of: nil, limit: Self.followedAtOnce)
            var done = CommittedWork()
            done.changes = try entries.map { try JournalEntry($0, records).change }
            publish(done)
            count += entries.count
            if let last = entries.last { following.note(last) }
            guard let last = entries.last, entries.count == Self.followedAtOnce else { break }
            position = last.sequence
        }
        if !work.isEmpty { publish(work) }
        return count
    }

    private static let followedAtOnce = 256

    /// Waits before something is tried again: longer each time, and not in step with other nodes.
    static func rest(_ attempts: Int) {
        let most = 50_000 << min(max(attempts - 1, 0), 4)
        usleep(UInt32.random(in: UInt32(most / 2)...UInt32(most)))
    }
}
