import NIOCore

/// Where a client may connect to.
///
/// Who may name servers must not have Gatehouse talk to what is near it: to this machine, the operator's network, or a cloud's
/// metadata. It is decided by the addresses that are connected to, behind the look-up of the name, so that a name whose address
/// changes in between is of no use.
public struct Reach: Sendable {
    private let isAllowed: (@Sendable (_ address: String) -> Bool)?
    private let named: Set<String>

    /// To wherever the address says: for those that the operator has named.
    public static let anywhere = Reach(isAllowed: nil, named: [])

    /// To the public internet, and to what the operator lets besides.
    /// - Parameters:
    ///   - servers: servers that the operator has named: these may be anywhere.
    ///   - networks: whether another IP address may be connected to.
    public static func publicInternet(
        and servers: [WebAddress] = [], networks: @escaping @Sendable (_ address: String) -> Bool = { _ in false }
    ) -> Reach {
        Reach(isAllowed: networks, named: Set(servers.map { $0.authority.lowercased() }))
    }

    private init(isAllowed: (@Sendable (String) -> Bool)?, named: Set<String>) {
        self.isAllowed = isAllowed
        self.named = named
    }

    /// What lets connections to a server through, or does not; nil: all of them.
    func handler(for server: WebAddress) -> ReachHandler? {
        guard let isAllowed, !named.contains(server.authority.lowercased()) else { return nil }
        return ReachHandler(isAllowed)
    }
}

/// Looks at each address before it is connected to.
final class ReachHandler: ChannelOutboundHandler {
    typealias OutboundIn = Never

    /// Of an address that nobody may have Gatehouse connect to.
    struct Refused: Error, CustomStringConvertible {
        let description = "it is not on the public internet"
    }

    private let isAllowed: @Sendable (String) -> Bool

    init(_ isAllowed: @escaping @Sendable (String) -> Bool) { self.isAllowed = isAllowed }

    func connect(context: ChannelHandlerContext, to address: SocketAddress, promise: EventLoopPromise<Void>?) {
        guard PublicInternet.contains(address) || address.ipAddress.map(isAllowed) == true else {
            promise?.fail(Refused())
            // Who looks for the next address does not close this channel: only a connection that fails by itself does.
            context.close(promise: nil)
            return
        }
        context.connect(to: address, promise: promise)
    }
}
