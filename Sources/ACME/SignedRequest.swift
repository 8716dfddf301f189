import Crypto
import FoundationEssentials
public import Wire

/// A request of ACME's: a JSON Web Signature in flattened JSON (RFC 8555, section 6.2). Reading it proves nothing.
///
/// ```swift
/// let read = try SignedRequest(parsing: Array(text.utf8))
/// let key = try AccountKey(JSONValue(parsing: Array(jwk.utf8)))
/// …
/// read.isSigned(by: key)
/// ```
public struct SignedRequest: Sendable {
    /// Who is said to have signed it.
    public enum Signer: Sendable, Equatable {
        /// The key that came along.
        case key(AccountKey)
        /// The key that is known by this name: an account's URL, or a binding's key identifier.
        case known(String)
    }

    /// `ES256`
    public let algorithm: String
    /// nil: it has none.
    public let nonce: String?
    /// The address that it is for.
    public let url: String
    public let signer: Signer
    /// What is signed; empty for a POST-as-GET.
    public let payload: [UInt8]
    private let input: [UInt8]
    private let signature: [UInt8]

    /// In bytes: an order of 100 names, or a certificate, has far less.
    public static let longest = 64 * 1024
    private static let macs = ["HS256", "HS384", "HS512"]

    /// Reads a request.
    /// - Throws: `malformed` for what is none, `badSignatureAlgorithm`, `badPublicKey`.
    public init(parsing body: [UInt8]) throws(Problem) {
        guard body.count <= Self.longest else { throw Problem(.malformed, "The request is too long.", status: 413) }
        guard let document = try? JSONValue(parsing: body, depthLimit: 16) else {
            throw .malformed("The request is not JSON.")
        }
        try self.init(document)
    }

    /// The same, of one that is within another: an account binding, a change of keys.
    public init(_ document: JSONValue) throws(Problem) {
        // One signature, and nothing that it does not cover.
        guard document["signatures"] == nil, document["header"] == nil,
            let protected = document["protected"]?.text, let payload = document["payload"]?.text,
            let signature = document["signature"]?.text.flatMap({ Base64URL.decode($0) }),
            let header = Base64URL.decode(protected), let content = Base64URL.decode(payload)
        else { throw .malformed("The request is not a JSON Web Signature in flattened JSON.") }
        guard let header = try? JSONValue(parsing: header, depthLimit: 8), case .object = header else {
            throw .malformed("The protected header is not a JSON object.")
        }
        guard header["crit"] == nil, header["b64"] == nil else {
            throw .malformed("The protected header has an extension that is not understood.")
        }
        guard let algorithm = header["alg"]?.text else { throw .malformed("The protected header has no alg.") }
        guard AccountKey.algorithms.contains(algorithm) || Self.macs.contains(algorithm) else {
            throw Problem(.badSignatureAlgorithm, "The algorithm \(algorithm.prefix(40)) is not supported.")
        }
        guard let url = header["url"]?.text else { throw .malformed("The protected header has no url.") }
        switch (header["jwk"], header["kid"]?.text) {
        case (let jwk?, nil): signer = .key(try AccountKey(jwk))
        case (nil, let kid?): signer = .known(kid)
        default: throw .malformed("The protected header must have either a jwk or a kid.")
        }
        self.algorithm = algorithm
        self.url = url
        nonce = header["nonce"]?.text
        self.payload = content
        self.signature = signature
        input = Array("\(protected).\(payload)".utf8)
    }

    /// Whether a key has signed it.
    public func isSigned(by key: AccountKey) -> Bool { key.isValid(signature, for: input, algorithm) }

    /// Whether it has the authentication code of a secret key (RFC 8555, section 7.3.4).
    public func isAuthenticated(by secret: [UInt8]) -> Bool {
        let (key, data, code) = (SymmetricKey(data: secret), Data(input), Data(signature))
        return switch algorithm {
        case "HS256": HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: data, using: key)
        case "HS384": HMAC<SHA384>.isValidAuthenticationCode(code, authenticating: data, using: key)
        case "HS512": HMAC<SHA512>.isValidAuthenticationCode(code, authenticating: data, using: key)
        default: false
        }
    }

    /// What is signed, as a JSON object.
    /// - Throws: `malformed` for anything else.
    public func object() throws(Problem) -> JSONValue {
        guard let value = try? JSONValue(parsing: payload, depthLimit: 16), case .object = value else {
            throw .malformed("The payload is not a JSON object.")
        }
        return value
    }
}
