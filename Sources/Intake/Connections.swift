package import Logging
package import NIOCore
import Synchronization

/// The open connections. When there are too many, or too many from one address, the one that has kept the server
/// waiting longest is closed. So a client that opens many connections and sends nothing keeps nobody out.
package final class Connections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: Connection] = [:]
        /// By address.
        var counts: [String: Int] = [:]

        mutating func remove(_ connection: Connection) {
            guard open.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
            let count = counts[connection.address, default: 0] - 1
            counts[connection.address] = count > 0 ? count : nil
        }
    }

    private let state = Mutex(State())
    private let limits: ConnectionLimits
    private let log: Logger

    /// No connections.
    package init(_ limits: ConnectionLimits, log: Logger) {
        self.limits = limits
        self.log = log
    }

    /// Takes a connection in, which must be of the calling event loop.
    /// - Returns: nil when there is no room, because all others are being answered.
    /// - Complexity: O(1), and linear in the open connections when a limit is reached.
    package func admit(_ channel: any Channel, from address: String) -> Connection? {
        let new = Connection(channel, from: address)
        let (isAdmitted, victim) = state.withLock { state -> (Bool, Connection?) in
            var victim: Connection?
            if state.counts[address, default: 0] >= limits.connectionsPerAddress {
                victim = state.open.values.lazy.filter { $0.address == address }.longestWaitedFor
                guard victim != nil else { return (false, nil) }
            } else if state.open.count >= limits.connections {
                victim = state.open.values.longestWaitedFor
                guard victim != nil else { return (false, nil) }
            }
            if let victim { state.remove(victim) }
            state.open[ObjectIdentifier(new)] = new
            state.counts[address, default: 0] += 1
            return (true, victim)
        }
        if let victim {
            log.debug("too many connections: one gives way", metadata: ["address": "\(victim.address)"])
            victim.channel.close(promise: nil)
        }
        guard isAdmitted else { return nil }
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.remove(new) } }
        return new
    }
}

extension Sequence<Connection> {
    /// nil when all are being answered.
    fileprivate var longestWaitedFor: Connection? {
        lazy.compactMap { connection in connection.waitingSince.map { ($0, connection) } }.min { $0.0 < $1.0 }?.1
    }
}

/// A connection, and whose turn it is.
package final class Connection: Sendable {
    /// Whose turn it is.
    package enum Phase: UInt64 {
        /// The client has nothing to say.
        case idle
        /// A request has begun to arrive.
        case reading
        /// It is being answered.
        case answering
        /// It is being answered, and the rest of its body is waited for.
        case receiving
        /// It is being answered, and the client has yet to take what was sent.
        case sending
    }

    /// Which is closed when the connection has to give way.
    package let channel: any Channel
    /// The client's.
    package let address: String
    /// When the phase began, in nanoseconds of the machine's uptime, and in the last three bits which it is.
    private let word: Atomic<UInt64>
    /// Of a connection that carries several requests at a time, those that are on it.
    private let streams = Mutex<[ObjectIdentifier: Connection]>([:])

    fileprivate init(_ channel: any Channel, from address: String) {
        self.channel = channel
        self.address = address
        word = Atomic(Self.word(.idle))
    }

    /// Whose turn it is.
    package var phase: Phase { Phase(rawValue: word.load(ordering: .relaxed) & 7) ?? .answering }

    /// When the phase began.
    package var since: NIODeadline { .uptimeNanoseconds(word.load(ordering: .relaxed) >> 3) }

    /// Since when the client has been waited for; nil while it is waiting itself.
    var waitingSince: NIODeadline? {
        streams.withLock { streams in
            if streams.isEmpty { return phase == .answering ? nil : since }
            var latest = since
            for stream in streams.values {
                guard stream.phase != .answering else { return nil }
                latest = max(latest, stream.since)
            }
            return latest
        }
    }

    /// Carries a stream, which is to the one request on it what a connection is, until it ends.
    package func carry(_ stream: Connection) {
        let id = ObjectIdentifier(stream)
        streams.withLock { $0[id] = stream }
        stream.channel.closeFuture.whenComplete { _ in
            let isLast = self.streams.withLock { streams in
                streams[id] = nil
                return streams.isEmpty
            }
            if isLast { self.begin(.idle) }
        }
    }

    /// Says whose turn it is from now on.
    package func begin(_ phase: Phase) {
        word.store(Self.word(phase), ordering: .relaxed)
    }

    private static func word(_ phase: Phase) -> UInt64 { NIODeadline.now().uptimeNanoseconds << 3 | phase.rawValue }
}

/// The client's address; an IPv4 address in its own form, even on an IPv6 socket.
/// - Returns: nil: the client has left already.
package func clientAddress(of channel: any Channel) -> String? {
    guard let address = channel.remoteAddress?.ipAddress else { return nil }
    let mapped = "::ffff:"
    return address.hasPrefix(mapped) && address.contains(".") ? String(address.dropFirst(mapped.count)) : address
}
