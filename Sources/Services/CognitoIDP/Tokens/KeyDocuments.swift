import CognitoIDPAPI
import Platform
import Wire

extension PublicPath {
    /// What anybody verifies a pool's tokens by: `/us-east-1_AbCdEfGhI/.well-known/jwks.json`, and the document that names it.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>
    static let poolDocuments = PublicPath("GET", where: PoolDocument.isOne) { request, environment in
        guard let document = PoolDocument(request.path), let pool = environment.userPool(document.poolID) else {
            let id = PoolDocument(request.path)?.poolID ?? ""
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("message", "User pool \(id) does not exist.")
            writer.endObject()
            return .json(400, writer.bytes)
        }
        do throws(ServiceError) {
            var response = WireResponse.json(
                200,
                document.isKeySet ? try await environment.keys(of: pool).keySet : pool.discoveryDocument(environment))
            // Verifiers in browsers ask from other origins.
            response.headers.append(("access-control-allow-origin", "*"))
            // Not for long: a new key signs as soon as it is there.
            if document.isKeySet { response.headers.append(("cache-control", "public, max-age=300")) }
            return response
        } catch {
            return .json(500, #"{"message":"Internal server error"}"#)
        }
    }
}

/// A path of a pool's documents.
private struct PoolDocument {
    let poolID: String
    let isKeySet: Bool

    static func isOne(_ path: String) -> Bool { PoolDocument(path) != nil }

    /// nil: it is the path of something else. No bucket's name has an underscore.
    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, parts[1].contains("_"), parts[1].contains("-"),
            parts[2] == ".well-known"
        else { return nil }
        switch parts[3] {
        case "jwks.json": isKeySet = true
        case "openid-configuration": isKeySet = false
        default: return nil
        }
        poolID = String(parts[1])
    }
}

extension PoolEntry {
    /// `openid-configuration`, with the members that Cognito's has. Without a domain there are no endpoints to name.
    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>
    fileprivate func discoveryDocument(_ environment: Environment) -> [UInt8] {
        let issuer = environment.issuer(of: id)
        var writer = JSONWriter()
        writer.beginObject()
        func list(_ name: String, _ values: [String], _ writer: inout JSONWriter) {
            writer.key(name)
            writer.beginArray()
            for value in values { writer.string(value) }
            writer.endArray()
        }
        let domain = domainAddress(environment)
        writer.member("authorization_endpoint", domain.map { $0 + "/oauth2/authorize" })
        writer.member("end_session_endpoint", domain.map { $0 + "/logout" })
        list("id_token_signing_alg_values_supported", ["RS256"], &writer)
        writer.member("issuer", issuer)
        writer.member("jwks_uri", issuer + "/.well-known/jwks.json")
        list("response_types_supported", ["code", "token"], &writer)
        writer.member("revocation_endpoint", domain.map { $0 + "/oauth2/revoke" })
        list("scopes_supported", ["openid", "email", "phone", "profile"], &writer)
        list("subject_types_supported", ["public"], &writer)
        writer.member("token_endpoint", domain.map { $0 + "/oauth2/token" })
        list("token_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_post"], &writer)
        writer.member("userinfo_endpoint", domain.map { $0 + "/oauth2/userInfo" })
        writer.endObject()
        return writer.bytes
    }

    /// Where the pool's domain is; nil: it has none.
    func domainAddress(_ environment: Environment) -> String? { environment.loginAddress(of: self) }
}
