import OIDC
import Platform
import Wire

extension PublicPath {
    /// The documents of the issuers of outbound tokens. They are public, because whoever receives a token verifies it
    /// with them.
    static let tokenIssuers = PublicPath("GET", PublicAddress.issuersPath) { request, environment in
        let parts = request.path.dropFirst(PublicAddress.issuersPath.count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let notFound = WireResponse.json(404, #"{"error":"not_found"}"#)
        guard parts.count == 2, let federation = environment.directory.outboundFederation(issuerID: String(parts[0]))
        else { return notFound }
        do {
            switch parts[1] {
            case ".well-known/openid-configuration":
                let issuer = environment.publicAddress.issuer(id: federation.issuerID)
                return .json(200, try TokenIssuer.discoveryDocument(issuer: issuer))
            case ".well-known/jwks.json":
                return .json(200, try TokenIssuer(keys: federation.keys).keySet())
            default:
                return notFound
            }
        } catch {
            return .json(500, #"{"error":"server_error"}"#)
        }
    }
}
