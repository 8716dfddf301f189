import FoundationEssentials
import Wire

/// What a browser is answered.
struct Reply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// Cookies to set, or to take away.
    var cookies: [Cookie] = []
    /// Another origin to which a form of the page may lead in the end; nil: none may leave this server.
    var formOrigin: String?

    /// A page that a template was rendered to.
    static func html(_ text: String, status: Int = 200) -> Reply {
        Reply(
            status: status, headers: [(name: "content-type", value: "text/html; charset=utf-8")],
            body: Array(text.utf8))
    }

    /// Sends the browser on to another page, which it asks for with GET.
    /// - Parameter path: on this server; what is not is replaced by the home page.
    static func redirect(to path: String) -> Reply {
        let target = isLocal(path) ? path : Console.root
        return Reply(status: 303, headers: [(name: "location", value: target)], body: [])
    }

    /// A file to save.
    static func download(_ name: String, type: String, _ bytes: [UInt8]) -> Reply {
        let plain = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        return Reply(
            status: 200,
            headers: [
                (name: "content-type", value: type),
                (name: "content-disposition", value: "attachment; filename=\"\(plain)\""),
            ], body: bytes)
    }

    /// JSON, for the script of a page.
    static func json(_ bytes: [UInt8], status: Int = 200) -> Reply {
        Reply(status: status, headers: [(name: "content-type", value: "application/json")], body: bytes)
    }

    func setting(_ cookies: [Cookie]) -> Reply {
        var reply = self
        reply.cookies += cookies
        return reply
    }

    /// Whether a browser that is sent to `path` stays here: `//host` and `/\host` would lead elsewhere.
    static func isLocal(_ path: String) -> Bool {
        guard !path.contains("\\"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return false }
        return path.hasPrefix(Console.root) && !path.contains("//") || AuthorizePages.isTarget(path)
    }
}

/// A cookie as it is set. All are out of reach of scripts, and sent by this server's own pages alone.
struct Cookie: Sendable {
    let name: String
    let value: String
    /// For how many seconds the browser keeps it; nil: until it is closed; 0: it is forgotten at once.
    let lifetime: Int?

    func header(isSecure: Bool) -> String {
        var text = "\(Cookie.fullName(name, isSecure: isSecure))=\(value); Path=/; HttpOnly; SameSite=Strict"
        if isSecure { text += "; Secure" }
        if let lifetime { text += "; Max-Age=\(lifetime)" }
        return text
    }

    /// Over TLS browsers see to it that nobody but this host sets the cookie.
    static func fullName(_ name: String, isSecure: Bool) -> String {
        isSecure ? "__Host-gatehouse-\(name)" : "gatehouse-\(name)"
    }
}
