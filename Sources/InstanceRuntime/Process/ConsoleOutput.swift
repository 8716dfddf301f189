import Synchronization

/// The last that an instance has printed: 64 KiB, as EC2 keeps them.
final class ConsoleOutput: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var time = 0.0
    }

    static let most = 65_536
    private let state = Mutex(State())

    func append(_ new: some Collection<UInt8>, at time: Double) {
        state.withLock { state in
            state.bytes += new
            state.time = time
            // It is cut seldom, and not at each line.
            if state.bytes.count > 2 * Self.most { state.bytes.removeFirst(state.bytes.count - Self.most) }
        }
    }

    var last: (bytes: [UInt8], time: Double) { state.withLock { (Array($0.bytes.suffix(Self.most)), $0.time) } }
}
