import HTTPTypes
import HummingbirdCore
import Ledger
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import Wire

/// Takes requests from the network and hands them to the edge: the first step of a request's way, and the last.
///
/// Clients that are slow, idle, too many or too talkative can't hold it: there are limits on connections, headers,
/// bodies and time.
public struct Listener: Service {
    public struct Limits: Sendable {
        /// Bytes of a request's body.
        public var body = 1 << 20
        /// Bytes of a request's headers together.
        public var headers = 32 * 1024
        public var connections = 1024
        /// Seconds that a request may take to arrive whole.
        public var requestSeconds: Int64 = 20
        /// Seconds that a connection may be without a request.
        public var idleSeconds: Int64 = 60

        public init() {}
    }

    private let server: Server<HTTP1Channel>

    /// - Parameter onListening: called once with the port that is listened on.
    public init(
        address: String, port: Int, limits: Limits = Limits(), log: Logger, edge: Edge,
        onListening: @escaping @Sendable (Int) async -> Void
    ) {
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderListSize = limits.headers
        decoder.maxHeaderFieldSize = limits.headers
        decoder.maxHeaderFieldCount = 200
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                try await Self.respond(request, writer, channel, limits, edge)
            },
            configuration: .init(
                additionalChannelHandlers: [RequestDeadline(.seconds(limits.requestSeconds))],
                idleTimeout: .seconds(limits.idleSeconds), httpDecoderConfiguration: decoder))
        server = Server(
            childChannelSetup: channel,
            configuration: .init(
                address: .hostname(address, port: port), serverName: "Gatehouse",
                availableConnectionsDelegate: .maximum(limits.connections, logger: log)),
            onServerRunning: { await onListening($0.localAddress?.port ?? port) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: log)
    }

    /// Serves until it is told to stop; then it lets the requests that have begun come to their end.
    public func run() async throws {
        try await server.run()
    }

    private static func respond(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ limits: Limits,
        _ edge: Edge
    ) async throws {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: limits.body)
        } catch is NIOTooManyBytesError {
            let head = HTTPResponse(
                status: .contentTooLarge, headerFields: [.connection: "close", .contentLength: "0"])
            try await writer.writeResponse(head)
            // What is left of the body is not worth reading.
            try await channel.close()
            return
        }
        guard let sourceIP = sourceIP(channel) else {
            // The client is gone. Who it was is not known any more, so nothing may be decided by it.
            try await channel.close()
            return
        }
        let response = await edge.respond(to: wireRequest(request, body), sourceIP: sourceIP)
        var fields = HTTPFields()
        fields.reserveCapacity(response.headers.count + 1)
        for header in response.headers {
            guard let name = fieldName(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        if fields[.contentLength] == nil { fields[.contentLength] = String(response.body.count) }
        let head = HTTPResponse(status: .init(code: response.status), headerFields: fields)
        try await writer.write(
            response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body)))
    }

    private static let requestIDName = HTTPField.Name("x-amzn-RequestId")

    /// The names of nearly all answers are known: to make one anew looks at each byte.
    private static func fieldName(_ name: String) -> HTTPField.Name? {
        switch name {
        case "Content-Type": .contentType
        case "x-amzn-RequestId": requestIDName
        default: HTTPField.Name(name)
        }
    }

    /// The client's address; one of IPv4 in its own form also where the socket is of IPv6.
    private static func sourceIP(_ channel: any Channel) -> String? {
        guard let address = channel.remoteAddress?.ipAddress else { return nil }
        let mapped = "::ffff:"
        return address.hasPrefix(mapped) && address.contains(".") ? String(address.dropFirst(mapped.count)) : address
    }

    private static func wireRequest(_ request: Request, _ body: ByteBuffer) -> WireRequest {
        let target = request.head.path ?? "/"
        let question = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(request.headers.count + 1)
        // HTTPTypes keeps the Host header apart from the others, but clients sign it like any other.
        if let host = request.head.authority { headers.append((name: "host", value: host)) }
        for field in request.headers {
            headers.append((name: field.name.canonicalName, value: field.value))
        }
        return WireRequest(
            method: request.method.rawValue, path: String(target[..<question]),
            query: String(target[question...].dropFirst()), headers: headers, body: Array(buffer: body))
    }
}
