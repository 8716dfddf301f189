import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bodies in memory, up to a limit.
final class BodyMemory: BodyPlace {
    fileprivate struct State {
        var bodies: [BodyID: MemoryBody] = [:]
        /// Bytes of all bodies, also of those that are being written.
        var used = 0
    }

    /// In bytes.
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    func create(_ id: BodyID) -> any NewBody { NewMemoryBody(self, id) }

    func open(_ id: BodyID) throws(BodyError) -> any PlacedBody {
        guard let body = state.withLock({ $0.bodies[id] }) else { throw .missing(id) }
        return body
    }

    func remove(_ id: BodyID) {
        // What it gives back may be the last reference, which is not to be released within the lock.
        _ = state.withLock { state in
            let body = state.bodies.removeValue(forKey: id)
            state.used -= body?.size ?? 0
            return body
        }
    }

    /// None: a writer that is no more has removed its body.
    func removeUnfinished(before time: Int) -> Int { 0 }

    func list(after id: BodyID?, before time: Int, limit: Int) -> [BodyID] {
        state.withLock { state in
            let found = state.bodies.filter { next, body in body.finished < time && id.map { next > $0 } ?? true }
            return Array(found.keys.sorted().prefix(limit))
        }
    }

    func claim(_ id: BodyID) -> (any Sendable)? {
        guard let body = state.withLock({ $0.bodies[id] }), let claim = Claim(body) else { return nil }
        // Somebody who had claimed it before may have removed it.
        return state.withLock { $0.bodies[id] } == nil ? nil : claim
    }

    /// Nobody else can reach it.
    func mark() -> String? { nil }
    func makeMark(_ text: String) {}
    func hold(_ name: String) {}
    func endHold(_ name: String) {}
    func isHeld(since time: Int) -> Bool { false }

    fileprivate func take(_ count: Int) throws(BodyError) {
        try state.withLock { (state) throws(BodyError) in
            guard count <= limit - state.used else {
                throw BodyError(
                    .full,
                    "The memory for bodies is full: of \(limit) bytes \(state.used) are taken."
                        + " Delete objects, or allow more (--bodies-in-memory).")
            }
            state.used += count
        }
    }

    fileprivate func giveBack(_ count: Int) { state.withLock { $0.used -= count } }

    fileprivate func place(_ id: BodyID, _ body: MemoryBody) { state.withLock { $0.bodies[id] = body } }
}

private final class MemoryBody: PlacedBody {
    /// Where each block begins, and its bytes.
    private let blocks: [(start: Int, bytes: [UInt8])]
    let size: Int
    /// In seconds since 1970.
    let finished = time(nil)
    let isClaimed: Atomic<Bool>

    /// - Parameter isClaimed: whether its writer has it.
    init(_ blocks: [[UInt8]], isClaimed: Bool) {
        var size = 0
        self.blocks = blocks.map { bytes in
            defer { size += bytes.count }
            return (size, bytes)
        }
        self.size = size
        self.isClaimed = Atomic(isClaimed)
    }

    func read(at offset: Int, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        // The last block that does not begin behind the place, by halving.
        var (low, high) = (0, blocks.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if blocks[middle].start <= offset { low = middle } else { high = middle }
        }
        for block in blocks[low...] where bytes.count < count {
            let skipped = max(0, offset - block.start)
            bytes.append(contentsOf: block.bytes.dropFirst(skipped).prefix(count - bytes.count))
        }
        return bytes
    }
}

/// What a sweep has as long as it decides about a body.
private final class Claim: Sendable {
    private let body: MemoryBody

    init?(_ body: MemoryBody) {
        guard !body.isClaimed.exchange(true, ordering: .acquiring) else { return nil }
        self.body = body
    }

    deinit { body.isClaimed.store(false, ordering: .releasing) }
}

private final class NewMemoryBody: NewBody {
    private struct State {
        var blocks: [[UInt8]] = []
        var taken = 0
        var body: MemoryBody?
    }

    private let memory: BodyMemory
    private let id: BodyID
    private let state = Mutex(State())

    init(_ memory: BodyMemory, _ id: BodyID) {
        self.memory = memory
        self.id = id
    }

    deinit {
        discard()
        state.withLock { $0.body }?.isClaimed.store(false, ordering: .releasing)
    }

    func append(_ bytes: [UInt8]) throws(BodyError) {
        try memory.take(bytes.count)
        state.withLock { state in
            state.blocks.append(bytes)
            state.taken += bytes.count
        }
    }

    func finish() {
        let body = state.withLock { state in
            let body = MemoryBody(state.blocks, isClaimed: true)
            state = State(body: body)
            return body
        }
        memory.place(id, body)
    }

    func discard() {
        let taken = state.withLock { state in
            defer {
                state.blocks = []
                state.taken = 0
            }
            return state.taken
        }
        memory.giveBack(taken)
    }
}
