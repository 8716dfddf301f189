import OIDC
import Platform
import Wire

extension IdentityPool {
    /// The session tags of whoever has shown logins: what the pool makes of their claims.
    ///
    /// A claim that a token lacks makes no tag; one with several values makes one of all.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html>
    func sessionTags(_ logins: [ProvedLogin]) -> [String: String] {
        var tags: [String: String] = [:]
        for login in logins {
            guard let map = login.names.lazy.compactMap({ principalTags[$0] }).first else { continue }
            let defaults = login.offeredRoles == nil ? PrincipalTagMap.defaults : PrincipalTagMap.samlDefaults
            for (key, claim) in map.usesDefaults ? defaults : map.tags {
                guard tags[key] == nil, let texts = login.claims[claim]?.texts, !texts.isEmpty else { continue }
                tags[key] = texts.joined(separator: ",")
            }
        }
        return tags
    }
}
