import NIOCore
import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Has packets of a connection go no farther than so many hops, from the answer on that says so in a header. The header is not sent.
///
/// The rest of the connection keeps to it: what the client has not got yet would be sent again with the limit of later answers.
public final class HopLimit: ChannelOutboundHandler {
    public typealias OutboundIn = HTTPServerResponsePart
    public typealias OutboundOut = HTTPServerResponsePart

    /// A number from 1 to 255.
    public static let header = "x-gatehouse-hop-limit"

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let text = head.headers.first(name: Self.header) else {
            return context.write(data, promise: promise)
        }
        head.headers.remove(name: Self.header)
        do {
            try Self.limit(context.channel, to: text)
        } catch {
            // Better no answer than one that goes too far.
            context.close(promise: nil)
            promise?.fail(error)
            return
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
