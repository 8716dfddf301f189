import Crypto
import Wire

/// What the browser says of a ceremony, in words that the authenticator has signed the hash of.
/// <https://www.w3.org/TR/webauthn-3/#dictionary-client-data>
struct ClientData {
    enum Ceremony: String {
        case create = "webauthn.create"
        case get = "webauthn.get"
    }

    private let type: String
    private let challenge: [UInt8]
    private let origin: String
    private let isCrossOrigin: Bool
    /// SHA-256 of the bytes as they came.
    let hash: [UInt8]

    /// - Throws: ``WebAuthnError/malformedClientData``.
    init(_ bytes: [UInt8]) throws(WebAuthnError) {
        guard let json = try? JSONValue(parsing: bytes, depthLimit: 8), case .string(let type)? = json["type"],
            case .string(let text)? = json["challenge"], let challenge = Base64URL.decode(text),
            case .string(let origin)? = json["origin"]
        else { throw .malformedClientData }
        switch json["crossOrigin"] {
        case nil: isCrossOrigin = false
        case .boolean(let isCross): isCrossOrigin = isCross
        default: throw .malformedClientData
        }
        // A page that is the top one itself has no `topOrigin`.
        switch json["topOrigin"] {
        case nil: break
        case .string where isCrossOrigin: break
        default: throw .malformedClientData
        }
        self.type = type
        self.challenge = challenge
        self.origin = origin
        hash = Array(SHA256.hash(data: bytes))
    }

    func check(
        _ ceremony: Ceremony, challenge expected: [UInt8], _ relyingParty: RelyingParty
    ) throws(WebAuthnError) {
        guard type == ceremony.rawValue else { throw .wrongType(type) }
        guard !expected.isEmpty, challenge == expected else { throw .wrongChallenge }
        guard relyingParty.origins.contains(origin) else { throw .wrongOrigin(origin) }
        guard !isCrossOrigin else { throw .crossOrigin }
    }
}
