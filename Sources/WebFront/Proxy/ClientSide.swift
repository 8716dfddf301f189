import NIOCore
import WAF

/// The client's end of an exchange: a connection of HTTP/1.1, or a stream of HTTP/2. All on one event loop.
protocol ClientSide: AnyObject {
    /// Whether it takes more of an answer without having it wait in memory.
    var isWritable: Bool { get }
    /// Reads on, for the exchange wants more of the request; a client that waits for a word gets it.
    func readOn()
    /// Begins the answer.
    func begin(_ head: ResponseHead)
    /// Sends a piece of its body.
    func send(_ body: ByteBuffer)
    /// Ends it.
    func end()
    /// Sends what was written.
    func flush()
    /// Says that the rest of an answer that was begun won't come.
    func breakOff()
    /// Closes the connection without a word.
    func hangUp()
    /// Passes on that the connection speaks another protocol now, which whatever follows is of.
    func switchProtocols(_ head: ResponseHead)
    /// Says that nothing more follows in the other protocol.
    func closeOutput()
}

extension ClientSide {
    func hangUp() { breakOff() }
}

/// What is known of a client's connection.
final class ClientInfo: Sendable {
    /// As text: it goes into `X-Forwarded-For`.
    let address: String
    let ip: IPAddress?
    let isSecure: Bool
    /// The port that it has come to.
    let port: Int
    /// The certificate that it has shown, in the headers that tell of it.
    let certificate: [(name: String, value: String)]
    /// The authorities by which its certificate was verified; nil: it was asked for none.
    let trust: ClientTrust?
    /// Whether that certificate still counts; nil: nobody looks.
    let standing: ClientStanding?
    /// Of its TLS; nil: it has none, or they are not known.
    let fingerprints: TLSFingerprints?

    init(
        address: String, isSecure: Bool, port: Int, certificate: [(name: String, value: String)] = [],
        trust: ClientTrust? = nil, standing: ClientStanding? = nil, fingerprints: TLSFingerprints? = nil
    ) {
        self.fingerprints = fingerprints
        self.address = address
        ip = IPAddress(address)
        self.isSecure = isSecure
        self.port = port
        self.certificate = certificate
        self.trust = trust
        self.standing = standing
    }
}
