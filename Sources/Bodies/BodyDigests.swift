import Crypto

/// The MD5 and a checksum of a body that arrives, computed beside whatever else is done with it: MD5, which S3's entity tags are,
/// takes longer than to receive, to seal and to write the same bytes together.
///
/// While some pieces are looked at on a thread of their own the next can be received; no more than half a MiB waits.
public struct BodyDigests: Sendable {
    private struct State: Sendable {
        var md5 = Insecure.MD5()
        var checksum: RunningChecksum

        mutating func take(_ pieces: [[UInt8]]) {
            for piece in pieces {
                md5.update(data: piece)
                checksum.update(piece)
            }
        }
    }

    /// So many bytes are looked at together, because to have a thread do it costs as much as some KiB.
    private static let batch = 256 << 10

    /// Of what was taken and is not with a thread.
    private var state: State
    /// What comes of the pieces that a thread has; then `state` is the one from before.
    private var running: Job<State>?
    private var waiting: [[UInt8]] = []
    /// Bytes of `waiting`.
    private var size = 0

    /// Of no bytes yet.
    public init(_ algorithm: ChecksumAlgorithm) {
        state = State(checksum: RunningChecksum(algorithm))
    }

    /// How the checksum is computed.
    public var algorithm: ChecksumAlgorithm { state.checksum.algorithm }

    /// Takes the next bytes.
    public mutating func receive(_ bytes: [UInt8]) async {
        waiting.append(bytes)
        size += bytes.count
        guard size >= Self.batch else { return }
        await settle()
        let (before, pieces) = (state, waiting)
        (waiting, size) = ([], 0)
        running = Job { () throws(BodyError) in
            var state = before
            state.take(pieces)
            return state
        }
    }

    /// The MD5's 16 bytes, and the checksum.
    public mutating func finish() async -> (md5: [UInt8], checksum: RunningChecksum) {
        await settle()
        state.take(waiting)
        (waiting, size) = ([], 0)
        return (Array(state.md5.finalize()), state.checksum)
    }

    private mutating func settle() async {
        // It has nothing that could fail.
        if let running, let done = try? await running.value { state = done }
        running = nil
    }
}
