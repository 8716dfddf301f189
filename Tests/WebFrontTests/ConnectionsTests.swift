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

    /// Those that could be closed are found, however often a client at its own limit has its own looked at.
    @Test func aClientAtItsLimitSpendsNoLooksOfOthers() throws {
        let connections = connections(4000, perClient: 500)
        var idle: EmbeddedChannel?
        for number in 0..<4000 {
            let new = try channel()
            let admitted = try #require(connections.admit(new, from: "192.0.2.\(number % 8)"))
            if number == 2000 { idle = new } else { admitted.begin(.answering) }
        }
        // Of the first client, none may go.
        #expect(connections.admit(try channel(), from: "192.0.2.1") == nil)
        #expect(connections.admit(try channel(), from: "198.51.100.1") != nil)
        idle?.embeddedEventLoop.run()
        #expect(idle?.isActive == false)
    }

    /// A stream for which there is no room may be tried again, and the others go on.
    @Test func aStreamWithoutRoomIsRefused() throws {
        let client = try HTTP2Client(places: 2)
        try client.ask(streams: [1, 3, 5])
        let resets = try client.heard().filter { $0.kind == 3 }
        // REFUSED_STREAM
        #expect(resets.map(\.stream) == [3, 5] && resets.allSatisfy { $0.payload == [0, 0, 0, 7] })
        #expect(client.refusals.value == 2 && client.connections.count == 2)
        #expect(client.channel.isActive)
    }

    /// But not for ever.
    @Test func whoseStreamsAreRefusedAllTheTimeIsToldToBeCalm() throws {
        let client = try HTTP2Client(places: 2)
        for stream in 0..<201 { try client.ask(streams: [2 * stream + 1]) }
        #expect(client.channel.isActive && client.refusals.value == 200)
        _ = try client.heard()
        try client.ask(streams: [403])
        // GOAWAY with ENHANCE_YOUR_CALM
        #expect(try client.heard().last { $0.kind == 7 }?.payload.suffix(4) == [0, 0, 0, 0xB])
        #expect(!client.channel.isActive)
    }

    /// Nor beyond what is borne of a client with all its connections.
    @Test func whoHasNoBudgetForRefusalsIsToldToBeCalm() throws {
        let client = try HTTP2Client(places: 2, mostRefusals: 3)
        try client.ask(streams: [1, 3, 5, 7])
        #expect(client.channel.isActive)
        try client.ask(streams: [9])
        #expect(try client.heard().last { $0.kind == 7 }?.payload.suffix(4) == [0, 0, 0, 0xB])
        #expect(!client.channel.isActive)
    }
}

/// A client's connection of HTTP/2, frame by frame. Its requests are never answered.
private struct HTTP2Client {
    struct Frame {
        let kind: UInt8
        let stream: Int
        let payload: [UInt8]
    }

    let channel = EmbeddedChannel()
    let connections: Connections
    let refusals: Count

    final class Count: Sendable {
        private let number = Atomic(0)
        private let most: Int
        var value: Int { number.load(ordering: .relaxed) }

        func add() -> Bool { number.add(1, ordering: .relaxed).newValue <= most }

        init(most: Int) { self.most = most }
    }

    /// - Parameters:
    ///   - places: how many connections and streams it may have.
    ///   - mostRefusals: how many streams may be refused.
    init(places: Int, mostRefusals: Int = .max) throws {
        refusals = Count(most: mostRefusals)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var limits = ConnectionLimits()
        limits.connectionsPerAddress = places
        connections = Connections(limits, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let carrier = try #require(connections.admit(channel, from: "192.0.2.1"))
        try HTTP2Pipeline.add(
            to: channel, carrier, connections, limits,
            onRefusal: { [refusals] in refusals.add() },
            setUp: { _, own in own.begin(.answering) })
        try send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
    }

    private func send(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    /// Sends a request on each of some streams.
    func ask(streams: [Int]) throws {
        // :method GET, :scheme https, :path / and :authority
        let head: [UInt8] = [0x82, 0x87, 0x84, 0x41, 1, 0x61]
        for stream in streams {
            try send([0, 0, UInt8(head.count), 1, 5, 0, 0, UInt8(stream >> 8), UInt8(stream & 255)] + head)
        }
    }

    /// What the server has sent since the last time.
    func heard() throws -> [Frame] {
        var said: [UInt8] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { said += bytes.readableBytesView }
        var frames: [Frame] = []
        while said.count >= 9 {
            let end = min(9 + Int(said[1]) << 8 + Int(said[2]), said.count)
            frames.append(
                Frame(kind: said[3], stream: Int(said[7]) << 8 + Int(said[8]), payload: Array(said[9..<end])))
            said.removeFirst(end)
        }
        return frames
    }
}
