import Wire

/// What a browser or an application is answered.
struct LoginReply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// Cookies to set, or to take away.
    var cookies: [LoginCookie] = []
    /// Where a form of the page leads in the end besides this domain: browsers hold its policy against every address on the way,
    /// and whoever is there may lead them on.
    var formOrigin: String?
    /// What the event history calls it, where that is not the route's own name.
    var eventName: String?
    /// What is wrong, as the event history tells it; nil: nothing.
    var error: (code: String, message: String)?
    /// Whether it is for programs, and has no page's headers.
    var isForPrograms = false

    static func html(_ text: String, status: Int = 200) -> LoginReply {
        LoginReply(
            status: status, headers: [(name: "content-type", value: "text/html; charset=utf-8")],
            body: Array(text.utf8))
    }

    /// Sends the browser on.
    /// - Parameter location: a path of this domain's, or an address of an application's that has been found in its list.
    static func redirect(to location: String) -> LoginReply {
        LoginReply(status: 302, headers: [(name: "location", value: location)], body: [])
    }

    /// JSON for a program, from whatever origin it asks.
    static func json(_ members: [JSONMember], status: Int = 200) -> LoginReply {
        var writer = JSONWriter()
        writer.json(.object(members))
        return forPrograms(status, [(name: "content-type", value: "application/json;charset=UTF-8")], writer.bytes)
    }

    static func forPrograms(
        _ status: Int, _ headers: [(name: String, value: String)], _ body: [UInt8]
    ) -> LoginReply {
        LoginReply(
            status: status,
            headers: headers + [
                (name: "access-control-allow-origin", value: "*"),
                (name: "cache-control", value: "no-cache, no-store, max-age=0, must-revalidate"),
                (name: "pragma", value: "no-cache"), (name: "expires", value: "0"),
                (name: "x-content-type-options", value: "nosniff"), (name: "x-frame-options", value: "DENY"),
            ], body: body, isForPrograms: true)
    }

    /// What browsers are told that ask for another origin's page whether it may ask.
    static let preflight = forPrograms(
        204,
        [
            (name: "access-control-allow-methods", value: "GET, POST"),
            (name: "access-control-allow-headers", value: "authorization, content-type"),
            (name: "access-control-max-age", value: "86400"),
        ], [])

    func setting(_ cookies: LoginCookie...) -> LoginReply {
        var reply = self
        reply.cookies += cookies
        return reply
    }

    func response(_ visit: LoginVisit) -> WireResponse {
        var headers = headers
        headers.append((name: "x-amz-cognito-request-id", value: visit.arrival.requestID))
        for cookie in cookies { headers.append((name: "set-cookie", value: cookie.header(visit))) }
        return WireResponse(status: status, headers: headers, body: body)
    }
}

/// A cookie as it is set. All are out of reach of scripts. Applications lead browsers here from other sites, so that they are
/// sent along with links.
struct LoginCookie: Sendable {
    let name: String
    let value: String
    /// For how many seconds the browser keeps it; nil: until it is closed; 0: it is forgotten at once.
    var lifetime: Int?

    /// What preserves a sign-in for an hour.
    static let session = "cognito"
    /// What a form has to bring along.
    static let form = "XSRF-TOKEN"
    /// The language that was asked for.
    static let language = "lang"

    func header(_ visit: LoginVisit) -> String {
        var text = "\(Self.fullName(name, visit))=\(value); Path=\(visit.base)/; HttpOnly; SameSite=Lax"
        if visit.isSecure { text += "; Secure" }
        if let lifetime { text += "; Max-Age=\(lifetime)" }
        return text
    }

    /// Over TLS browsers see to it that nobody but this host sets the cookie; at a path of a host that others share, that
    /// nobody without TLS does.
    static func fullName(_ name: String, _ visit: LoginVisit) -> String {
        guard visit.isSecure else { return name }
        return (visit.base.isEmpty ? "__Host-" : "__Secure-") + name
    }
}
