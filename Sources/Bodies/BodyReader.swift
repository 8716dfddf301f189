import Synchronization

/// The bytes of one body, or of several that follow each other, in pieces of at most 256 KiB.
///
/// ```swift
/// let reader = try await store.read(object.parts, range: 0..<1_000)
/// while let bytes = try await reader.next() { … }
/// ```
///
/// The reader sets the pace: one piece is read ahead, and no more. Nothing has to be said when it wants no more; the file
/// is closed when the reader is released.
public final class BodyReader: Sendable {
    private enum State {
        case reading(Job<BodyCursor.Step>)
        case atEnd
        case failed(BodyError)
    }

    /// How many bytes it gives in all.
    public let length: Int
    private let state: Mutex<State>

    /// - Parameter first: the first step, which is done; nil when there is nothing to be read.
    init(length: Int, first: Job<BodyCursor.Step>?) {
        self.length = length
        state = Mutex(first.map { .reading($0) } ?? .atEnd)
    }

    /// The next piece, never an empty one; nil at the end. One at a time may call it.
    ///
    /// Every byte that it returns is proved to be the one that was stored.
    ///
    /// - Throws: ``BodyError``: `damaged`; `missing` when a later body of several was removed meanwhile; `io`. From then on
    ///   it throws the same.
    public func next() async throws(BodyError) -> [UInt8]? {
        let job = try state.withLock { (state) throws(BodyError) -> Job<BodyCursor.Step>? in
            switch state {
            case .reading(let job): return job
            case .atEnd: return nil
            case .failed(let error): throw error
            }
        }
        guard let job else { return nil }
        do throws(BodyError) {
            let step = try await job.value
            let next = step.rest.map { rest in Job { () throws(BodyError) in try rest.step() } }
            state.withLock { $0 = next.map { .reading($0) } ?? .atEnd }
            return step.bytes
        } catch {
            state.withLock { $0 = .failed(error) }
            throw error
        }
    }
}

/// Where a reader is: what is left of the bodies that it reads.
struct BodyCursor: Sendable {
    /// A piece, and what is left after it; nil at the end.
    struct Step: Sendable {
        var bytes: [UInt8]
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

    /// Reads and opens the next piece. There has to be one.
    func step() throws(BodyError) -> Step {
        guard let (body, range) = parts.first else { throw BodyError(.invalid, "There is nothing left to read.") }
        let (seal, file) = if let open { open } else { try opened(body) }
        let first = range.lowerBound / BodySeal.chunkSize
        let end = min(range.upperBound, (first + BodySeal.chunksOfPiece) * BodySeal.chunkSize)
        let offset = BodySeal.place(ofChunk: first)
        let sealed = try file.read(
            at: offset, count: min(BodySeal.place(ofChunk: BodySeal.chunks(ofLength: end)), file.size) - offset)

        var rest = self
        if end < range.upperBound {
            rest.parts[rest.parts.startIndex].range = end..<range.upperBound
            rest.open = (seal, file)
        } else {
            rest.parts = rest.parts.dropFirst()
            rest.open = nil
        }
        return Step(
            bytes: try seal.open(sealed, range: range.lowerBound..<end, ofLength: body.length),
            rest: rest.parts.isEmpty ? nil : rest)
    }

    private func opened(_ body: StoredBody) throws(BodyError) -> (BodySeal, any PlacedBody) {
        let seal = try seal(body)
        let file = try place.open(body.id)
        try seal.check(try file.read(at: 0, count: BodySeal.headerSize), size: file.size, ofLength: body.length)
        return (seal, file)
    }
}
