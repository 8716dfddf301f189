import Pages
import Platform
import Wire

/// The roles that somebody has switched to lately in a browser: their names, in a cookie of that browser's.
struct RecentRole: Codable, Sendable, Equatable {
    /// Twelve digits, or an alias, as it was typed.
    let account: String
    let roleName: String
    let displayName: String
    let color: String

    static let cookie = "roles"
    /// AWS remembers five.
    static let most = 5
    /// A year, in seconds.
    static let lifetime = 365 * 86_400

    /// Where it can be switched to again.
    var link: String {
        let values = [
            ("account", account), ("roleName", roleName), ("displayName", displayName), ("color", color),
        ].map { "\($0.0)=\(PercentEncoding.queryValue($0.1))" }
        return Console.root + "switch-role?" + values.joined(separator: "&")
    }

    /// The colours that the top bar has for roles.
    static let colors = ["none", "red", "orange", "yellow", "green", "blue"]
}

extension Visit {
    /// Newest first.
    var recentRoles: [RecentRole] {
        guard let sealed = request.cookie(RecentRole.cookie) else { return [] }
        return console.sealer.open(sealed, for: .roles, as: [RecentRole].self) ?? []
    }

    func remember(_ role: RecentRole) throws(ServiceError) -> Cookie {
        let others = recentRoles.filter { $0.account != role.account || $0.roleName != role.roleName }
        let roles = Array(([role] + others).prefix(RecentRole.most))
        return Cookie(
            name: RecentRole.cookie, value: try console.sealer.seal(roles, for: .roles), lifetime: RecentRole.lifetime)
    }
}
