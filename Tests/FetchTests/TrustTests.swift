import Crypto
import Fetch
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SwiftASN1
import Testing
import X509

/// A self-signed certificate for some name or address.
private struct Identity {
    let certificate: Certificate
    let der: [UInt8]
    let key: P256.Signing.PrivateKey

    init(for name: GeneralName, from start: Date = Date() - 60, until end: Date = Date() + 3600) throws {
        key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("test") }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: start,
            notValidAfter: end, issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames([name])
            }, issuerPrivateKey: .init(key))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        der = serializer.serializedBytes
    }

    static let loopback = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))

    var thumbprint: String { ServerTrust.thumbprint(of: der) }
}

/// An HTTPS server that tells what it was asked: method, path, one header and the body.
private final class SecureServer: Sendable {
    private let channel: any Channel

    init(_ identity: Identity) async throws {
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(try NIOSSLCertificate(bytes: identity.der, format: .der))],
                privateKey: .privateKey(
                    try NIOSSLPrivateKey(bytes: Array(identity.key.derRepresentation), format: .der))))
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    let pipeline = child.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Echo())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    var address: WebAddress {
        get throws {
            let port = try #require(channel.localAddress?.port)
            return try #require(WebAddress("https://127.0.0.1:\(port)/a?b=c", mayHaveQuery: true))
        }
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private var text = ""

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): text = "\(head.method) \(head.uri) \(head.headers["X-Test"]) "
            case .body(let part): text += String(buffer: part)
            case .end:
                let fields = HTTPHeaders([("Content-Length", String(text.utf8.count))])
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}

/// Answers without TLS, whatever it is told.
private final class Plain: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }
}

@Suite struct TrustTests {
    /// With time enough for a machine that is busy with other tests.
    private func fetch(_ trust: ServerTrust) -> Fetch {
        var limits = Fetch.Limits()
        limits.time = .seconds(300)
        return Fetch(trust: trust, limits: limits)
    }

    private func post(_ identity: Identity, _ trust: ServerTrust) async throws -> String {
        let server = try await SecureServer(identity)
        let request = Fetch.Request(
            "POST", try server.address, headers: [("X-Test", "1")], body: Array("body".utf8))
        return String(decoding: try await fetch(trust).send(request).body, as: UTF8.self)
    }

    @Test func aKnownAuthorityOrThumbprintIsTrusted() async throws {
        let identity = try Identity(for: Identity.loopback)
        let expected = "POST /a?b=c [\"1\"] body"
        #expect(try await post(identity, ServerTrust(authorities: [identity.certificate])) == expected)
        #expect(try await post(identity, ServerTrust(thumbprints: [identity.thumbprint])) == expected)
    }

    @Test func nobodyElseIs() async throws {
        let identity = try Identity(for: Identity.loopback)
        let other = try Identity(for: Identity.loopback)
        for trust in [
            ServerTrust(), ServerTrust(authorities: [other.certificate]), ServerTrust(thumbprints: [other.thumbprint]),
        ] {
            await #expect(throws: FetchError.untrustedCertificate) { try await post(identity, trust) }
        }
    }

    @Test func trustDoesNotReachToOtherNamesAndTimes() async throws {
        for identity in [
            try Identity(for: .dnsName("issuer.example")),
            try Identity(for: Identity.loopback, from: Date() - 7200, until: Date() - 3600),
            try Identity(for: Identity.loopback, from: Date() + 3600, until: Date() + 7200),
        ] {
            let trust = ServerTrust(authorities: [identity.certificate], thumbprints: [identity.thumbprint])
            await #expect(throws: FetchError.untrustedCertificate) { try await post(identity, trust) }
        }
    }

    @Test func theChainOfAStrangerCanBeSeen() async throws {
        let identity = try Identity(for: .dnsName("issuer.example"))
        let server = try await SecureServer(identity)
        #expect(try await fetch(ServerTrust()).presentedChain(of: server.address) == [identity.der])
    }

    @Test func aServerWithoutTLSIsNoSecureOne() async throws {
        let plain = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture { try child.pipeline.syncOperations.addHandler(Plain()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { plain.close(promise: nil) }
        let address = try #require(WebAddress("https://127.0.0.1:\(plain.localAddress?.port ?? 0)/"))
        do {
            _ = try await fetch(ServerTrust()).get(address)
            Issue.record("answered without TLS")
        } catch {
            guard case .unreachable = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
