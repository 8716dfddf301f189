import Wire

/// What a browser answers to ``CreationOptions``: the JSON of `PublicKeyCredential.toJSON()`.
/// <https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson>
public struct RegistrationResponse: Sendable, Hashable {
    /// What names the credential.
    public var credentialID: [UInt8]
    /// The client data as the browser wrote them.
    public var clientDataJSON: [UInt8]
    /// The attestation object, in CBOR.
    public var attestationObject: [UInt8]
    /// How the browser reaches the authenticator; at most eight, of letters, digits and hyphens.
    public var transports: [String]

    /// Puts together what came in another form than JSON.
    public init(credentialID: [UInt8], clientDataJSON: [UInt8], attestationObject: [UInt8], transports: [String] = []) {
        self.credentialID = credentialID
        self.clientDataJSON = clientDataJSON
        self.attestationObject = attestationObject
        self.transports = transports
    }

    /// Reads a browser's answer; see ``longestResponse``.
    /// - Throws: ``WebAuthnError/malformedResponse(_:)``.
    public init(json text: [UInt8]) throws(WebAuthnError) {
        let answer = try Answer(text)
        credentialID = answer.id
        clientDataJSON = try answer.bytes("clientDataJSON")
        attestationObject = try answer.bytes("attestationObject")
        transports = answer.transports
    }
}

/// What a browser answers to ``RequestOptions``: the JSON of `PublicKeyCredential.toJSON()`.
/// <https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson>
public struct AssertionResponse: Sendable, Hashable {
    /// What names the credential.
    public var credentialID: [UInt8]
    /// The client data as the browser wrote them.
    public var clientDataJSON: [UInt8]
    /// The authenticator data, which the signature is for together with the hash of the client data.
    public var authenticatorData: [UInt8]
    /// The signature, in the form of the key's algorithm.
    public var signature: [UInt8]
    /// The `user.id` that the credential was made for; nil where the authenticator does not keep it.
    public var userHandle: [UInt8]?

    /// Puts together what came in another form than JSON.
    public init(
        credentialID: [UInt8], clientDataJSON: [UInt8], authenticatorData: [UInt8], signature: [UInt8],
        userHandle: [UInt8]? = nil
    ) {
        self.credentialID = credentialID
        self.clientDataJSON = clientDataJSON
        self.authenticatorData = authenticatorData
        self.signature = signature
        self.userHandle = userHandle
    }

    /// Reads a browser's answer; see ``longestResponse``.
    /// - Throws: ``WebAuthnError/malformedResponse(_:)``.
    public init(json text: [UInt8]) throws(WebAuthnError) {
        let answer = try Answer(text)
        credentialID = answer.id
        clientDataJSON = try answer.bytes("clientDataJSON")
        authenticatorData = try answer.bytes("authenticatorData")
        signature = try answer.bytes("signature")
        userHandle = try answer.optionalBytes("userHandle")
    }
}

/// The longest answer of a browser that is read, in bytes. Credentials of more than one key, and certificates, fit well.
public let longestResponse = 64 << 10

/// What the two answers have in common.
private struct Answer {
    let id: [UInt8]
    private let response: JSONValue

    init(_ text: [UInt8]) throws(WebAuthnError) {
        guard text.count <= longestResponse else { throw .malformedResponse("it is too long") }
        guard let json = try? JSONValue(parsing: text, depthLimit: 16) else {
            throw .malformedResponse("it is no JSON")
        }
        guard json["type"] == .string("public-key") else { throw .malformedResponse("its type is not public-key") }
        guard case .string(let name)? = json["id"], json["rawId"] ?? .string(name) == .string(name),
            let id = Base64URL.decode(name), (1...1023).contains(id.count)
        else { throw .malformedResponse("it has no id") }
        guard let response = json["response"] else { throw .malformedResponse("it has no response") }
        self.id = id
        self.response = response
    }

    func bytes(_ member: String) throws(WebAuthnError) -> [UInt8] {
        guard let bytes = try optionalBytes(member) else { throw .malformedResponse("it has no \(member)") }
        return bytes
    }

    func optionalBytes(_ member: String) throws(WebAuthnError) -> [UInt8]? {
        switch response[member] {
        case nil, .null: return nil
        case .string(let text):
            guard let bytes = Base64URL.decode(text) else {
                throw .malformedResponse("\(member) is not encoded in base64url")
            }
            return bytes
        default: throw .malformedResponse("\(member) is no text")
        }
    }

    /// Hints only: what is none is left out.
    var transports: [String] {
        guard case .array(let values)? = response["transports"] else { return [] }
        return values.prefix(8).compactMap { value in
            guard case .string(let text) = value, (1...32).contains(text.utf8.count),
                text.utf8.allSatisfy({ byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"):
                        true
                    default: false
                    }
                })
            else { return nil }
            return text
        }
    }
}
