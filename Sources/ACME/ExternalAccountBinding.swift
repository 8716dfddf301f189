public import Wire

/// The proof that whoever makes an account has the secret key that an administrator has given out (RFC 8555, section 7.3.4).
public struct ExternalAccountBinding: Sendable {
    /// By which the secret key is known.
    public let keyID: String
    private let request: SignedRequest

    /// Reads the `externalAccountBinding` of a new account. Nothing is proved yet but that it is for the same key and address.
    /// - Parameters:
    ///   - key: the account's.
    ///   - url: of the new account, as the outer request has it.
    /// - Throws: `malformed`.
    public init(_ document: JSONValue, for key: AccountKey, url: String) throws(Problem) {
        request = try SignedRequest(document)
        guard case .known(let id) = request.signer, request.nonce == nil, request.algorithm.hasPrefix("HS") else {
            throw .malformed("The external account binding must have a MAC algorithm and a kid, and no nonce.")
        }
        guard request.url == url else {
            throw .malformed("The external account binding is for another address than the request.")
        }
        guard try AccountKey(try request.object()) == key else {
            throw .malformed("The external account binding is for another key than the request's.")
        }
        keyID = id
    }

    /// Whether it was made with a secret key.
    public func isMade(with secret: [UInt8]) -> Bool { request.isAuthenticated(by: secret) }
}
