import FoundationEssentials
public import Ledger
public import NIOSSL
public import Platform
import Synchronization

/// The certificate that new connections get. It is exchanged while they come and go: those that are there keep what they
/// have.
public final class ServerTLS: Sendable {
    private let presented = Mutex<PresentedCertificate?>(nil)

    /// Without a certificate yet.
    public init() {}

    /// nil before there is a certificate.
    public var current: PresentedCertificate? { presented.withLock { $0 } }

    /// For the next connection; nil before there is a certificate.
    public var context: NIOSSLContext? { current?.context }

    func present(_ certificate: PresentedCertificate) {
        presented.withLock { $0 = certificate }
    }
}

/// Follows the certificates that the local authority issues.
public final class IssuedCertificates: Projection {
    public static let kinds: Set<String> = [ServerCertificate.kind]

    public let tls = ServerTLS()

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
