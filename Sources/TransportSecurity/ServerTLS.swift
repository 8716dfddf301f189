import FoundationEssentials
public import Ledger
public import NIOSSL
public import Platform
import Synchronization

/// The certificate that new connections get. It can be replaced at any time; existing connections are not affected.
public final class ServerTLS: Sendable {
    private let presented = Mutex<PresentedCertificate?>(nil)

    /// Makes one without a certificate.
    public init() {}

    /// The certificate in use; nil until there is one.
    public var current: PresentedCertificate? { presented.withLock { $0 } }

    /// NIOSSL's context for the next connection; nil until there is a certificate.
    public var context: NIOSSLContext? { current?.context }

    func present(_ certificate: PresentedCertificate) {
        presented.withLock { $0 = certificate }
    }
}

/// Keeps a ``ServerTLS`` up to date with the certificates that the local authority issues.
public final class IssuedCertificates: Projection {
    public static let kinds: Set<String> = [ServerCertificate.kind]

    /// The certificate for new connections: the one that was issued last.
    public let tls = ServerTLS()

    /// Makes a projection that has seen no certificate yet.
    public init() {}

    public func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            guard let record = try change.decodeAfter(ServerCertificate.self) else { continue }
            do throws(CertificateProblem) {
                tls.present(
                    try PresentedCertificate(
                        certificates: record.certificate, from: "the data directory", key: record.key,
                        from: "the data directory", at: nil))
            } catch {
                throw LedgerError(.corrupt, "The server's certificate can't be used: \(error).")
            }
        }
    }

    public func replaceAll(with changes: [Change]) throws(LedgerError) {
        try apply(changes)
    }
}
