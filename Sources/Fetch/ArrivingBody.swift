import NIOCore
import Synchronization
import Wire

/// An answer's body on its way from the connection to its reader. What has arrived and was not read waits here; when that is
/// much, the connection is not read any further.
final class ArrivingBody: Sendable {
    private struct State {
        var waiting = ByteBuffer()
        var end: Result<Void, ServiceError>?
        var isUnwanted = false
        var reader: Reader?
    }

    private typealias Reader = CheckedContinuation<Result<[UInt8]?, ServiceError>, Never>

    /// How many bytes may wait.
    private static let mostWaiting = 256 * 1024

    private let state = Mutex(State())
    private let onDemand: @Sendable () -> Void
    private let onStop: @Sendable (_ isWhole: Bool) -> Void

    /// - Parameters:
    ///   - onDemand: called when the reader asks for more.
    ///   - onStop: called when the reader wants no more.
    init(onDemand: @escaping @Sendable () -> Void, onStop: @escaping @Sendable (_ isWhole: Bool) -> Void) {
        self.onDemand = onDemand
        self.onStop = onStop
    }

    func take(_ bytes: ByteBuffer) {
        state.withLock { state in
            guard state.end == nil, !state.isUnwanted else { return }
            if state.waiting.readableBytes == 0 {
                state.waiting = bytes
            } else {
                state.waiting.writeImmutableBuffer(bytes)
            }
        }
        serve()
    }

    /// Only the first call counts.
    func end(_ error: ServiceError? = nil) {
        state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
        }
        serve()
    }

    var isFull: Bool {
        state.withLock { $0.end == nil && !$0.isUnwanted && $0.waiting.readableBytes >= Self.mostWaiting }
    }

    /// The bytes that have arrived since the last call; nil at the end.
    func next() async throws(ServiceError) -> [UInt8]? {
        try await withCheckedContinuation { reader in
            let piece = state.withLock { state in
                let piece = Self.takePiece(&state)
                if piece == nil { state.reader = reader }
                return piece
            }
            if let piece { reader.resume(returning: piece) }
            onDemand()
        }.get()
    }

    func stop() {
        let isWhole = state.withLock { state in
            state.isUnwanted = true
            state.waiting = ByteBuffer()
            if case .success? = state.end { return true }
            return false
        }
        onStop(isWhole)
    }

    private func serve() {
        let given = state.withLock { state -> (Reader, Result<[UInt8]?, ServiceError>)? in
            guard let reader = state.reader, let piece = Self.takePiece(&state) else { return nil }
            state.reader = nil
            return (reader, piece)
        }
        if let (reader, piece) = given { reader.resume(returning: piece) }
    }

    private static func takePiece(_ state: inout State) -> Result<[UInt8]?, ServiceError>? {
        guard state.waiting.readableBytes > 0 else { return state.end.map { $0.map { nil } } }
        defer { state.waiting = ByteBuffer() }
        return .success(Array(buffer: state.waiting))
    }
}
