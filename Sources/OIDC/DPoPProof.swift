import Crypto
import FoundationEssentials
import JWTKit
import Wire

/// A proof that whoever sends a request has a private key, made for that request alone: the `DPoP` header.
/// <https://www.rfc-editor.org/rfc/rfc9449>
///
/// ```swift
/// let request = DPoPProof.Request(
///     method: "POST", authorities: authorities.filter { !$0.isEmpty }, path: "/v1/token",
///     isEncrypted: source.tls != nil)
/// …
/// return try await DPoPProof.verify(text, for: request, now: clientTime)
/// ```
public struct DPoPProof: Sendable, Equatable {
    /// The SHA-256 thumbprint of the key (RFC 7638) in base64url. It names the key, and is no secret.
    public let thumbprint: String
    /// What tells the proof from all others of the key, the claim `jti`: in base64url, its SHA-256.
    public let id: String
    /// When it was made, seconds since 1970.
    public let issued: Double

    /// The clocks of the two sides may differ by as many seconds, and a proof is good for as long.
    public static let leeway = 300.0
    /// In bytes; those of the AWS CLI have about 500.
    private static let longest = 4096

    /// The request that a proof has to be for.
    public struct Request: Sendable {
        /// `POST`
        public var method: String
        /// The server's names with their ports, any of which will do: `localhost:4566`.
        public var authorities: [String]
        /// `/v1/token`
        public var path: String
        /// Whether it came by TLS: then the proof must say `https`. Otherwise it may, since a proxy may have decrypted it.
        public var isEncrypted: Bool

        /// - Parameters: see the properties.
        public init(method: String, authorities: [String], path: String, isEncrypted: Bool) {
            self.method = method
            self.authorities = authorities
            self.path = path
            self.isEncrypted = isEncrypted
        }

        /// Whether it is what the claim `htu` says. A query and a fragment there don't matter.
        func isAt(_ address: String) -> Bool {
            let bare = address.prefix { $0 != "?" && $0 != "#" }
            guard let mark = bare.firstRange(of: "://") else { return false }
            let scheme = bare[..<mark.lowerBound].lowercased()
            guard scheme == "https" || (scheme == "http" && !isEncrypted) else { return false }
            let rest = bare[mark.upperBound...]
            let host = rest.prefix { $0 != "/" }
            guard rest[host.endIndex...] == path else { return false }
            let wanted = Self.normal(host, scheme)
            return authorities.contains { Self.normal($0[...], scheme) == wanted }
        }

        /// Without the port that is the scheme's own.
        private static func normal(_ authority: Substring, _ scheme: String) -> String {
            let text = authority.lowercased()
            let port = scheme == "https" ? ":443" : ":80"
            return text.hasSuffix(port) ? String(text.dropLast(port.count)) : text
        }
    }

    /// Verifies a proof. Whether it was shown before is for the caller to check, by its ``id``, for as long as ``leeway``.
    /// - Parameters:
    ///   - text: the header as it was sent.
    ///   - now: seconds since 1970, by the clocks of the world outside.
    /// - Throws: ``DPoPError``: why it proves nothing.
    public static func verify(
        _ text: String, for request: Request, now: Double
    ) async throws(DPoPError) -> DPoPProof {
        guard text.utf8.count <= longest, let header = UnprovedHeader(of: text) else { throw .malformed }
        guard header["typ"]?.string == "dpop+jwt" else { throw .wrongType }
        guard header["alg"]?.string == "ES256" else { throw .unsupportedKey }
        let key = try PublicKey(header["jwk"])
        let claims = try await key.claims(of: text, keyID: header["kid"]?.string)
        guard let id = claims["jti"]?.string, !id.isEmpty, case .number(let issued)? = claims["iat"] else {
            throw .malformed
        }
        guard claims["htm"]?.string == request.method, let address = claims["htu"]?.string, request.isAt(address) else {
            throw .otherRequest
        }
        guard abs(issued - now) <= leeway else { throw .outdated }
        return DPoPProof(
            thumbprint: key.thumbprint, id: Base64URL.encode(Array(SHA256.hash(data: Data(id.utf8)))), issued: issued)
    }

    /// A public key of P-256, as the proof's own header has it.
    private struct PublicKey {
        let key: ES256PublicKey
        let thumbprint: String

        init(_ jwk: ClaimValue?) throws(DPoPError) {
            // Each has one spelling alone, so that a key has one thumbprint.
            guard let jwk, jwk["kty"]?.string == "EC", jwk["crv"]?.string == "P-256", jwk["d"] == nil,
                let x = jwk["x"]?.string, let y = jwk["y"]?.string,
                Base64URL.decode(x)?.count == 32, Base64URL.decode(y)?.count == 32,
                let key = try? ES256PublicKey(parameters: (x: x, y: y))
            else { throw .unsupportedKey }
            self.key = key
            // RFC 7638, section 3: the members that are required, by their names, without blanks.
            let members = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
            thumbprint = Base64URL.encode(Array(SHA256.hash(data: Data(members.utf8))))
        }

        func claims(of text: String, keyID: String?) async throws(DPoPError) -> [String: ClaimValue] {
            let keys = JWTKeyCollection()
            await keys.add(ecdsa: key, kid: keyID.map { JWKIdentifier(string: $0) })
            do {
                return try await keys.verify(text, as: Claims.self).members
            } catch {
                throw .wrongSignature
            }
        }
    }
}

/// Why a ``DPoPProof`` proves nothing.
public enum DPoPError: Error, Sendable, Hashable {
    /// It is no JSON Web Token, or lacks what every proof has.
    case malformed
    /// It is a token for something else.
    case wrongType
    /// Its key is not one of P-256, or it is not signed by ES256.
    case unsupportedKey
    /// The key has not signed it.
    case wrongSignature
    /// It was made for another method or address.
    case otherRequest
    /// It was made too long ago, or in the future.
    case outdated
}
