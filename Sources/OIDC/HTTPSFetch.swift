import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// One GET over HTTPS to a server that is not trusted with anything: bounded in time and size, no redirects followed.
enum HTTPSFetch {
    /// For name look-up, connection and handshake together with the answer.
    static let longestTime = TimeAmount.seconds(5)
    /// Bytes of a body.
    static let longestBody = 512 * 1024

    /// The body of an answer with status 200.
    static func body(of address: HTTPSAddress, _ trust: ServerTrust) async throws(OIDCError) -> [UInt8] {
        let isUntrusted = Mutex(false)
        do {
            return try await exchange(with: address, asking: address.path.isEmpty ? "/" : address.path) { chain in
                let isTrusted = await trust.trusts(chain, host: address.host)
                isUntrusted.withLock { $0 = !isTrusted }
                return isTrusted
            }
        } catch let error as OIDCError {
            throw error
        } catch {
            if isUntrusted.withLock({ $0 }) { throw .untrustedCertificate }
            throw .unreachable("\(error)")
        }
    }

    /// The chain of certificates that a server presents, its own first, as DER. Nothing is asked of the server.
    static func presentedChain(of address: HTTPSAddress) async throws(OIDCError) -> [[UInt8]] {
        let presented = Mutex<[[UInt8]]>([])
        do {
            _ = try await exchange(with: address, asking: nil) { chain in
                presented.withLock { $0 = chain }
                return false
            }
        } catch {
            let chain = presented.withLock { $0 }
            guard chain.isEmpty else { return chain }
            throw .unreachable("\(error)")
        }
        throw .unreachable("no certificate was presented")
    }

    /// - Parameters:
    ///   - path: nil to ask for nothing.
    ///   - isTrusted: decides whether the handshake is completed.
    private static func exchange(
        with address: HTTPSAddress, asking path: String?,
        isTrusted: @escaping @Sendable ([[UInt8]]) async -> Bool
    ) async throws -> [UInt8] {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        // The callback below decides alone.
        configuration.trustRoots = .certificates([])
        let context = try NIOSSLContext(configuration: configuration)
        let host = address.host
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: [UInt8].self)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(longestTime)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(
                        context: context, serverHostname: isIPAddress(host) ? nil : host,
                        customVerificationCallback: { certificates, promise in
                            let chain = certificates.map { (try? $0.toDERBytes()) ?? [] }
                            promise.completeWithTask {
                                await isTrusted(chain) ? .certificateVerified : .failed
                            }
                        })
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(tls)
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(AnswerHandler(host: address.authority, path: path, answer))
                }
            }
        let connection = bootstrap.connect(host: host, port: address.port)
        connection.whenFailure { answer.fail($0) }
        let deadline = loop.scheduleTask(in: longestTime) { answer.fail(ChannelError.connectTimeout(longestTime)) }
        defer {
            deadline.cancel()
            connection.whenSuccess { $0.close(promise: nil) }
        }
        return try await answer.futureResult.get()
    }

    /// Sends the request when the connection is safe, and collects the answer.
    private final class AnswerHandler: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let host: String
        private let path: String?
        private let answer: EventLoopPromise<[UInt8]>
        private var body: [UInt8] = []

        init(host: String, path: String?, _ answer: EventLoopPromise<[UInt8]>) {
            self.host = host
            self.path = path
            self.answer = answer
        }

        func channelActive(context: ChannelHandlerContext) {
            guard let path else { return }
            // What is written before the handshake is over waits for it.
            let fields = HTTPHeaders([
                ("Host", host), ("Accept", "application/json"), ("User-Agent", "gatehouse"), ("Connection", "close"),
            ])
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: fields)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                if head.status != .ok { answer.fail(OIDCError.unusable("status \(head.status.code)")) }
            case .body(let part):
                guard body.count + part.readableBytes <= longestBody else {
                    answer.fail(OIDCError.unusable("the document is too long"))
                    context.close(promise: nil)
                    return
                }
                body += part.readableBytesView
            case .end:
                answer.succeed(body)
                context.close(promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            answer.fail(error)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            answer.fail(ChannelError.eof)
        }
    }
}

/// Whether a host is an address and not a name.
func isIPAddress(_ host: String) -> Bool {
    (try? SocketAddress(ipAddress: host, port: 0)) != nil
}

extension HTTPSAddress {
    /// As the Host header names it.
    fileprivate var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 443 ? name : "\(name):\(port)"
    }
}
