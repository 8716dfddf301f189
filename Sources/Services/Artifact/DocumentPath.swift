import Foundation
import Ledger
import Platform
import Wire

// Documents at addresses that are good for some minutes: the document itself; with `.sig` behind the address its signature, and with
// `.pem` the key that verifies it.

extension PublicPath {
    /// The documents of Artifact.
    static let documents = PublicPath("GET", DocumentLink.path) { request, environment in
        let name = request.path.dropFirst(DocumentLink.path.count)
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let token = String(parts.first ?? "")
        let part = parts.count > 1 ? String(parts.last ?? "") : ""
        do throws(ServiceError) {
            guard token.utf8.count == 64,
                let link = try await environment.read(
                    Scope(account: ""),
                    { (records) throws(ServiceError) in
                        try records.get(DocumentLink.self, RowKey(.text(token)))
                    }),
                environment.now() < link.expires
            else { return .noDocument }
            guard let version = link.version else { return part.isEmpty ? .terms(environment) : .noDocument }
            let scope = Scope(account: link.accountID, region: link.region)
            let report = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.report(link.report, version)
            }
            guard let kind = ReportKind.named(link.report) else { return .noDocument }
            switch part {
            case "": return .document(try report.bytes(), kind.form.contentType, kind.fileName)
            case "sig":
                guard let signature = report.signature, let bytes = Data(base64Encoded: signature.value) else {
                    return .noDocument
                }
                return .document(Array(bytes), "application/octet-stream", "\(kind.fileName).sig")
            case "pem":
                guard let signature = report.signature else { return .noDocument }
                return .document(Array(signature.publicKey.utf8), "application/x-pem-file", "\(kind.fileName).pem")
            default: return .noDocument
            }
        } catch {
            return error.code == "ResourceNotFoundException"
                ? .noDocument : .json(500, #"{"message":"Internal server error"}"#)
        }
    }
}

extension WireResponse {
    fileprivate static var noDocument: WireResponse { .json(404, #"{"message":"Not Found"}"#) }

    fileprivate static func document(_ bytes: [UInt8], _ type: String, _ name: String) -> WireResponse {
        WireResponse(
            status: 200,
            headers: [
                (name: "content-type", value: type), (name: "cache-control", value: "no-store"),
                (name: "x-content-type-options", value: "nosniff"),
                (name: "content-disposition", value: "attachment; filename=\"\(name)\""),
            ], body: bytes)
    }

    /// The operator's terms, or Gatehouse's own where there are none.
    fileprivate static func terms(_ environment: Environment) -> WireResponse {
        guard let paper = environment.projection(OperatorPapers.self).terms else {
            return document(Array(usualTerms.utf8), "text/plain; charset=utf-8", "terms.txt")
        }
        return document(
            paper.bytes, paper.isPDF ? "application/pdf" : "text/plain; charset=utf-8",
            paper.isPDF ? "terms.pdf" : "terms.txt")
    }

    private static let usualTerms = """
        Terms of this Gatehouse's reports

        1. A report says what this Gatehouse has read of itself and of one account at the time that it names. It is no
           certification, and nobody has audited it.
        2. The mapping of checks to the controls of published standards is Gatehouse's own.
        3. Nothing in a report is said by AWS, or about AWS.
        4. A report may hold names of resources and people: keep it as you keep those.

        The operator of this Gatehouse has given no terms of their own.

        """
}
