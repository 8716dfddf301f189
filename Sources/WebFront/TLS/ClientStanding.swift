import NIOSSL
import Synchronization

/// Whether the certificate that a client has shown still counts: a connection may last for days, and it may be revoked meanwhile.
final class ClientStanding: Sendable {
    private let certificate: NIOSSLCertificate
    private let revocations: ClientRevocations
    /// The version of the lists by which it was good.
    private let goodBy = Atomic(-1)

    init(_ certificate: NIOSSLCertificate, _ revocations: ClientRevocations) {
        self.certificate = certificate
        self.revocations = revocations
    }

    /// - Complexity: O(1), but for the first time after the lists were read.
    var isRevoked: Bool {
        let version = revocations.version.load(ordering: .acquiring)
        guard goodBy.load(ordering: .relaxed) != version else { return false }
        guard !revocations.hasRevoked(certificate) else { return true }
        goodBy.store(version, ordering: .relaxed)
        return false
    }
}
