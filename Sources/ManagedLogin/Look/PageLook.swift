import CognitoIDPService
import Pages
import Wire

/// The files that give a page the look that its owner has chosen, as templates name them.
struct PageLook: Sendable {
    /// nil: there are no rules of the owner's.
    let style: String?
    /// nil: there is no picture.
    let logo: String?

    init(_ look: LoginLook, _ client: LoginClient, _ visit: LoginVisit) {
        let base = "\(visit.base)/static/look/\(PercentEncoding.segment(client.id))/"
        style = OwnerStyle.css(look).isEmpty ? nil : base + "style.css"
        logo = look.logo.map { base + "logo." + ($0.type == "image/jpeg" ? "jpg" : "png") }
    }
}

/// The files of the pages: Gatehouse's own, and those of a client's owner.
enum FileRoutes {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/static/*", event: nil) { (visit) in await file(visit) }
    ]

    private static func file(_ visit: LoginVisit) async -> LoginReply {
        let parts = visit.path.split(separator: "/").dropFirst().map(String.init)
        if parts.count == 2, parts[0] == PageFiles.ofManagedLogin.version,
            let (type, bytes) = PageFiles.ofManagedLogin.file(parts[1])
        {
            return answer(type, bytes, lifetime: "public, max-age=31536000, immutable")
        }
        if parts.count == 3, parts[0] == "look", let client = visit.domain.client(parts[1], visit.environment),
            let look = try? await visit.environment.loginLook(of: client, at: visit.domain)
        {
            switch parts[2] {
            case "style.css":
                return answer("text/css; charset=utf-8", Array(OwnerStyle.css(look).utf8), lifetime: "no-cache")
            case "logo.png", "logo.jpg":
                if let logo = look.logo { return answer(logo.type, logo.bytes, lifetime: "no-cache") }
            default: break
            }
        }
        return visit.message("Not found", "There is no such file.", status: 404)
    }

    private static func answer(_ type: String, _ bytes: [UInt8], lifetime: String) -> LoginReply {
        LoginReply(
            status: 200,
            headers: [(name: "content-type", value: type), (name: "cache-control", value: lifetime)], body: bytes)
    }
}
