import OIDC
import Platform
import Wire

/// Which role the credentials of an identity are for.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html>
struct RoleChoice {
    let pool: IdentityPool
    let logins: [ProvedLogin]
    /// Whether somebody has signed in.
    let isAuthenticated: Bool
    /// The role that the request asks for.
    let customRoleARN: String?

    /// The role's ARN.
    /// - Throws: NotAuthorizedException; InvalidIdentityPoolConfigurationException where the pool has no role for it.
    func role() throws(ServiceError) -> String {
        guard isAuthenticated else {
            if let customRoleARN { throw .forbiddenRole(customRoleARN) }
            return try usual("unauthenticated")
        }
        for login in logins {
            let name = login.names.first { pool.roleMappings[$0] != nil }
            if let name, let mapping = pool.roleMappings[name] { return try role(of: login, name, mapping) }
        }
        // Without a mapping, an assertion's own roles count: no other token offers any then.
        let offered = logins.flatMap { $0.offeredRoles ?? [] }
        if let customRoleARN {
            guard offered.contains(customRoleARN) else { throw .forbiddenRole(customRoleARN) }
            return customRoleARN
        }
        if offered.count == 1, let role = offered.first { return role }
        return try usual("authenticated")
    }

    private func usual(_ kind: String) throws(ServiceError) -> String {
        guard let role = pool.roles[kind] else { throw .badConfiguration }
        return role
    }

    private func role(
        of login: ProvedLogin, _ name: String, _ mapping: IdentityPool.RoleMapping
    ) throws(ServiceError) -> String {
        let allowed: [String]
        let preferred: String?
        switch mapping.kind {
        case .token:
            allowed = login.offeredRoles ?? login.tokenRoles
            preferred =
                login.offeredRoles == nil
                ? login.claims["cognito:preferred_role"]?.string : allowed.count == 1 ? allowed.first : nil
        case .rules:
            allowed = mapping.rules.filter { $0.matches(login.claims) }.map(\.roleARN)
            preferred = allowed.first
        }
        if let customRoleARN {
            guard allowed.contains(customRoleARN) else { throw .forbiddenRole(customRoleARN) }
            return customRoleARN
        }
        if let preferred { return preferred }
        switch mapping.resolution {
        case .authenticatedRole: return try usual("authenticated")
        case .deny: throw .notAuthorized("The ambiguous role mapping rules for: '\(name)' denied this request.")
        }
    }
}

extension ProvedLogin {
    /// `cognito:roles`: a list, or a text with commas.
    fileprivate var tokenRoles: [String] {
        switch claims["cognito:roles"] {
        case .string(let text)?: text.split(separator: ",").map { String($0.drop { $0 == " " }) }
        case let value?: value.strings ?? []
        case nil: []
        }
    }
}

extension IdentityPool.MappingRule {
    /// Whether it is so of a user. A claim with several values is so if one of them is; what the token doesn't say is never so.
    func matches(_ claims: [String: ClaimValue]) -> Bool {
        guard let texts = claims[claim]?.texts, !texts.isEmpty else { return false }
        return switch match {
        case .equals: texts.contains(value)
        case .notEqual: !texts.contains(value)
        case .startsWith: texts.contains { $0.hasPrefix(value) }
        case .contains: texts.contains { $0.contains(value) }
        }
    }
}

extension ClaimValue {
    /// The claim as texts: numbers and truths as JSON writes them.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .boolean(let value): [value ? "true" : "false"]
        case .number(let value): [Int64(exactly: value).map { String($0) } ?? String(value)]
        case .largeInteger(let value): [String(value)]
        case .array(let values): values.flatMap(\.texts)
        case .object, .null: []
        }
    }
}
