import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

/// Who is signed in to the console. It travels, sealed, in a cookie, so that no node has to remember it.
struct ConsoleSession: Codable, Sendable {
    /// Names it among all, to sign it out.
    let id: String
    /// When somebody signed in, seconds since 1970.
    let started: Double
    /// The temporary credentials of whoever signed in: their session token.
    let token: String
    /// The role that was switched to; nil: none.
    var role: SwitchedRole?
    /// What every form has to bring along.
    let formKey: String
    /// Whether it began over TLS: then it is good there alone.
    let isSecure: Bool
    /// The region that was chosen; nil: Gatehouse's own.
    var region: String?

    /// A role to which somebody has switched.
    struct SwitchedRole: Codable, Sendable {
        /// Its credentials' session token.
        let token: String
        /// What the top bar calls it.
        let displayName: String
        /// One of ``RoleColor``.
        let color: String
    }

    /// How long a session lasts, in seconds.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in.html>
    static let lifetime = 12.0 * 3600

    /// Starts a session.
    static func start(_ token: String, at time: Double, over request: WebRequest) -> ConsoleSession {
        ConsoleSession(
            id: Identifiers.mixed(22), started: time, token: token, formKey: Identifiers.mixed(32),
            isSecure: request.isSecure)
    }

    /// The token of the credentials that calls are made with.
    var acting: String { role?.token ?? token }
}

/// The cookies that hold a session: more than one where it is longer than browsers take.
enum SessionCookies {
    private static let name = "session"
    /// Browsers take 4,096 bytes with the name and the attributes.
    private static let longest = 3600
    private static let most = 4

    static func set(_ sealed: String, over request: WebRequest) throws(ServiceError) -> [Cookie] {
        var rest = Substring(sealed)
        var cookies: [Cookie] = []
        while !rest.isEmpty {
            guard cookies.count < most else {
                throw .validation("The session's policies and tags are too long for the console.")
            }
            cookies.append(Cookie(name: part(cookies.count), value: String(rest.prefix(longest)), lifetime: nil))
            rest = rest.dropFirst(longest)
        }
        for left in cookies.count..<most where request.cookie(part(left)) != nil {
            cookies.append(Cookie(name: part(left), value: "", lifetime: 0))
        }
        return cookies
    }

    static func clear(_ request: WebRequest) -> [Cookie] {
        (0..<most).filter { request.cookie(part($0)) != nil }.map { Cookie(name: part($0), value: "", lifetime: 0) }
    }

    /// nil: there is no session.
    static func find(_ request: WebRequest) -> String? {
        var sealed = ""
        for place in 0..<most {
            guard let value = request.cookie(part(place)) else { break }
            sealed += value
        }
        return sealed.isEmpty ? nil : sealed
    }

    private static func part(_ place: Int) -> String { place == 0 ? name : "\(name)-\(place)" }
}
