import Synchronization

/// The bytes of one body, or of several that follow each other, in pieces of at most 64 KiB.
///
/// ```swift
/// let reader = try await store.read([body], range: 6..<11)
/// while let bytes = try await reader.next() { … }
/// ```
///
/// The reader sets the pace: 512 KiB are read ahead, and no more. Nothing has to be said when it wants no more; the file
/// is closed when the reader is released.
public final class BodyReader: Sendable {
    private struct State {
        /// What was read and proved, and not given yet.
        var pieces: ArraySlice<[UInt8]> = []
        /// What is being read; nil at the end.
        var reading: Job<BodyCursor.Step>?
        var failure: BodyError?
    }

    /// How many bytes it gives in all.
    public let length: Int
    /// Keeps the bodies from being removed by this process.
    private let token: OpenBodies.Token?
    private let state: Mutex<State>

    /// - Parameter first: the first step, which is done; nil when there is nothing to be read.
    /// - Parameter token: of the bodies.
    init(length: Int, first: Job<BodyCursor.Step>?, _ token: OpenBodies.Token?) {
        self.length = length
        self.token = token
        state = Mutex(State(reading: first))
    }

    /// The next piece, never an empty one; nil at the end. One at a time may call it.
    ///
    /// Every byte that it returns is proved to be the one that was stored.
    ///
    /// - Throws: ``BodyError``: `damaged`; `missing` when a later body of several was removed meanwhile; `io`. From then on
    ///   it throws the same.
    public func next() async throws(BodyError) -> [UInt8]? {
        guard let pieces = try await nextPieces() else { return nil }
        state.withLock { $0.pieces = pieces.dropFirst() }
        return pieces.first
    }

    /// The next pieces, as many as are there at once; nil at the end. Otherwise as ``next()``.
    public func nextPieces() async throws(BodyError) -> [[UInt8]]? {
        let (pieces, reading) = try state.withLock {
            (state) throws(BodyError) -> (ArraySlice<[UInt8]>, Job<BodyCursor.Step>?) in
            if let failure = state.failure { throw failure }
            defer { state.pieces = [] }
            return (state.pieces, state.reading)
        }
        if !pieces.isEmpty { return Array(pieces) }
        guard let reading else { return nil }
        do throws(BodyError) {
            let step = try await reading.value
            let next = step.rest.map { rest in Job { () throws(BodyError) in try rest.step() } }
            state.withLock { $0.reading = next }
            return step.pieces
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
    }
}

/// Where a reader is: what is left of the bodies that it reads.
struct BodyCursor: Sendable {
    /// Some pieces, at least one, and what is left after them; nil at the end.
    struct Step: Sendable {
        var pieces: [[UInt8]]
        var rest: BodyCursor?
    }

    /// A body, and the bytes of it that are wanted: at least one.
    typealias Part = (body: StoredBody, range: Range<Int>)

    let place: any BodyPlace
    /// What is left, the part that is being read included.
    var parts: ArraySlice<Part>
    /// Finds a body's key.
    let seal: @Sendable (StoredBody) throws(BodyError) -> BodySeal
    /// The file of the first part.
    private var open: (seal: BodySeal, file: any PlacedBody)?

    init(
        _ place: any BodyPlace, _ parts: [Part], seal: @escaping @Sendable (StoredBody) throws(BodyError) -> BodySeal
    ) {
        self.place = place
        self.parts = parts[...]
        self.seal = seal
    }

    /// Reads and opens the next pieces, one for each chunk. There has to be something left.
    ///
    /// Each chunk is read on its own: its bytes are still in the processor's cache when it is opened, and memory of this
    /// size is used again at once, while larger pieces would come from the system each time.
    func step() throws(BodyError) -> Step {
        guard let (body, range) = parts.first else { throw BodyError(.invalid, "There is nothing left to read.") }
        let (seal, file) = if let open { open } else { try opened(body) }
        let first = range.lowerBound / BodySeal.chunkSize
        let end = min(range.upperBound, (first + BodySeal.chunksOfJob) * BodySeal.chunkSize)
        var pieces: [[UInt8]] = []
        for index in first..<BodySeal.chunks(ofLength: end) {
            let sealed = try file.read(
                at: BodySeal.place(ofChunk: index), count: BodySeal.chunkSize + BodySeal.tagSize)
            pieces.append(try seal.open(sealed[...], index, range: range, ofLength: body.length))
        }

        var rest = self
        if end < range.upperBound {
            rest.parts[rest.parts.startIndex].range = end..<range.upperBound
            rest.open = (seal, file)
        } else {
            rest.parts = rest.parts.dropFirst()
            rest.open = nil
        }
        return Step(pieces: pieces, rest: rest.parts.isEmpty ? nil : rest)
    }

    private func opened(_ body: StoredBody) throws(BodyError) -> (BodySeal, any PlacedBody) {
        let seal = try seal(body)
        let file = try place.open(body.id)
        try seal.check(try file.read(at: 0, count: BodySeal.headerSize), size: file.size, ofLength: body.length)
        return (seal, file)
    }
}
