import NIOCore
import NIOHPACK
import Testing

@testable import WebFront

struct RequestHeadTests {
    private func head(_ text: String) throws -> RequestHead { try RequestHead(Array(text.utf8)) }

    private func status(_ text: String) -> Int? {
        do throws(Refusal) {
            _ = try RequestHead(Array(text.utf8))
            return nil
        } catch {
            return error.status
        }
    }

    @Test func aHeadIsRead() throws {
        let head = try head(
            "POST /a/b?c=d HTTP/1.1\r\nHost: Shop.Example.COM:8080\r\nContent-Length: 12\r\nX-A:  b\tc \r\n\r\n")
        #expect(head.bytes.text(head.method) == "POST")
        #expect(head.bytes.text(head.target) == "/a/b?c=d")
        #expect(head.host == "shop.example.com")
        #expect(head.framing == .length(12))
        #expect(head.isKeepAlive && !head.expectsContinue && head.upgrade == nil)
        #expect(head.fields.all.map { head.bytes.text($0.value) } == ["Shop.Example.COM:8080", "12", "b\tc"])
        #expect(String(decoding: head.path.path, as: UTF8.self) == "/a/b")
        #expect(head.path.query.map { String(decoding: $0, as: UTF8.self) } == "c=d")
    }

    @Test(arguments: [
        ("a", "a"), ("A.b.", "a.b"), ("a:80", "a"), ("[::1]", "[::1]"), ("[::1]:80", "[::1]"),
        ("127.0.0.1:1", "127.0.0.1"),
    ])
    func hostsHaveNoPorts(_ said: String, _ host: String) throws {
        #expect(try head("GET / HTTP/1.1\r\nHost: \(said)\r\n\r\n").host == host)
    }

    @Test func aURLAsTargetIsPassedOnAsAPath() throws {
        let with = try head("GET HTTP://A/b?c HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(with.bytes.text(with.target) == "/b?c")
        let without = try head("GET https://a HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(without.bytes.text(without.target) == "/")
        #expect(status("GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
    }

    @Test func connectionsAreKeptAsTheVersionHasIt() throws {
        #expect(try !head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").isKeepAlive)
        #expect(try !head("GET / HTTP/1.0\r\n\r\n").isKeepAlive)
        #expect(try head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").isKeepAlive)
        #expect(try !head("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").isKeepAlive)
    }

    /// What gateways make of `-` is no way around the fields that the proxy sets.
    @Test func underscoredNamesAreKnown() {
        for name in ["X_Forwarded_For", "Content_Length", "transfer_encoding", "X-Amzn_Mtls-Clientcert-Subject"] {
            #expect(FieldKind(Array(name.utf8), 0..<name.utf8.count) == .underscored)
        }
        #expect(FieldKind(Array("my_header".utf8), 0..<9) == .other)
    }

    /// Every byte that is put anywhere into a good head makes one that is refused, or one that is the same but for that byte.
    @Test func noByteMakesTwoRequestsOfOne() {
        let good = Array("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-A: b\r\n\r\n".utf8)
        for place in good.indices {
            for byte in UInt8.min...UInt8.max {
                var bytes = good
                bytes[place] = byte
                // What ends elsewhere is not this head.
                var buffer = ByteBuffer(bytes: bytes)
                var collector = HeadCollector(.request)
                guard let taken = try? collector.take(from: &buffer), let head = try? RequestHead(taken) else {
                    continue
                }
                #expect(taken == bytes)
                #expect(head.fields.all.count == 3)
                for field in head.fields.all {
                    #expect(
                        taken[field.name].allSatisfy(\.isOfToken) && taken[field.value].allSatisfy(\.isOfFieldValue))
                }
            }
        }
    }

    @Test func headsAreFoundInPieces() throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest"
        var collector = HeadCollector(.request)
        var buffer = ByteBuffer()
        for byte in text.utf8.dropLast(5) {
            buffer.writeInteger(byte)
            #expect(try collector.take(from: &buffer) == nil)
        }
        buffer.writeBytes(text.utf8.suffix(5))
        #expect(try collector.take(from: &buffer) == Array(text.utf8.dropLast(4)))
        #expect(String(buffer: buffer) == "rest")
    }

