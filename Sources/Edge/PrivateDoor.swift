public import Intake
public import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Sockets that only some clients can reach, and behind which there is but one site: see ``Edge/init(_:only:)``.
///
/// It has limits of its own, so that who comes by it keeps nobody out who comes by another.
public final class PrivateDoor: Sendable {
    private struct State {
        var listening: [any Channel] = []
        var clients: [ObjectIdentifier: any Channel] = [:]
        var isShut = false
    }

    private let state = Mutex(State())

    private init() {}

    /// Listens on sockets that are bound already, and lets clients in. They belong to the door from now on.
    /// - Throws: what the system says.
    public static func open(
        _ sockets: [Int32], limits: Listener.Limits, log: Logger, edge: Edge
    ) async throws -> PrivateDoor {
        let door = PrivateDoor()
        let connections = Connections(limits, log: log)
        do {
            for socket in sockets {
                let channel = try await door.bootstrap(connections, limits, edge).withBoundSocket(socket).get()
                door.state.withLock { $0.listening.append(channel) }
            }
        } catch {
            await door.shut()
            throw error
        }
        return door
    }

    /// As the other, with a socket on an address of this machine's.
    /// - Parameter port: 0 for a free one.
    /// - Throws: ``ListenError`` when it can't be listened on.
    public static func open(
        address: String, port: Int, limits: Listener.Limits, log: Logger, edge: Edge
    ) async throws(ListenError) -> PrivateDoor {
        let door = PrivateDoor()
        do {
            let channel = try await door.bootstrap(Connections(limits, log: log), limits, edge)
                .bind(host: address, port: port).get()
            door.state.withLock { $0.listening.append(channel) }
        } catch {
            throw ListenError(address: address, port: port, cause: error)
        }
        return door
    }

    /// The ports that are listened on, in the order of the sockets.
    public var ports: [Int] { state.withLock { $0.listening.compactMap { $0.localAddress?.port } } }

    /// Stops listening, and closes all connections.
    public func shut() async {
        let all = state.withLock { state in
            state.isShut = true
            defer { (state.listening, state.clients) = ([], [:]) }
            return state.listening + state.clients.values
        }
        for channel in all { try? await channel.close().get() }
    }

    private func bootstrap(_ connections: Connections, _ limits: Listener.Limits, _ edge: Edge) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try keep(channel)
                    let connection = try Listener.admit(channel, connections)
                    try Listener.addHTTP1(
                        to: channel.pipeline.syncOperations, connection, limits, edge, tls: nil, limitsHops: true)
                }
            }
    }

    private func keep(_ channel: any Channel) throws {
        let id = ObjectIdentifier(channel)
        let isShut = state.withLock { state in
            if !state.isShut { state.clients[id] = channel }
            return state.isShut
        }
        guard !isShut else { throw ChannelError.ioOnClosedChannel }
        channel.closeFuture.whenComplete { [self] _ in state.withLock { $0.clients[id] = nil } }
    }
}
