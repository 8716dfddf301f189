import Synchronization

/// A body on its way into a ``BodyStore``.
///
/// ```swift
/// let writer = try await store.begin()
/// try await writer.receive(Array("hello ".utf8))
/// …
/// let body = try await writer.finish()
/// ```
///
/// One at a time may call it. While some chunks are sealed and written, the next can be received: no more than 1 MiB is in
/// memory, whatever the length.
///
/// Keep the writer until the transaction that makes the body part of something is decided: as long as it lives, no sweep
/// takes the body, be it hours. A writer that is released, or whose process dies, before ``finish()`` has returned leaves
/// nothing that lasts.
public final class BodyWriter: Sendable {
    private enum Phase {
        case receiving
        case finished
        case discarded
        case failed(BodyError)
    }

    private struct State {
        var phase = Phase.receiving
        /// Chunks that are complete and wait for each other.
        var chunks: [[UInt8]] = []
        /// The chunk that is being received. It is there, and may be complete, until the next byte comes or there is
        /// none, since only ``finish()`` knows which chunk is the last.
        var chunk: [UInt8] = []
        /// How many bytes were received.
        var length = 0
        /// How many chunks are on their way to the disk, or there.
        var count = 0
        var writing: Job<Void>?

        mutating func end(_ phase: Phase) {
            self.phase = phase
            (chunks, chunk) = ([], [])
        }
    }

    private let place: any BodyPlace
    private let body: any NewBody
    private let seal: BodySeal
    /// Makes of the length what the record has to keep.
    private let stored: @Sendable (_ length: Int) throws(BodyError) -> StoredBody
    private let state = Mutex(State())

    init(
        _ place: any BodyPlace, _ body: any NewBody, _ seal: BodySeal,
        stored: @escaping @Sendable (_ length: Int) throws(BodyError) -> StoredBody
    ) {
        self.place = place
        self.body = body
        self.seal = seal
        self.stored = stored
    }

    /// Takes the next bytes. It returns when there is room for more, not when they are on the disk.
    ///
    /// - Throws: ``BodyError``: `full` or `io`, maybe of a piece that was received before. Then nothing of the body is
    ///   left, and every later call throws the same.
    public func receive(_ bytes: [UInt8]) async throws(BodyError) {
        var rest = bytes[...]
        while let chunks = try take(&rest) { try await write(chunks) }
    }

    /// Returns when the body is on the disk, and can be read.
    ///
    /// It is still an orphan: commit a record that has the value, or a sweep takes the body in the end.
    ///
    /// - Throws: as ``receive(_:)``.
    public func finish() async throws(BodyError) -> StoredBody {
        let (chunks, first, length) = try state.withLock { (state) throws(BodyError) in
            try Self.check(state)
            return (state.chunks + [state.chunk], state.count, state.length)
        }
        do throws(BodyError) {
            try await settle()
            let body = body
            let seal = seal
            let stored = try stored(length)
            let job = Job<Void> { () throws(BodyError) in
                for (offset, chunk) in chunks.enumerated() {
                    try body.append(seal.seal(chunk, first + offset, isLast: offset == chunks.count - 1))
                }
                try body.finish()
            }
            try await job.value
            state.withLock { $0.end(.finished) }
            return stored
        } catch {
            await fail(error)
            throw error
        }
    }

    /// Removes what was written, also after ``finish()``. It never fails; the second time it does nothing.
    ///
    /// Call it only if no record has the body and none will. Of a transaction whose outcome nobody knows, because the database
    /// was lost during the commit, the record may be there all the same: then release the writer, and a sweep takes the
    /// body if no record has it.
    public func discard() async {
        let phase = state.withLock { state in
            let phase = state.phase
            switch phase {
            case .receiving, .finished: state.end(.discarded)
            case .discarded, .failed: break
            }
            return phase
        }
        switch phase {
        case .receiving: await remove()
        case .finished:
            let (place, id) = (place, seal.id)
            // What can't be removed is left to a sweep.
            _ = try? await Job { () throws(BodyError) in try place.remove(id) }.value
        case .discarded, .failed: break
        }
    }

    // MARK: Chunks

    /// Takes bytes until there are enough complete chunks to write; nil when all bytes wait for more.
    private func take(_ rest: inout ArraySlice<UInt8>) throws(BodyError) -> [[UInt8]]? {
        try state.withLock { (state) throws(BodyError) in
            try Self.check(state)
            while !rest.isEmpty {
                if state.chunk.count == BodySeal.chunkSize {
                    state.chunks.append(state.chunk)
                    state.chunk = []
                }
                if state.chunks.count == BodySeal.chunksOfJob {
                    defer { state.chunks = [] }
                    return state.chunks
                }
                if state.chunk.isEmpty { state.chunk.reserveCapacity(BodySeal.chunkSize) }
                let some = rest.prefix(BodySeal.chunkSize - state.chunk.count)
                state.chunk.append(contentsOf: some)
                state.length += some.count
                rest = rest.dropFirst(some.count)
            }
            return nil
        }
    }

    private func write(_ chunks: [[UInt8]]) async throws(BodyError) {
        do throws(BodyError) {
            try await settle()
            state.withLock { state in
                let first = state.count
                state.count += chunks.count
                let body = body
                let seal = seal
                state.writing = Job { () throws(BodyError) in
                    for (offset, chunk) in chunks.enumerated() {
                        try body.append(seal.seal(chunk, first + offset, isLast: false))
                    }
                }
            }
        } catch {
            await fail(error)
            throw error
        }
    }

    /// Waits for the chunks that are being written.
    private func settle() async throws(BodyError) {
        let writing = state.withLock { state in
            defer { state.writing = nil }
            return state.writing
        }
        try await writing?.value
    }

    private func fail(_ error: BodyError) async {
        state.withLock { $0.end(.failed(error)) }
        await remove()
    }

    private func remove() async {
        _ = try? await settle()
        let body = body
        _ = try? await Job<Void> { body.discard() }.value
    }

    private static func check(_ state: borrowing State) throws(BodyError) {
        switch state.phase {
        case .receiving: return
        case .failed(let error): throw error
        case .finished, .discarded: throw BodyError(.invalid, "The body is finished or discarded already.")
        }
    }
}
