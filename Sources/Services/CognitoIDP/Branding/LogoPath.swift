import FoundationEssentials
import Platform
import Wire

extension PublicPath {
    /// Where the logos of the pages of old are, as GetUICustomization says: anybody may see them.
    static let logos = PublicPath("GET", where: LogoPath.isOne) { request, environment in
        guard let path = LogoPath(request.path), let pool = environment.userPool(path.poolID) else {
            return .json(404, "{}")
        }
        let id = UICustomization.id(path.clientID, of: path.poolID)
        do throws(ServiceError) {
            let looks = try await environment.read(pool.scope) { (records) throws(ServiceError) in
                try records.get(UICustomization.self, id)
            }
            guard let looks, let image = looks.image, looks.imageExtension == path.type else {
                return .json(404, "{}")
            }
            let type = path.type == "png" ? "image/png" : "image/jpeg"
            return WireResponse(
                status: 200,
                headers: [
                    (name: "content-type", value: type), (name: "cache-control", value: "public, max-age=3600"),
                    (name: "x-content-type-options", value: "nosniff"),
                ], body: Array(image))
        } catch {
            return .json(500, "{}")
        }
    }
}

/// `/POOL/CLIENT/VERSION/assets/images/image.png`
struct LogoPath {
    let poolID: String
    let clientID: String
    /// `png` or `jpg`
    let type: String

    static func isOne(_ path: String) -> Bool { LogoPath(path) != nil }

    /// The path to a client's logo; the version makes it another when the logo is.
    static func text(_ looks: UICustomization, _ type: String) -> String {
        "/\(looks.poolID)/\(looks.clientID)/\(Int(looks.modified))/assets/images/image.\(type)"
    }

    /// nil: it is the path of something else. No bucket's name has an underscore.
    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 7, parts[0].isEmpty, parts[1].contains("_"), parts[1].contains("-"), parts[4] == "assets",
            parts[5] == "images", parts[6].hasPrefix("image.")
        else { return nil }
        poolID = String(parts[1])
        clientID = String(parts[2])
        type = String(parts[6].dropFirst("image.".count))
    }
}
