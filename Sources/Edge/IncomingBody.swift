import Intake
import NIOCore
import Synchronization
import Wire

/// A request's body on its way from the connection to its reader.
///
/// Bytes that have arrived but have not been read yet wait here. When there are too many of them, the connection is not
/// read any further, so that TCP slows the client down. The connection's event loop calls ``take(_:)``, ``end(_:)`` and
/// ``isFull``; the reader calls ``next()`` and ``stop()``.
final class IncomingBody: Sendable {
    private struct State {
        var waiting = ByteBuffer()
        /// How many bytes have arrived so far.
        var count = 0
        var end: End?
        var isUnwanted = false
        var reader: Reader?
    }

    private typealias Reader = CheckedContinuation<Result<[UInt8]?, ServiceError>, Never>

    /// What a reader receives.
    private enum Piece {
        case bytes(ByteBuffer)
        case end(End)
    }

    private enum End {
        case whole
        case failed(ServiceError)
    }

    /// How many bytes may wait. The read that exceeds the limit is still accepted whole.
    private static let mostWaiting = 256 * 1024

    private let state = Mutex(State())
    private let connection: Connection
    /// The longest body, in bytes.
    private let limit: Int
    /// Called when the reader asks for more.
    private let onDemand: @Sendable () -> Void

    init(_ connection: Connection, limit: Int, announced: Int?, onDemand: @escaping @Sendable () -> Void) {
        self.connection = connection
        self.limit = limit
        self.onDemand = onDemand
        if let announced, announced > limit { state.withLock { $0.end = .failed(.entityTooLarge) } }
    }

    // MARK: The connection's side

    /// Accepts bytes that have arrived.
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

    /// Ends the body, normally or with an error for the reader. Only the first call counts.
    func end(_ error: ServiceError? = nil) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = error.map { .failed($0) } ?? .whole
        }
        serve()
    }

    /// Whether so many bytes are waiting that the connection should not be read for now.
    var isFull: Bool {
        state.withLock { $0.end == nil && !$0.isUnwanted && $0.waiting.readableBytes >= Self.mostWaiting }
    }

    /// Whether nothing has arrived yet.
    var isEmpty: Bool { state.withLock { $0.count == 0 } }

    // MARK: The reader's side

    /// The bytes that have arrived since the last call, waiting for some if there are none; nil at the end.
    func next() async throws(ServiceError) -> [UInt8]? {
        try await withCheckedContinuation { reader in
            let piece = state.withLock { state in
                let piece = Self.takePiece(&state)
                // Set together with the state, so that neither side is blamed while the server waits for the other.
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

    /// Says that nobody wants more; the rest is discarded as it arrives. A reader that waits is told that there is no more.
    func stop() {
        let reader = state.withLock { state in
            state.isUnwanted = true
            state.waiting = ByteBuffer()
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: .failure(.incompleteBody))
        onDemand()
    }

    /// If the reader is waiting and there is something for it, hands it over.
    private func serve() {
        let given = state.withLock { state -> (Reader, Piece)? in
            guard let reader = state.reader, let piece = Self.takePiece(&state) else { return nil }
            state.reader = nil
            connection.begin(.answering)
            return (reader, piece)
        }
        if let (reader, piece) = given { Self.give(piece, to: reader) }
    }

    /// Removes the waiting bytes, or else the end; nil if there is neither.
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
