import Platform
import Wire

/// The page that the mail leads to. It needs no session: the link is the proof.
enum ApprovalPage {
    static let prefix = "/_gatehouse/certificates/approvals/"

    fileprivate static func token(_ request: WireRequest) -> String {
        String(request.path.dropFirst(prefix.count))
    }

    /// A text as it stands in a page.
    fileprivate static func shown(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    fileprivate static func response(_ status: Int, _ title: String, _ content: String) -> WireResponse {
        let page = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>\(title)</title>
            <style>
            body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
            dt { font-weight: bold; } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
            button { font: inherit; padding: .5rem 1.5rem; }
            </style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            \(content)
            </main>
            </body>
            </html>

            """
        return WireResponse(
            status: status,
            headers: [
                (name: "content-type", value: "text/html; charset=utf-8"), (name: "cache-control", value: "no-store"),
                (name: "referrer-policy", value: "no-referrer"), (name: "x-content-type-options", value: "nosniff"),
                (
                    name: "content-security-policy",
                    value: "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
                ),
            ], body: Array(page.utf8))
    }

    fileprivate static let gone = response(
        404, "Nothing to approve", "<p>This link is not valid, has been used, or is older than 72 hours.</p>")
    fileprivate static let failed = response(500, "Something went wrong", "<p>Please try again.</p>")
}

extension PublicPath {
    /// Shows what is asked for, and takes the answer.
    static let approvals = [
        PublicPath("GET", ApprovalPage.prefix) { request, environment in
            do throws(ServiceError) {
                guard let (approval, certificate) = try await environment.approval(ApprovalPage.token(request)) else {
                    return ApprovalPage.gone
                }
                return ApprovalPage.response(
                    200, "Certificate request",
                    """
                    <p>Somebody has asked for a certificate for <b>\(ApprovalPage.shown(certificate.domainName))</b>.</p>
                    <dl>
                    <dt>Domain</dt><dd>\(ApprovalPage.shown(approval.domainName))</dd>
                    <dt>AWS account</dt><dd>\(ApprovalPage.shown(approval.accountID))</dd>
                    <dt>Region</dt><dd>\(ApprovalPage.shown(approval.region))</dd>
                    <dt>Certificate</dt><dd>\(ApprovalPage.shown(certificate.arn))</dd>
                    </dl>
                    <form method="post"><button id="approve-button">I Approve</button></form>
                    """)
            } catch {
                return ApprovalPage.failed
            }
        },
        PublicPath("POST", ApprovalPage.prefix) { request, environment in
            do throws(ServiceError) {
                guard let (approval, _) = try await environment.approval(ApprovalPage.token(request)),
                    try await environment.approve(approval)
                else { return ApprovalPage.gone }
                return ApprovalPage.response(
                    200, "Approved",
                    "<p>The certificate for <b>\(ApprovalPage.shown(approval.domainName))</b> is approved.</p>")
            } catch {
                return ApprovalPage.failed
            }
        },
    ]
}
