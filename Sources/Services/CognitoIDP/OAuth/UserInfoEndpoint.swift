import CognitoIDPAPI
import Platform
import Wire

/// The endpoint that tells applications of a user.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html>
package enum UserInfoEndpoint {
    /// Answers a request.
    /// - Parameter authorization: the header of this name, with an access token; nil: there is none.
    /// - Returns: the members of the answer.
    /// - Throws: `invalid_request` without a token, `invalid_token` for one that does not hold here.
    package static func respond(
        authorization: String?, at domain: LoginDomain, _ call: Call
    ) async throws(OAuthError) -> [JSONMember] {
        let parts = (authorization ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw OAuthError(.invalidRequest, "Bad OAuth2 request at UserInfo Endpoint")
        }
        let signedIn: SignedInUser
        do throws(ServiceError) {
            signedIn = try await call.signedInUser(String(parts[1]), scope: Scopes.openID)
            guard signedIn.pool.id == domain.poolID else { throw .internalFailure }
        } catch {
            throw OAuthError(
                .invalidToken,
                "Access token is expired, disabled, or deleted, or the user has globally signed out.")
        }
        var members = [JSONMember(key: "sub", value: .string(signedIn.user.sub))]
        for attribute in signedIn.user.attributes
        where signedIn.client.mayRead(attribute.name) && tells(attribute.name, signedIn.scopes) {
            // Truth values are texts here.
            members.append(JSONMember(key: attribute.name, value: .string(attribute.value)))
        }
        members.append(JSONMember(key: "username", value: .string(signedIn.user.username)))
        return members
    }

    private static let profile: Set<String> = [
        "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
        "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at", "address",
    ]

    /// Whether scopes tell an attribute: each tells a part, and without any of them `openid` tells everything.
    private static func tells(_ attribute: String, _ scopes: [String]) -> Bool {
        guard scopes.contains(where: { ["email", "phone", "profile"].contains($0) }) else { return true }
        switch attribute {
        case "email", "email_verified": return scopes.contains("email")
        case "phone_number", "phone_number_verified": return scopes.contains("phone")
        default:
            return scopes.contains("profile") && (profile.contains(attribute) || attribute.hasPrefix("custom:"))
        }
    }
}
