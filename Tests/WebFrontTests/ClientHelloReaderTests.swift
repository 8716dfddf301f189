import NIOCore
import NIOEmbedded
import Testing
import WAF

@testable import WebFront

@Suite("A TLS client's first message on its way")
struct ClientHelloReaderTests {
    /// A ClientHello without extensions.
    private static let hello: [UInt8] =
        [1, 0, 0, 43, 3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 4, 0x13, 1, 0x13, 2, 1, 0]

    private static func record(_ content: some Collection<UInt8>, type: UInt8 = 22) -> [UInt8] {
        [type, 3, 1, 0, UInt8(content.count)] + content
    }

    /// The fingerprints, and what came through.
    private func read(_ pieces: [[UInt8]]) throws -> (fingerprints: TLSFingerprints?, passed: [UInt8]) {
        let reader = ClientHelloReader()
        let channel = EmbeddedChannel(handler: reader)
        var passed: [UInt8] = []
        for piece in pieces {
            try channel.writeInbound(ByteBuffer(bytes: piece))
            while let buffer = try channel.readInbound(as: ByteBuffer.self) { passed += buffer.readableBytesView }
        }
        _ = try channel.finish()
        return (reader.fingerprints, passed)
    }

    @Test("it is read however it is cut, and everything passes")
    func cut() throws {
        let wanted = try #require(TLSFingerprints(Self.hello))
        let records = Self.record(Self.hello.prefix(9)) + Self.record(Self.hello.dropFirst(9))
        for pieces in [[Self.record(Self.hello)], [records], records.map { [$0] }] {
            let (fingerprints, passed) = try read(pieces)
            #expect(fingerprints == wanted && passed == Array(pieces.joined()))
        }
    }

    @Test("records without content hide it from nobody, as long as TLS takes them")
    func emptyRecords() throws {
        let empty = Self.record([])
        for count in [1, 32] {
            let before = Array(repeatElement(empty, count: count).joined())
            #expect(try read([before + Self.record(Self.hello)]).fingerprints != nil)
            #expect(
                try read([before, Self.record(Self.hello.prefix(9)), Self.record(Self.hello.dropFirst(9))]).fingerprints
                    != nil)
        }
        let many = Array(repeatElement(empty, count: 1000).joined()) + Self.record(Self.hello)
        let (fingerprints, passed) = try read([many])
        #expect(fingerprints == nil && passed == many)
        #expect(try read([Self.record(Self.hello, type: 23)]).fingerprints == nil)
    }
}
