import Crypto
import FoundationEssentials
import Wire

/// The page that asks a user whether a sign-in was theirs. It belongs to no domain, and looks like those of domains.
struct FeedbackPage {
    let status: Int
    let heading: String
    let text: String
    /// What the button says by which the user answers; nil: there is nothing to answer.
    var button: String?

    static let thanks = FeedbackPage(status: 200, heading: "Thank you", text: "You can close this page.")
    static let unknown = FeedbackPage(
        status: 404, heading: "This did not work", text: "This link has expired, or is incomplete.")

    static func question(isValid: Bool) -> FeedbackPage {
        isValid
            ? FeedbackPage(
                status: 200, heading: "Was it you who signed in?",
                text: "If the sign-in that you were told of was by you, say so, and nobody asks about others like it.",
                button: "It was me")
            : FeedbackPage(
                status: 200, heading: "Was it somebody else who signed in?",
                text: "If the sign-in that you were told of was not by you, say so, and change your password.",
                button: "It was not me")
    }

    private static let style = """
        :root{color-scheme:light dark;--ground:#f2f4f7;--paper:#fff;--ink:#17202b;--line:#d3d9e0;--accent:#0b5cad;\
        --on:#fff}@media(prefers-color-scheme:dark){:root{--ground:#10161d;--paper:#18212b;--ink:#e7edf3;\
        --line:#33404e;--accent:#7db8f5;--on:#07213d}}body{margin:0;background:var(--ground);color:var(--ink);\
        font:100%/1.5 system-ui,sans-serif}main{box-sizing:border-box;max-width:26rem;margin:2rem auto;padding:1.5rem;\
        background:var(--paper);border:1px solid var(--line);border-radius:.5rem}h1{margin:0;font-size:1.4rem;\
        line-height:1.25}form,p{margin:1rem 0 0}button{width:100%;padding:.6rem 1rem;font:inherit;font-weight:600;\
        cursor:pointer;color:var(--on);background:var(--accent);border:1px solid var(--accent);border-radius:.5rem}\
        :focus-visible{outline:.1875rem solid var(--accent);outline-offset:.125rem}
        """
    /// By which the policy knows the style of the page from any other.
    private static let styleHash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()

    var response: WireResponse {
        let form = button.map { "<form method=\"post\"><button>\($0)</button></form>" } ?? ""
        let html = """
            <!doctype html><html lang="en"><meta charset="utf-8">\
            <meta name="viewport" content="width=device-width, initial-scale=1"><title>\(heading)</title>\
            <style>\(Self.style)</style><main><h1>\(heading)</h1><p>\(text)</p>\(form)</main></html>
            """
        let policy =
            "default-src 'none'; style-src 'sha256-\(Self.styleHash)'; frame-ancestors 'none'; form-action 'self'; "
            + "base-uri 'none'"
        return WireResponse(
            status: status,
            headers: [
                (name: "content-type", value: "text/html; charset=utf-8"), (name: "cache-control", value: "no-store"),
                (name: "content-security-policy", value: policy), (name: "referrer-policy", value: "no-referrer"),
                (name: "x-content-type-options", value: "nosniff"),
            ], body: Array(html.utf8))
    }
}
