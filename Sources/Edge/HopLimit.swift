import NIOCore
import NIOHTTP1
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How far the packets of an answer may go.
public enum HopLimit {
    /// By this header an answer that comes by a ``PrivateDoor`` says it: a number from 1 to 255. It is not sent.
    public static let header = "x-gatehouse-hop-limit"
    /// With this limit nothing is sent at all, and the connection is closed.
    static let none = "0"
}

extension WireResponse {
    /// To a request that comes from within a VPC from which no way leads here: in AWS it would never have arrived.
    static let unsent = WireResponse(status: 503, headers: [(name: HopLimit.header, value: HopLimit.none)], body: [])
}

/// Has packets of a connection go no farther than so many hops, from the answer on that says so.
///
/// The rest of the connection keeps to it: what the client has not got yet would be sent again with the limit of later answers.
final class HopLimiter: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// An answer was not let go, so that the connection is being closed: what belongs to it must not go either.
    private var isShut = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isShut else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard case .head(var head) = unwrapOutboundIn(data), let text = head.headers.first(name: HopLimit.header) else {
            return context.write(data, promise: promise)
        }
        head.headers.remove(name: HopLimit.header)
        do {
            try Self.limit(context.channel, to: text)
        } catch {
            // Better no answer than one that goes too far; nor does one go out whose limit is none.
            isShut = true
            promise?.fail(error)
            return context.close(promise: nil)
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private static func limit(_ channel: any Channel, to text: String) throws {
        guard let hops = CInt(text), (1...255).contains(hops), let options = channel.syncOptions else {
            throw ChannelError.operationUnsupported
        }
        let isIPv6 = channel.localAddress?.protocol == .inet6
        let option =
            isIPv6
            ? ChannelOptions.Types.SocketOption(
                level: .ipv6, name: NIOBSDSocket.Option(rawValue: CInt(IPV6_UNICAST_HOPS)))
            : ChannelOptions.Types.SocketOption(level: .ip, name: NIOBSDSocket.Option(rawValue: CInt(IP_TTL)))
        try options.setOption(option, value: SocketOptionValue(hops))
    }
}
