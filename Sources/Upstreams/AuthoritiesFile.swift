import FoundationEssentials
import SwiftASN1
import X509

/// A PEM file with certificate authorities.
enum AuthoritiesFile {
    /// - Throws: ``UpstreamsProblem`` for a file that can't be read, or has no certificate.
    static func read(_ path: String) throws(UpstreamsProblem) -> [Certificate] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw UpstreamsProblem(
                "the authorities in \(path) can't be read: there is no such file, or it is not readable")
        }
        do {
            let certificates = try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
            if !certificates.isEmpty { return certificates }
        } catch {
            throw UpstreamsProblem("there is something else than certificates in \(path): \(error)")
        }
        throw UpstreamsProblem("there is no certificate in \(path): name a PEM file of authorities")
    }
}
