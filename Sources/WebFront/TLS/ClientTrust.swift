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
    ///   - known: those of other applications, and of the applications as they were: one that is the same is used for this, too.
    /// - Throws: ``WebFrontProblem``
    init(file: String, revocations: String? = nil, known: [ClientTrust] = []) throws(WebFrontProblem) {
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
        let same = known.first {
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
