import CognitoIDPAPI
import Platform
import Wire

/// What the tokens of a sign-in say.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html>,
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
struct TokenClaims: Sendable {
    let issuer: String
    let grant: SignInGrant
    let groups: GroupClaims
    /// What the trigger wants otherwise.
    let customization: TokenCustomization
    let originID: String
    let eventID: String
    /// When the tokens are issued, in seconds since 1970.
    let issued: Int
    let validity: TokenValidity

    private var user: PoolUser { grant.user }
    private var tellsOrigin: Bool { grant.client.revokesTokens || grant.client.rotatesRefreshTokens }
    private var authTime: Int { Int(exactly: grant.authTime.rounded(.down)) ?? issued }

    /// The claims of the ID token.
    /// - Parameter accessTokenHash: of the access token beside it; nil: it does not tell.
    func identity(id: String, accessTokenHash: String?) -> [JSONMember] {
        var claims = Claims()
        claims["at_hash"] = accessTokenHash.map { .string($0) }
        claims["sub"] = .string(user.sub)
        claims.set("cognito:groups", groups.groups)
        claims["cognito:preferred_role"] = groups.preferredRole.map { .string($0) }
        claims["iss"] = .string(issuer)
        claims["cognito:username"] = .string(user.username)
        claims["nonce"] = grant.nonce.map { .string($0) }
        claims["origin_jti"] = tellsOrigin ? .string(originID) : nil
        claims.set("cognito:roles", groups.roles)
        claims["aud"] = .string(grant.client.id)
        claims["identities"] = user.identityClaim
        claims["event_id"] = .string(eventID)
        claims["token_use"] = .string("id")
        claims["auth_time"] = .integer(authTime)
        claims["exp"] = .integer(issued + min(validity.id, TokenValidity.longest))
        claims["iat"] = .integer(issued)
        claims["jti"] = tellsOrigin ? .string(id) : nil
        for attribute in user.attributes where grant.tells(attribute.name) {
            claims[attribute.name] = Self.claim(attribute)
        }
        customization.apply(to: &claims, .identity, clientID: grant.client.id)
        return claims.members
    }

    /// The claims of the access token.
    func access(id: String) -> [JSONMember] {
        var claims = Claims()
        claims["sub"] = .string(user.sub)
        claims["device_key"] = grant.deviceKey.map { .string($0) }
        claims.set("cognito:groups", groups.groups)
        claims["iss"] = .string(issuer)
        claims["version"] = .integer(2)
        claims["client_id"] = .string(grant.client.id)
        claims["aud"] = grant.resource.map { .string($0) }
        claims["origin_jti"] = tellsOrigin ? .string(originID) : nil
        claims["event_id"] = .string(eventID)
        claims["token_use"] = .string("access")
        claims["scope"] = .string(customization.scopes(grant.scopes).joined(separator: " "))
        claims["auth_time"] = .integer(authTime)
        claims["exp"] = .integer(issued + min(validity.access, TokenValidity.longest))
        claims["iat"] = .integer(issued)
        claims["jti"] = .string(id)
        claims["username"] = .string(user.username)
        customization.apply(to: &claims, .access, clientID: grant.client.id)
        return claims.members
    }

    /// Custom attributes are texts whatever their type, and so are all others but those that say that something is verified.
    private static func claim(_ attribute: PoolUser.Attribute) -> JSONValue {
        switch attribute.name {
        case "email_verified", "phone_number_verified": return .boolean(attribute.value == "true")
        case "updated_at": return Int(attribute.value).map { .integer($0) } ?? .string(attribute.value)
        case "address": return .object([JSONMember(key: "formatted", value: .string(attribute.value))])
        default: return .string(attribute.value)
        }
    }

    /// Claims by their names, in the order in which they were first set.
    struct Claims: Sendable {
        private(set) var members: [JSONMember] = []

        subscript(name: String) -> JSONValue? {
            get { members.first { $0.key == name }?.value }
            set {
                let place = members.firstIndex { $0.key == name }
                switch (place, newValue) {
                case (let place?, let value?): members[place].value = value
                case (let place?, nil): members.remove(at: place)
                case (nil, let value?): members.append(JSONMember(key: name, value: value))
                case (nil, nil): break
                }
            }
        }

        /// A list of texts; none if there are none.
        mutating func set(_ name: String, _ texts: [String]) {
            self[name] = texts.isEmpty ? nil : .array(texts.map { .string($0) })
        }
    }
}

extension SignInGrant {
    /// Whether the ID token tells an attribute: the client has to be allowed to read it, and the scopes have to ask for it.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html>
    fileprivate func tells(_ attribute: String) -> Bool { client.mayRead(attribute) && scopesTell(attribute) }

    private func scopesTell(_ attribute: String) -> Bool {
        // Each of these scopes tells a part. Without any of them, everything is told.
        guard scopes.contains(where: { ["email", "phone", "profile"].contains($0) }) else { return true }
        switch attribute {
        case "email", "email_verified": return scopes.contains("email")
        case "phone_number", "phone_number_verified": return scopes.contains("phone")
        // OpenID Connect has a scope for it, which Cognito has not.
        case "address": return false
        default: return scopes.contains("profile")
        }
    }
}

extension ClientEntry {
    /// Whether the client's users see an attribute of theirs by it.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-attribute-permissions-and-scopes>
    func mayRead(_ attribute: String) -> Bool {
        guard attribute != "sub" else { return true }
        guard let readable = settings.readAttributes, !readable.isEmpty else { return !attribute.hasPrefix("dev:") }
        return readable.contains(attribute)
    }
}

extension PoolUser {
    /// `identities`: whom other providers know the user as. nil: nobody.
    fileprivate var identityClaim: JSONValue? {
        guard !identities.isEmpty else { return nil }
        return .array(
            identities.map { identity in
                .object([
                    JSONMember(key: "userId", value: .string(identity.userID)),
                    JSONMember(key: "providerName", value: .string(identity.providerName)),
                    JSONMember(key: "providerType", value: .string(identity.providerType)),
                    JSONMember(key: "issuer", value: identity.issuer.map { .string($0) } ?? .null),
                    JSONMember(key: "primary", value: .string(identity.isPrimary ? "true" : "false")),
                    JSONMember(
                        key: "dateCreated", value: .string(String(RequestIDs.milliseconds(identity.linked)))),
                ])
            })
    }
}