    @Test func http2HeadsBecomeTheSame() throws {
        let block: HPACKHeaders = [
            ":method": "GET", ":scheme": "https", ":authority": "a.example:8443", ":path": "/b", "cookie": "c=d",
        ]
        let head = try RequestHead(block, endsStream: true)
        #expect(head.host == "a.example" && head.framing == .none)
        #expect(try RequestHead(block, endsStream: false).framing == .chunked)
        var long = block
        long.add(name: "content-length", value: "4")
        #expect(try RequestHead(long, endsStream: false).framing == .length(4))
        #expect(throws: Refusal.self) { try RequestHead(long, endsStream: true) }
    }

    @Test(arguments: [
        ("x-a", "b\r\nc: d"), ("x-a", "b\u{0}"), ("x-a", " b"), ("x-a", "b "), ("x a", "b"), ("X-A", "b"), ("", "b"),
        ("x:a", "b"), ("connection", "close"), ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("te", "gzip"),
        ("host", "b"), (":path", "/c"), (":late", "c"), ("content-length", "1, 1"), ("keep-alive", "1"),
        ("proxy-connection", "close"), ("http2-settings", "AAMA"),
    ])
    func http2HeadsWithOtherMeaningsAreRefused(_ name: String, _ value: String) {
        var block: HPACKHeaders = [
            ":method": "POST", ":scheme": "https", ":authority": "a", ":path": "/", "x-first": "1",
        ]
        block.add(name: name, value: value)
        #expect(throws: Refusal.self) { try RequestHead(block, endsStream: false) }
    }
}

struct ResponseHeadTests {
    private func head(_ text: String, isToHEAD: Bool = false) throws -> ResponseHead {
        try ResponseHead(Array(text.utf8), isToHEAD: isToHEAD)
    }

    @Test func theEndOfAnAnswerIsKnown() throws {
        #expect(try head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").framing == .length(3))
        #expect(try head("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n").framing == .chunked)
        #expect(try head("HTTP/1.1 200 OK\r\n\r\n").framing == .untilClose)
        #expect(try head("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n").framing == .none)
        #expect(try head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", isToHEAD: true).framing == .none)
        #expect(try !head("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n").isKeepAlive)
        #expect(try !head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n").isKeepAlive)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX A: b\r\n\r\n", "ICY 200 OK\r\n\r\n", "\r\n",
    ])
    func whatIsNoAnswerIsRefused(_ text: String) {
        #expect(throws: Refusal.self) { try head(text) }
    }
}

struct ChunkReaderTests {
    /// The data of a body that comes in pieces of so many bytes.
    private func read(_ text: String, by size: Int) throws -> (data: String, isAtEnd: Bool, left: Int) {
        var (reader, buffer, data) = (BodyReader(.chunked), ByteBuffer(), "")
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            buffer.writeBytes(rest.prefix(size))
            rest = rest.dropFirst(size)
            while let piece = try reader.next(&buffer) { data += String(buffer: piece) }
        }
        return (data, reader.isAtEnd, buffer.readableBytes)
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func chunksAreReadInAnyPieces(_ size: Int) throws {
        let read = try read("5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-A: b\r\n\r\nnext", by: size)
        #expect(read.data == "hello world" && read.isAtEnd && read.left == 4)
    }

    @Test func nothingButChunksIsRead() {
        for text in [
            "\r\n", "g\r\n", "4\n", "4 \r\n", "-4\r\n", "4\r\nfourX", "1234567890123456\r\n", "0\r\n a: b\r\n\r\n",
        ] {
            #expect(throws: Refusal.self) { try read(text, by: 100) }
        }
    }
}
