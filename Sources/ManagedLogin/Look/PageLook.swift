import CognitoIDPService
import Pages
import Platform
import Wire

/// The files that give a page the look that its owner has chosen, as templates name them.
struct PageLook: Sendable {
    /// nil: there are no rules of the owner's.
    let style: String?
    /// nil: there is no picture.
    let logo: String?

    init(_ look: OwnerLook, _ client: LoginClient, _ visit: LoginVisit) {
        let base = "\(visit.base)/static/look/\(PercentEncoding.segment(client.id))/"
        style = look.css.isEmpty ? nil : base + "style.css"
        logo = look.logoType.map { base + "logo." + ($0 == "image/jpeg" ? "jpg" : "png") }
    }
}

/// What a page needs to know of the look that its owner has chosen.
struct OwnerLook: Sendable {
    let css: String
    /// `image/png`, `image/jpeg`; nil: there is no picture.
    let logoType: String?

    init(_ look: LoginLook) {
        css = OwnerStyle.css(look)
        logoType = look.logoType
    }
}

extension LoginVisit {
    /// nil: the client has no pages.
    func look(of client: LoginClient) async throws(ServiceError) -> OwnerLook? {
        try await environment.loginLook(of: client, at: domain, site.looks) { OwnerLook($0) }
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
        if parts.count == 3, parts[0] == "look", let client = visit.domain.client(parts[1], visit.environment) {
            switch parts[2] {
            case "style.css":
                if let look = try? await visit.look(of: client) {
                    return answer("text/css; charset=utf-8", Array(look.css.utf8), lifetime: "no-cache")
                }
            case "logo.png", "logo.jpg":
                if let logo = try? await visit.environment.loginLogo(of: client, at: visit.domain) {
                    return answer(logo.type, logo.bytes, lifetime: "no-cache")
                }
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
