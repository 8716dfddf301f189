import Platform
import Wire

/// Where the certificates are by which clients check what was signed.
enum SigningCertificates {
    private static let (start, end) = ("/SimpleNotificationService-", ".pem")

    /// As AWS names them: clients check the name's ending.
    static func path(of id: String) -> String { start + id + end }

    /// The id in a path; nil for any other path.
    static func id(in path: String) -> String? {
        guard path.hasPrefix(start), path.hasSuffix(end), path.utf8.count == start.utf8.count + end.utf8.count + 32
        else { return nil }
        return String(path.dropFirst(start.count).dropLast(end.count))
    }
}

extension PublicPath {
    /// No bucket has capitals in its name.
    static let signingCertificates = PublicPath(
        "GET", where: { SigningCertificates.id(in: $0) != nil },
        respond: { request, environment in
            guard let id = SigningCertificates.id(in: request.path),
                let signer = environment.projection(SigningKeyIndex.self).signer(id)
            else {
                return WireResponse(status: 404, headers: [(name: "content-type", value: "text/plain")], body: [])
            }
            return WireResponse(
                status: 200, headers: [(name: "content-type", value: "application/x-pem-file")],
                body: Array(signer.certificate.utf8))
        })
}
