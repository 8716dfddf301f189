import Intake
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

/// Who gives way when there are too many connections.
struct ConnectionsTests {
    private func connections(_ most: Int, perClient: Int) -> Connections {
        var limits = ConnectionLimits()
        (limits.connections, limits.connectionsPerAddress) = (most, perClient)
        return Connections(limits, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Connected, so that it can be closed.
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    @Test func addressesOfOneNetworkOfVersion6AreOneClient() throws {
        let connections = connections(100, perClient: 4)
        for number in 0..<50 {
            let own = try #require(connections.admit(try channel(), from: "2001:db8:0:1::\(String(number, radix: 16))"))
            own.begin(.reading)
        }
        #expect(connections.count == 4)
        _ = try #require(connections.admit(try channel(), from: "2001:db8:0:2::1"))
        _ = try #require(connections.admit(try channel(), from: "192.0.2.1"))
        #expect(connections.count == 6)
        #expect(Connections.client("2001:db8:0:1::1") == Connections.client("2001:0db8:0000:0001:ffff::"))
        #expect(Connections.client("2001:db8:0:1::1") != Connections.client("2001:db8:0:10::1"))
        #expect(Connections.client("192.0.2.1") != Connections.client("192.0.2.2"))
    }

    /// Whoever does not read what was sent holds no place that another one needs.
    @Test func whoeverDoesNotReadGivesWay() throws {
        let connections = connections(8, perClient: 8)
        let channels = try (0..<8).map { _ in try channel() }
        let open = try channels.map { channel in try #require(connections.admit(channel, from: "192.0.2.1")) }
        for one in open { one.begin(.answering) }
        let refused = try channel()
        #expect(connections.admit(refused, from: "198.51.100.1") == nil)
        open[5].begin(.sending)
        #expect(connections.admit(refused, from: "198.51.100.1") != nil)
        for channel in channels { channel.embeddedEventLoop.run() }
        #expect(channels.map(\.isActive) == [true, true, true, true, true, false, true, true])
    }

    @Test func streamsCountForTheirConnectionsClient() throws {
        let connections = connections(100, perClient: 3)
        let carrier = try #require(connections.admit(try channel(), from: "2001:db8::1"))
        carrier.begin(.answering)
        for _ in 0..<2 { try #require(connections.admit(try channel(), on: carrier)).begin(.answering) }
        let (stream, own, other) = (try channel(), try channel(), try channel())
        #expect(connections.admit(stream, on: carrier) == nil)
        #expect(connections.admit(own, from: "2001:db8::2") == nil)
        #expect(connections.admit(other, from: "2001:db8:1::1") != nil)
    }

    /// Far more than are looked at one by one: the limits hold, each that goes is closed, and none is counted that is gone.
    @Test func limitsHoldHoweverManyCome() throws {
        let connections = connections(64, perClient: 16)
        var channels: [EmbeddedChannel] = []
        for number in 0..<2000 {
            let new = try channel()
            let address = "192.0.2.\(number % 7)"
            guard let admitted = connections.admit(new, from: address) else { continue }
            admitted.begin(number % 3 == 0 ? .answering : .reading)
            channels.append(new)
            #expect(connections.count <= 64)
        }
        for channel in channels { channel.embeddedEventLoop.run() }
        let open = channels.filter(\.isActive)
        #expect(open.count == connections.count)
        for channel in open { _ = try? channel.finish() }
        #expect(connections.count == 0)
    }

    /// A stream for which there is no room may be tried again, and the others go on.
    @Test func aStreamWithoutRoomIsRefused() throws {
        var limits = ConnectionLimits()
        limits.connectionsPerAddress = 2
        let connections = Connections(limits, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let channel = try channel()
        let carrier = try #require(connections.admit(channel, from: "192.0.2.1"))
        let refusals = Atomic(0)
        try HTTP2Pipeline.add(
            to: channel, carrier, connections, limits, onRefusal: { refusals.add(1, ordering: .relaxed) },
            setUp: { _, own in own.begin(.answering) })
        func frame(_ kind: UInt8, _ flags: UInt8, stream: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
            [0, 0, UInt8(payload.count), kind, flags, 0, 0, 0, stream] + payload
        }
        // :method GET, :scheme https, :path / and :authority
        let get: [UInt8] = [0x82, 0x87, 0x84, 0x41, 1, 0x61]
        let sent =
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, stream: 0) + frame(1, 5, stream: 1, get)
            + frame(1, 5, stream: 3, get) + frame(1, 5, stream: 5, get)
        try channel.writeInbound(ByteBuffer(bytes: sent))
        channel.embeddedEventLoop.run()
        var said: [UInt8] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { said += bytes.readableBytesView }
        var resets: [[UInt8]] = []
        while said.count >= 9 {
            let end = 9 + Int(said[1]) << 8 + Int(said[2])
            if said[3] == 3 { resets.append([said[8]] + said[9..<min(end, said.count)]) }
            said.removeFirst(min(end, said.count))
        }
        // REFUSED_STREAM
        #expect(resets == [[3, 0, 0, 0, 7], [5, 0, 0, 0, 7]])
        #expect(refusals.load(ordering: .relaxed) == 2 && connections.count == 2 && channel.isActive)
    }
}
