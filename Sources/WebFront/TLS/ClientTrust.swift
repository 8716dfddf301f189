import NIOSSL

/// The authorities of the certificates that an application's clients have to show.
struct ClientTrust: Sendable, Equatable {
    /// The file that they are in, as the operator names it.
    let file: String
    let authorities: [NIOSSLCertificate]

    /// Reads them from a file.
    /// - Throws: ``WebFrontProblem``
    init(file: String) throws(WebFrontProblem) {
        self.file = file
        do { authorities = try NIOSSLCertificate.fromPEMFile(file) } catch {
            throw WebFrontProblem("the authorities in \(file) can't be read: it takes certificates in PEM")
        }
        guard !authorities.isEmpty else { throw WebFrontProblem("\(file) has no certificate: it takes PEM") }
    }
}
