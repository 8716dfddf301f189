import Intake
import NIOCore
import NIOHTTP2
import NIOSSL
import NIOTLS
import Platform
import WAF

extension WebFront {
    /// Sets up a connection that is encrypted: the client says whom it wants to reach, and gets that application's
    /// certificate.
    /// - Throws: when there is no room for another connection, so that it is closed.
    func setUpSecure(_ channel: any Channel, port: Int) throws {
        let (connection, front) = try admit(channel)
        let pipeline = channel.pipeline.syncOperations
        let (limits, shared) = (shared.limits.ofConnections, shared)
        let ip = IPAddress(connection.address)
        let choice = ChosenCertificate()
        let sni = ByteToMessageHandler(
            SNIHandler { [certificates] result in
                var name: String?
                if case .hostname(let said) = result { name = said }
                guard let shown = certificates.shown(for: name) else {
                    channel.close(promise: nil)
                    return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
                }
                return channel.eventLoop.makeCompletedFuture {
                    choice.shown = shown
                    let handler = NIOSSLServerHandler(context: shown.certificate.context)
                    let operations = channel.pipeline.syncOperations
                    try operations.addHandler(
                        handler, position: .before(operations.handler(type: HandshakeEnd.self)))
                }
            })
        let hello = ServerHelloReader()
        let offer = ClientHelloReader()
        try pipeline.addHandlers(PlainRequestRefusal(), hello, offer, sni)
        try pipeline.addHandler(
            HandshakeEnd(
                connection, limits, hello,
                onFailure: { if let ip { shared.guardian?.saw(.failedHandshake, from: ip, for: nil) } }
            ) { [self] _, applicationProtocol in
                let certificate = try pipeline.nioSSL_peerCertificate()
                var standing: ClientStanding?
                if let certificate, let revocations = choice.shown?.trust?.revocations {
                    standing = ClientStanding(certificate, revocations)
                }
                if standing?.isRevoked == true {
                    shared.log.debug(
                        "a client's certificate is revoked", metadata: ["address": "\(connection.address)"])
                    if let ip { shared.guardian?.saw(.revokedCertificate, from: ip, for: nil) }
                    throw ChannelError.ioOnClosedChannel
                }
                let info = ClientInfo(
                    address: connection.address, isSecure: true, port: port,
                    certificate: certificate.map { ClientCertificateHeaders.headers(of: $0) } ?? [],
                    trust: choice.shown?.trust, standing: standing, fingerprints: offer.fingerprints)
                guard applicationProtocol == "h2" else {
                    return try pipeline.addHandler(HTTP1Handler(front, info, connection))
                }
                let bound = NIOLoopBound(front, eventLoop: channel.eventLoop)
                try HTTP2Pipeline.add(
                    to: channel, connection, connections, limits,
                    onViolation: { _ in if let ip { shared.guardian?.saw(.frameFlood, from: ip, for: nil) } },
                    onRefusal: { shared.admitsRefusal(of: info) }
                ) { stream, own in
                    try stream.pipeline.syncOperations.addHandler(HTTP2StreamHandler(bound.value, info, own))
                }
            })
    }

    /// Takes in new certificates, again and again, until the task is cancelled.
    func watchCertificates() async {
        while (try? await Task.sleep(for: .seconds(2))) != nil { await refreshCertificates() }
    }

    func refreshCertificates() async {
        for application in table.all {
            application.trust?.revocations?.refresh(log, at: environment.clock.realTime)
        }
        await certificates.refresh(table, source, at: environment.clock.realTime)
    }
}

/// What was chosen on a connection's event loop, which alone touches it.
private final class ChosenCertificate {
    var shown: ShownCertificate?
}
