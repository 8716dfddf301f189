public import Platform
import Synchronization

/// A server's certificate that ACM keeps and renews.
public final class KeptCertificate: Sendable {
    /// The certificate for new connections: the last one that could be used.
    public let tls = ServerTLS()
    private let taken = Mutex<ServableCertificate?>(nil)

    /// None yet.
    public init() {}

    /// Shows a certificate to new connections.
    /// - Parameter time: at which it has to be valid, in seconds since 1970.
    /// - Returns: whether it is another one than before.
    /// - Throws: ``CertificateProblem``, in words for the operator. What was shown before still is.
    @discardableResult
    public func take(_ certificate: ServableCertificate, at time: Double) throws(CertificateProblem) -> Bool {
        guard taken.withLock({ $0 != certificate }) else { return false }
        tls.present(
            try PresentedCertificate(
                certificates: certificate.chain, from: certificate.arn, key: certificate.key, from: certificate.arn,
                at: time))
        taken.withLock { $0 = certificate }
        return true
    }
}
