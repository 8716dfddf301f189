import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Asks a server once. The server at the other end is not trusted: an exchange is limited in time and
/// size, and redirects are not followed but returned like any other answer.
///
/// ```swift
/// let answer = try await Fetch(trust: ServerTrust()).get(address)
/// ```
public struct Fetch: Sendable {
    /// What an exchange may take.
    public struct Limits: Sendable {
        /// For name look-up, connection and handshake together with the answer.
        public var time = Duration.seconds(5)
        /// Bytes of an answer's body.
        public var body = 512 * 1024
        /// Bytes of an answer's headers and trailers together.
        public var headers = 64 * 1024

        /// The limits for an identity provider's documents.
        public init() {}

        fileprivate var ofDecoder: NIOHTTPDecoderLimitConfiguration {
            var configuration = NIOHTTPDecoderLimitConfiguration()
            configuration.maxHeaderListSize = headers
            return configuration
        }
    }

    /// An HTTP/1.1 request, with everything that is to be sent.
    public struct Request: Sendable {
        /// The method, in upper case.
        public var method: String
        /// Where it goes; the host becomes the `Host` header.
        public var address: WebAddress
        /// Those that the caller adds.
        public var headers: [(name: String, value: String)]
        /// Sent with its length; empty for none.
        public var body: [UInt8]

        /// Makes a request.
        /// - Parameters:
        ///   - method: in upper case.
        ///   - address: where it goes.
        ///   - headers: besides Host, Content-Length, User-Agent and Connection.
        ///   - body: empty for none.
        public init(
            _ method: String, _ address: WebAddress, headers: [(name: String, value: String)] = [], body: [UInt8] = []
        ) {
            self.method = method
            self.address = address
            self.headers = headers
            self.body = body
        }
    }

    /// An answer that has arrived completely, within the limits.
    public struct Answer: Sendable {
        /// The HTTP status, whatever it is: redirects come back as they are.
        public let status: Int
        /// As they came.
        public let headers: [(name: String, value: String)]
        /// The body, without its framing. Compression is neither requested nor undone.
        public let body: [UInt8]

        /// The value of the first header field of that name, whatever its case.
        public func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    private let trust: ServerTrust
    private let limits: Limits
    private let reach: Reach

    /// Makes a client. It keeps no connections, so it costs nothing to have several.
    /// - Parameters:
    ///   - trust: which certificates are accepted, for `https`.
    ///   - limits: what an exchange may take.
    ///   - reach: where it may connect to; not everywhere if the address is not the operator's.
    public init(trust: ServerTrust, limits: Limits = Limits(), reach: Reach = .anywhere) {
        self.trust = trust
        self.limits = limits
        self.reach = reach
    }

    /// Asks with GET for a document in JSON.
    /// - Throws: as ``send(_:)``.
    public func get(_ address: WebAddress) async throws(FetchError) -> Answer {
        try await send(Request("GET", address, headers: [("Accept", "application/json")]))
    }

    /// Makes a request, and waits for the answer, whatever its status.
    /// - Throws: ``FetchError`` when there is none: because the name can't be resolved, the certificate isn't trusted,
    ///   or a limit is exceeded.
    public func send(_ request: Request) async throws(FetchError) -> Answer {
        let isUntrusted = Mutex(false)
        let (trust, host) = (trust, request.address.host)
        do {
            return try await exchange(with: request.address, asking: request) { chain in
                let isTrusted = await trust.trusts(chain, host: host)
                isUntrusted.withLock { $0 = !isTrusted }
                return isTrusted
            }
        } catch let error as FetchError {
            throw error
        } catch {
            if isUntrusted.withLock({ $0 }) { throw .untrustedCertificate }
            throw .unreachable(Self.reason(error))
        }
    }

    /// The chain of certificates that a server presents, its own first, as DER. Nothing is asked of the server.
    public func presentedChain(of address: WebAddress) async throws(FetchError) -> [[UInt8]] {
        let presented = Mutex<[[UInt8]]>([])
        do {
            _ = try await exchange(with: address, asking: nil) { chain in
                presented.withLock { $0 = chain }
                return false
            }
        } catch {
            let chain = presented.withLock { $0 }
            guard chain.isEmpty else { return chain }
            throw .unreachable(Self.reason(error))
        }
        throw .unreachable("no certificate was presented")
    }

    /// Why there is no connection, in the system's words where it has any.
    static func reason(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        guard let attempt = error.connectionErrors.first else { return "the name \(error.host) is not known" }
        guard let cause = attempt.error as? IOError else { return "\(attempt.error)" }
        return String(cString: strerror(cause.errnoCode))
    }

    /// - Parameters:
    ///   - request: nil to ask for nothing.
    ///   - isTrusted: decides whether the handshake is completed.
    private func exchange(
        with address: WebAddress, asking request: Request?, isTrusted: @escaping @Sendable ([[UInt8]]) async -> Bool
    ) async throws -> Answer {
        let context = address.isSecure ? try Self.tls() : nil
        let (limits, reach) = (limits, reach)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: Answer.self)
        let longest = TimeAmount(limits.time)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(longest)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let handler = reach.handler(for: address) { try pipeline.addHandler(handler) }
                    if let context { try pipeline.addHandler(Self.handshake(context, address.host, isTrusted)) }
                    try pipeline.addHTTPClientHandlers(decoderLimitConfiguration: limits.ofDecoder)
                    try pipeline.addHandler(AnswerHandler(request, limits, answer))
                }
            }
        let connection = bootstrap.connect(host: address.host, port: address.port)
        connection.whenFailure { answer.fail($0) }
        let deadline = loop.scheduleTask(in: longest) { answer.fail(FetchError.tooSlow) }
        defer {
            deadline.cancel()
            connection.whenSuccess { $0.close(promise: nil) }
        }
        return try await answer.futureResult.get()
    }

    static func tls() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        // The callback decides alone.
        configuration.trustRoots = .certificates([])
        return try NIOSSLContext(configuration: configuration)
    }

    static func handshake(
        _ context: NIOSSLContext, _ host: String, _ isTrusted: @escaping @Sendable ([[UInt8]]) async -> Bool
    ) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(
            context: context, serverHostname: isIPAddress(host) ? nil : host,
            customVerificationCallback: { certificates, promise in
                let chain = certificates.map { (try? $0.toDERBytes()) ?? [] }
                promise.completeWithTask { await isTrusted(chain) ? .certificateVerified : .failed }
            })
    }
}

/// Why a server's answer can't be had.
public enum FetchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It can't be reached, or ends the connection; the text is for the log.
    case unreachable(String)
    /// Its certificate is not trusted.
    case untrustedCertificate
    /// It takes longer than the limit.
    case tooSlow
    /// Its answer is larger than the limit.
    case tooLarge
    /// Its answer is not HTTP; the text is for the log.
    case unreadable(String)

    public var description: String {
        switch self {
        case .unreachable(let reason): "it can't be reached: \(reason)"
        case .untrustedCertificate: "its certificate is not trusted"
        case .tooSlow: "it did not answer in time"
        case .tooLarge: "its answer is too large"
        case .unreadable(let reason): "its answer can't be read: \(reason)"
        }
    }
}

/// Whether a host is an address and not a name.
func isIPAddress(_ host: String) -> Bool {
    (try? SocketAddress(ipAddress: host, port: 0)) != nil
}
