import NIOCore
import Synchronization
import Wire

/// A request's body on its way from the connection to the one who reads it.
///
/// What has come and is not yet read waits here, and when that is much, the connection is read no further: the client
/// is slowed down by TCP itself. The connection's event loop calls the first three functions, the reader the others.
final class IncomingBody: Sendable {
    private struct State {
        var waiting = ByteBuffer()
        /// Bytes that have come at all.
        var count = 0
        var end: End?
        var isUnwanted = false
        var reader: Reader?
    }

    private typealias Reader = CheckedContinuation<Result<[UInt8]?, ServiceError>, Never>

    /// What a reader is given.
    private enum Piece {
        case bytes(ByteBuffer)
        case end(End)
    }

    private enum End {
        case whole
        case failed(ServiceError)
    }

    /// How many bytes may wait, not counting the rest of the read that exceeds it.
    private static let mostWaiting = 256 * 1024

    private let state = Mutex(State())
    private let connection: Connection
    /// The longest body, in bytes.
    private let limit: Int
    /// Called when the reader wants more than there is.
    private let onDemand: @Sendable () -> Void

    init(_ connection: Connection, limit: Int, announced: Int?, onDemand: @escaping @Sendable () -> Void) {
        self.connection = connection
        self.limit = limit
        self.onDemand = onDemand
        if let announced, announced > limit { state.withLock { $0.end = .failed(.entityTooLarge) } }
    }

    // MARK: The connection's side

    /// Takes what came.
    func take(_ bytes: ByteBuffer) {
        state.withLock { state in
            guard state.end == nil, !state.isUnwanted else { return }
            state.count += bytes.readableBytes
            if state.count > limit {
                state.end = .failed(.entityTooLarge)
                state.waiting = ByteBuffer()
            } else if state.waiting.readableBytes == 0 {
                state.waiting = bytes
            } else {
                state.waiting.writeImmutableBuffer(bytes)
            }
        }
        serve()
    }

    /// Ends the body: as it should, or with an error for the reader. Only the first end counts.
    func end(_ error: ServiceError? = nil) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = error.map { .failed($0) } ?? .whole
        }
        serve()
    }

    /// Whether so much waits that no more should come.
    var isFull: Bool {
        state.withLock { $0.end == nil && !$0.isUnwanted && $0.waiting.readableBytes >= Self.mostWaiting }
    }

    // MARK: The reader's side

    /// What has come since the last time; nil at the end.
    func next() async throws(ServiceError) -> [UInt8]? {
        try await withCheckedContinuation { reader in
            let piece = state.withLock { state in
                let piece = Self.takePiece(&state)
                // Whose turn it is changes with the state, so that nobody is blamed for the other's slowness.
                if piece == nil {
                    state.reader = reader
                    connection.begin(.receiving)
                }
                return piece
            }
            if let piece { Self.give(piece, to: reader) }
            onDemand()
        }.get()
    }

    /// Says that no more is wanted: the rest is dropped as it comes.
    func stop() {
        state.withLock { state in
            state.isUnwanted = true
            state.waiting = ByteBuffer()
        }
        onDemand()
    }

    /// Gives the reader what there is, if it waits and there is something.
    private func serve() {
        let given = state.withLock { state -> (Reader, Piece)? in
            guard let reader = state.reader, let piece = Self.takePiece(&state) else { return nil }
            state.reader = nil
            connection.begin(.answering)
            return (reader, piece)
        }
        if let (reader, piece) = given { Self.give(piece, to: reader) }
    }

    /// Takes what waits, or else the end; nil when there is neither.
    private static func takePiece(_ state: inout State) -> Piece? {
        guard state.waiting.readableBytes > 0 else { return state.end.map { .end($0) } }
        defer { state.waiting = ByteBuffer() }
        return .bytes(state.waiting)
    }

    private static func give(_ piece: Piece, to reader: Reader) {
        switch piece {
        case .bytes(let bytes): reader.resume(returning: .success(Array(buffer: bytes)))
        case .end(.whole): reader.resume(returning: .success(nil))
        case .end(.failed(let error)): reader.resume(returning: .failure(error))
        }
    }
}

extension ServiceError {
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    fileprivate static var entityTooLarge: ServiceError {
        ServiceError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    }

    static var incompleteBody: ServiceError {
        ServiceError(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header")
    }

    static var bodyStalled: ServiceError {
        ServiceError(
            "RequestTimeout",
            "Your socket connection to the server was not read from or written to within the timeout period. Idle "
                + "connections will be closed.")
    }
}
