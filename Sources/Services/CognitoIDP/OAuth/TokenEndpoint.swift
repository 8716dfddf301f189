import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// The endpoint at which applications get tokens.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>
package enum TokenEndpoint {
    /// Answers a request.
    /// - Parameters:
    ///   - form: the values that were posted.
    ///   - authorization: the header of this name; nil: there is none.
    /// - Returns: the members of the answer.
    package static func respond(
        _ form: [(name: String, value: String)], authorization: String?, at domain: LoginDomain, _ call: Call
    ) async throws(OAuthError) -> [JSONMember] {
        let form = try TokenForm(form)
        guard let type = form["grant_type"] else { throw OAuthError(.invalidRequest) }
        guard ["authorization_code", "refresh_token", "client_credentials"].contains(type) else {
            throw OAuthError(.unsupportedGrantType)
        }
        let client = try ClientAuthentication.client(authorization, form, of: domain, call.environment)
        guard client.settings.allowedOAuthFlowsUserPoolClient == true else { throw OAuthError(.unauthorizedClient) }
        do {
            switch type {
            case "authorization_code": return try await redeem(form, client, call)
            case "refresh_token": return try await refresh(form, client, call)
            default: return try await clientCredentials(form, client, call)
            }
        } catch let error as OAuthError {
            throw error
        } catch let error as ServiceError where error.fault == .sender {
            // What a trigger refuses with, and whatever else keeps the user from having tokens.
            throw OAuthError(.invalidGrant, error.message.isEmpty ? nil : error.message)
        } catch {
            throw OAuthError(.serverError)
        }
    }

    /// The answer of a successful request.
    private static func answer(_ tokens: IssuedTokens, isIdentityWanted: Bool = true) -> [JSONMember] {
        var members: [JSONMember] = []
        if isIdentityWanted, let token = tokens.idToken {
            members.append(JSONMember(key: "id_token", value: .string(token)))
        }
        members.append(JSONMember(key: "access_token", value: .string(tokens.accessToken)))
        if let token = tokens.refreshToken {
            members.append(JSONMember(key: "refresh_token", value: .string(token)))
        }
        members.append(JSONMember(key: "expires_in", value: .integer(tokens.expiresIn)))
        members.append(JSONMember(key: "token_type", value: .string("Bearer")))
        return members
    }

    // MARK: Codes

    private static func redeem(_ form: TokenForm, _ client: ClientEntry, _ call: Call) async throws -> [JSONMember] {
        guard let ticket = form["code"], let redirectURI = form["redirect_uri"] else {
            throw OAuthError(.invalidRequest)
        }
        guard client.settings.allowedOAuthFlows?.contains("code") == true else {
            throw OAuthError(.unauthorizedClient)
        }
        let (poolID, id, time) = (client.pool.id, LoginTicket.id(ticket), call.time)
        let verifier = form["code_verifier"]
        let found = try await call.keep { (records) throws(ServiceError) -> AuthorizationCode? in
            guard var code = try records.get(AuthorizationCode.self, RowKey(.text(id)), of: poolID),
                code.clientID == client.id
            else { return nil }
            let isRepeated = code.redeemed != nil
            if !isRepeated {
                guard code.expires > time, isSameText(code.redirectURI, redirectURI), isProved(code, by: verifier)
                else { return nil }
                code.redeemed = time
                try records.put(code)
                return code
            }
            // Somebody else has it as well: nobody can tell which of the two is the application.
            try records.revokeTokens(of: code, client)
            return nil
        }
        guard let code = found else { throw OAuthError(.invalidGrant) }
        let user = try await call.read { (records) throws(ServiceError) in
            try records.get(PoolUser.self, PoolUser.key(code.user), of: poolID)
        }
        guard let user, user.sub == code.sub, user.isEnabled else { throw OAuthError(.invalidGrant) }
        var grant = SignInGrant(client: client, user: user, authTime: code.authTime)
        grant.scopes = code.scopes
        grant.nonce = code.nonce
        grant.resource = code.resource
        grant.deviceKey = code.deviceKey
        grant.originID = code.originID
        grant.source = SignInGrant.ofPages
        let tokens = try await call.issueTokens(grant)
        return answer(tokens, isIdentityWanted: code.scopes.contains(Scopes.openID))
    }

    /// Whether whoever shows a code has begun the sign-in that it comes of. A secret for a code that asks for none is refused
    /// as well: somebody may have taken the challenge away on the code's way (RFC 9700, section 4.8.2).
    private static func isProved(_ code: AuthorizationCode, by verifier: String?) -> Bool {
        switch (code.codeChallenge, verifier) {
        case (nil, nil): true
        case (let challenge?, let verifier?): CodeChallenge.isVerifier(verifier, of: challenge)
        default: false
        }
    }

    // MARK: Refresh tokens

    private static func refresh(_ form: TokenForm, _ client: ClientEntry, _ call: Call) async throws -> [JSONMember] {
        guard let token = form["refresh_token"] else { throw OAuthError(.invalidRequest) }
        do throws(ServiceError) {
            return answer(try await call.refresh(RefreshRequest(refreshToken: token, client: client)))
        } catch {
            guard error.fault == .sender else { throw error }
            throw OAuthError(.invalidGrant)
        }
    }

    // MARK: Clients themselves

    private static func clientCredentials(
        _ form: TokenForm, _ client: ClientEntry, _ call: Call
    ) async throws -> [JSONMember] {
        guard client.settings.allowedOAuthFlows?.contains("client_credentials") == true, !client.client.secrets.isEmpty
        else { throw OAuthError(.unauthorizedClient) }
        let scopes = try Scopes.granted(form["scope"], toClientItself: client, call.environment)
        let token = try await call.clientToken(client, scopes: scopes, metadata: try metadata(form))
        return [
            JSONMember(key: "access_token", value: .string(token)),
            JSONMember(key: "expires_in", value: .integer(client.tokenValidity.access)),
            JSONMember(key: "token_type", value: .string("Bearer")),
        ]
    }

    /// `aws_client_metadata`, which the trigger is told: texts by their names, in JSON.
    private static func metadata(_ form: TokenForm) throws(OAuthError) -> [String: String] {
        guard let text = form["aws_client_metadata"] else { return [:] }
        guard let json = try? JSONValue(parsing: Array(text.utf8)), case .object(let members) = json else {
            throw OAuthError(.invalidRequest, "aws_client_metadata is no JSON object")
        }
        var metadata: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else {
                throw OAuthError(.invalidRequest, "aws_client_metadata has a value that is no string")
            }
            metadata[member.key] = text
        }
        return metadata
    }
}
