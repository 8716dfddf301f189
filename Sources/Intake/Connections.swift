package import Logging
package import NIOCore
import Synchronization

/// The open connections. When there are too many, or too many of one client, the one that has kept the server waiting longest
/// is closed. So a client that opens many connections and sends nothing, or reads nothing, keeps nobody out.
package final class Connections: Sendable {
    private struct State {
        var open: [Connection] = []
        /// By client.
        var clients: [String: [Connection]] = [:]
        /// When all were looked at last.
        var searched = NIODeadline.uptimeNanoseconds(0)
        /// When all of some client were: whoever is at its own limit spends none of the looks at all.
        var searchedOwn = NIODeadline.uptimeNanoseconds(0)
        /// By which some are chosen; nothing secret depends on it.
        var random = UInt64.random(in: .min ... .max)

        mutating func insert(_ connection: Connection) {
            connection.places = (open.count, clients[connection.client]?.count ?? 0)
            open.append(connection)
            clients[connection.client, default: []].append(connection)
        }

        mutating func remove(_ connection: Connection) {
            guard let (place, own) = connection.places else { return }
            connection.places = nil
            // The last one takes its place.
            let last = open.removeLast()
            if last !== connection {
                open[place] = last
                last.places?.all = place
            }
            guard let lastOwn = clients[connection.client]?.popLast() else { return }
            if lastOwn !== connection {
                clients[connection.client]?[own] = lastOwn
                lastOwn.places?.own = own
            }
            if clients[connection.client]?.isEmpty == true { clients[connection.client] = nil }
        }

        /// The one that is to give way; nil: all are being answered.
        mutating func victim(
            _ all: [Connection], _ searched: WritableKeyPath<State, NIODeadline>, at now: NIODeadline
        ) -> Connection? {
            guard all.count > Connections.looks, self[keyPath: searched] + Connections.pause > now else {
                self[keyPath: searched] = now
                return all.longestWaitedFor
            }
            let chosen = (0..<Connections.looks).map { _ in all[next(all.count)] }
            return chosen.longestWaitedFor
        }

        /// A number below a bound, which is at least 1 (a linear congruential generator, with Knuth's numbers).
        private mutating func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % UInt64(max(1, bound)))
        }
    }

    /// Since all event loops wait meanwhile, not all are looked at each time that somebody comes: a flood would have them looked
    /// at all the time. In between, the one is taken that was waited for longest of some.
    private static let (pause, looks) = (TimeAmount.milliseconds(10), 16)

    private let state = Mutex(State())
    private let limits: ConnectionLimits
    private let log: Logger

    /// No connections.
    package init(_ limits: ConnectionLimits, log: Logger) {
        self.limits = limits
        self.log = log
    }

    /// How many there are.
    package var count: Int { state.withLock { $0.open.count } }

    /// Takes a connection in, which must be of the calling event loop.
    /// - Returns: nil when there is no room, because all others are being answered.
    /// - Complexity: O(1); where a limit is reached, linear in the open connections a hundred times a second at most.
    package func admit(_ channel: any Channel, from address: String) -> Connection? {
        admit(Connection(channel, from: address, client: Self.client(address)))
    }

    /// Takes a stream in that comes on a connection, as a connection of the same client.
    package func admit(_ stream: any Channel, on connection: Connection) -> Connection? {
        admit(Connection(stream, from: connection.address, client: connection.client))
    }

    private func admit(_ new: Connection) -> Connection? {
        let (isAdmitted, victim) = state.withLock { state -> (Bool, Connection?) in
            var victim: Connection?
            if let own = state.clients[new.client], own.count >= limits.connectionsPerAddress {
                victim = state.victim(own, \.searchedOwn, at: .now())
                guard victim != nil else { return (false, nil) }
            } else if state.open.count >= limits.connections {
                victim = state.victim(state.open, \.searched, at: .now())
                guard victim != nil else { return (false, nil) }
            }
            if let victim { state.remove(victim) }
            state.insert(new)
            return (true, victim)
        }
        if let victim {
            log.debug("too many connections: one gives way", metadata: ["address": "\(victim.address)"])
            victim.channel.close(promise: nil)
        }
        guard isAdmitted else { return nil }
        new.channel.closeFuture.whenComplete { _ in self.state.withLock { $0.remove(new) } }
        return new
    }

    /// Whose an address is: one of version 4 is a client, and so is what has the first 64 bits of one of version 6 in common, since a
    /// household or a machine has as many addresses as it likes there.
    package static func client(_ address: String) -> String {
        guard address.contains(":"), let socket = try? SocketAddress(ipAddress: address, port: 0),
            case .v6(let parsed) = socket
        else { return address }
        var whole = parsed.address.sin6_addr
        return withUnsafeBytes(of: &whole) { bytes in
            bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ".") + "::/64"
        }
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
    /// Whom it counts for: see ``Connections/client(_:)``.
    let client: String
    /// Where it is among all, and among its client's; nil: it is not. The lock of ``Connections`` guards it.
    @exclusivity(unchecked) fileprivate nonisolated(unsafe) var places: (all: Int, own: Int)?
    /// When the phase began, in nanoseconds of the machine's uptime, and in the last three bits which it is.
    private let word: Atomic<UInt64>
    /// Of a connection that carries several requests at a time, those that are on it.
    private let streams = Mutex<[ObjectIdentifier: Connection]>([:])

    fileprivate init(_ channel: any Channel, from address: String, client: String) {
        self.channel = channel
        self.address = address
        self.client = client
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
