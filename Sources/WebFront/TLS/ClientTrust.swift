import NIOSSL

/// The authorities of the certificates that an application's clients have to show.
struct ClientTrust: Sendable, Equatable {
    /// The file that they are in, as the operator names it.
    let file: String
    let authorities: [NIOSSLCertificate]
    /// What they have revoked; nil: nobody looks.
    let revocations: ClientRevocations?

    /// Reads them from a file.
    /// - Parameters:
    ///   - revocations: the file of their lists of revoked certificates.
    ///   - before: those of the applications as they were, of which one that is the same goes on as it is.
    /// - Throws: ``WebFrontProblem``
    init(file: String, revocations: String? = nil, before: [ClientTrust] = []) throws(WebFrontProblem) {
        self.file = file
        let authorities: [NIOSSLCertificate]
        do { authorities = try NIOSSLCertificate.fromPEMFile(file) } catch {
            throw WebFrontProblem("the authorities in \(file) can't be read: it takes certificates in PEM")
        }
        guard !authorities.isEmpty else { throw WebFrontProblem("\(file) has no certificate: it takes PEM") }
        self.authorities = authorities
        guard let revocations else {
            self.revocations = nil
            return
        }
        let same = before.first {
            $0.file == file && $0.authorities == authorities && $0.revocations?.file == revocations
        }
        if let same {
            self.revocations = same.revocations
        } else {
            self.revocations = try ClientRevocations(file: revocations, by: authorities)
        }
    }

    static func == (one: ClientTrust, other: ClientTrust) -> Bool {
        one.file == other.file && one.authorities == other.authorities && one.revocations === other.revocations
    }
}
