import NIOCore
import NIOPosix
import Synchronization

/// Sockets at which only some clients ask for names, by UDP and by TCP (RFC 1035, RFC 7766).
public final class NameDoor: Sendable {
    private struct State {
        var listening: [any Channel] = []
        var clients: [ObjectIdentifier: any Channel] = [:]
        var isShut = false
    }

    /// Connections at once.
    private static let mostClients = 128
    private static let patience = TimeAmount.seconds(10)
    private let state = Mutex(State())

    private init() {}

    /// Listens on sockets that are bound already. They belong to the door from now on.
    /// - Parameters:
    ///   - datagrams: of UDP.
    ///   - streams: of TCP.
    ///   - answer: what is said of a question; nil: nothing. It must not take long.
    /// - Throws: what the system says.
    public static func open(
        datagrams: [Int32], streams: [Int32], answer: @escaping @Sendable (NameQuestion) -> NameAnswer?
    ) async throws -> NameDoor {
        let door = NameDoor()
        let group = MultiThreadedEventLoopGroup.singleton
        do {
            for socket in datagrams {
                let channel = try await DatagramBootstrap(group: group).channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Datagrams(answer))
                    }
                }.withBoundSocket(socket).get()
                door.state.withLock { $0.listening.append(channel) }
            }
            for socket in streams {
                let channel = try await ServerBootstrap(group: group)
                    .serverChannelOption(.backlog, value: 64)
                    .childChannelOption(.maxMessagesPerRead, value: 1)
                    .childChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try door.keep(channel)
                            let pipeline = channel.pipeline.syncOperations
                            try pipeline.addHandlers([
                                IdleStateHandler(allTimeout: patience), ByteToMessageHandler(Frames()), Streams(answer),
                            ])
                        }
                    }.withBoundSocket(socket).get()
                door.state.withLock { $0.listening.append(channel) }
            }
        } catch {
            await door.shut()
            throw error
        }
        return door
    }

    /// Stops listening, and closes all connections.
    public func shut() async {
        let all = state.withLock { state in
            state.isShut = true
            defer { (state.listening, state.clients) = ([], [:]) }
            return state.listening + state.clients.values
        }
        for channel in all { try? await channel.close().get() }
    }

    private func keep(_ channel: any Channel) throws {
        let id = ObjectIdentifier(channel)
        let isKept = state.withLock { state in
            guard !state.isShut, state.clients.count < Self.mostClients else { return false }
            state.clients[id] = channel
            return true
        }
        guard isKept else { throw ChannelError.ioOnClosedChannel }
        channel.closeFuture.whenComplete { [self] _ in state.withLock { $0.clients[id] = nil } }
    }
}

/// Answers packets of UDP.
private final class Datagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    /// How many packets an interface may send in a second.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html#vpc-dns-limits>
    private static let mostInASecond = 1024

    private let answer: @Sendable (NameQuestion) -> NameAnswer?
    private var second = NIODeadline.now()
    private var counts: [String: Int] = [:]

    init(_ answer: @escaping @Sendable (NameQuestion) -> NameAnswer?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let packet = unwrapInboundIn(data)
        guard mayAsk(packet.remoteAddress.ipAddress ?? ""),
            let reply = NameMessages.reply(to: packet.data.readableBytesView, isDatagram: true, answer)
        else { return }
        let envelope = AddressedEnvelope(
            remoteAddress: packet.remoteAddress, data: context.channel.allocator.buffer(bytes: reply))
        context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
    }

    private func mayAsk(_ address: String) -> Bool {
        let now = NIODeadline.now()
        if now - second >= .seconds(1) { (second, counts) = (now, [:]) }
        let count = counts[address, default: 0]
        guard count < Self.mostInASecond else { return false }
        counts[address] = count + 1
        return true
    }

    /// Somebody who has asked is gone: others go on asking.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Packets of TCP begin with their lengths.
private struct Frames: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self),
            buffer.readableBytes >= 2 + Int(length)
        else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 2)
        guard let packet = buffer.readSlice(length: Int(length)) else { return .needMoreData }
        context.fireChannelRead(wrapInboundOut(packet))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) -> DecodingState { decode(context: context, buffer: &buffer) }
}

/// Answers packets of TCP.
private final class Streams: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (NameQuestion) -> NameAnswer?

    init(_ answer: @escaping @Sendable (NameQuestion) -> NameAnswer?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Whoever does not read what is answered, or asks what nobody can, is not heard any longer.
        guard context.channel.isWritable,
            let reply = NameMessages.reply(
                to: unwrapInboundIn(data).readableBytesView, isDatagram: false, answer),
            let length = UInt16(exactly: reply.count)
        else { return context.close(promise: nil) }
        var buffer = context.channel.allocator.buffer(capacity: 2 + reply.count)
        buffer.writeInteger(length)
        buffer.writeBytes(reply)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
