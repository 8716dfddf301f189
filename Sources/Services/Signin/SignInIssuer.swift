import FoundationEssentials
import Ledger
import OIDC
import Platform
import Wire

/// The keys that ID tokens are signed with: one pair for all accounts, made when the first token is asked for.
struct SignInIssuer: Record, CustomStringConvertible {
    static let kind = "Gatehouse::SignInIssuer"
    static let keepsHistory = false
    private static let onlyID = "keys"
    /// They belong to no account.
    private static let scope = Scope(account: "")

    var id: String { Self.onlyID }
    /// What `TokenIssuer` reads.
    let keys: String

    /// Without the keys, so that no log ever shows them.
    var description: String { "SignInIssuer" }

    /// What tokens call their issuer. Below it lie the documents by which they are verified.
    static func address(_ environment: Environment) -> String { environment.publicAddress.url + "/v1" }

    /// A token that says who has signed in. It is about the ARN by which the AWS CLI names its login sessions.
    static func idToken(audience: String, _ call: Call) async throws(ServiceError) -> String {
        let issued = call.time.rounded(.down)
        var claims: [String: ClaimValue] = [
            "iss": .string(address(call.environment)), "sub": .string(call.caller.arn), "aud": .string(audience),
            "iat": .number(issued), "exp": .number(issued + 900), "jti": .string(UUID().uuidString.lowercased()),
        ]
        if let session = call.caller.session { claims["auth_time"] = .number(session.issued) }
        let keys = try await keys(call)
        do {
            return try await TokenIssuer(keys: keys).sign(claims, .es384)
        } catch {
            throw .internalFailure
        }
    }

    private static func keys(_ call: Call) async throws(ServiceError) -> String {
        if let known = try await known(call.environment) { return known }
        // Before the transaction, for it takes a while. If two were made at once, the first counts.
        let made: String
        do { made = try await KeyMaking.run { try TokenIssuer.makeKeys() } } catch { throw .internalFailure }
        return try await call.environment.write(scope, requestID: call.requestID) { (records) throws(ServiceError) in
            if let known = try records.get(SignInIssuer.self, onlyID) { return known.keys }
            try records.put(SignInIssuer(keys: made))
            return made
        }
    }

    /// nil: no token has been asked for yet.
    static func known(_ environment: Environment) async throws(ServiceError) -> String? {
        try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(SignInIssuer.self, onlyID)?.keys
        }
    }
}

extension PublicPath {
    /// The documents by which ID tokens are verified.
    static let signInIssuer = PublicPath("GET", "/v1/.well-known/") { request, environment in
        do {
            switch request.path {
            case "/v1/.well-known/openid-configuration":
                return .json(200, try TokenIssuer.discoveryDocument(issuer: SignInIssuer.address(environment)))
            case "/v1/.well-known/jwks.json":
                guard let keys = try await SignInIssuer.known(environment) else { break }
                return .json(200, try TokenIssuer(keys: keys).keySet())
            default: break
            }
            return .json(404, #"{"error":"not_found"}"#)
        } catch {
            return .json(500, #"{"error":"server_error"}"#)
        }
    }
}
