import Crypto
import FoundationEssentials
import JWTKit

/// What stands in the place of a client secret at Apple: a token that the app's owner signs, with the key that Apple has given out.
/// <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>
enum AppleSecret {
    /// In seconds: it is used at once.
    private static let lifetime = 300.0

    /// - Parameters:
    ///   - details: those of the provider.
    ///   - now: seconds since 1970.
    /// - Returns: nil: the key is none.
    static func make(_ details: [String: String], now: Double) async -> String? {
        guard let team = details["team_id"], let keyID = details["key_id"], let client = details["client_id"],
            let key = key(details["private_key"] ?? "")
        else { return nil }
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key, kid: JWKIdentifier(string: keyID))
        let claims = Claims(
            iss: team, iat: Int(exactly: now.rounded(.down)) ?? 0,
            exp: Int(exactly: (now + lifetime).rounded(.down)) ?? 0, aud: "https://appleid.apple.com", sub: client)
        return try? await keys.sign(claims, kid: JWKIdentifier(string: keyID))
    }

    /// The content of Apple's file, with or without its first and last line, and its lines as they are or in one: command lines
    /// and templates take the breaks away, or write `\n` for them.
    private static func key(_ text: String) -> ES256PrivateKey? {
        var body = text.replacing("\\n", with: "")
        for name in ["PRIVATE KEY", "EC PRIVATE KEY"] {
            for edge in ["BEGIN", "END"] { body = body.replacing("-----\(edge) \(name)-----", with: "") }
        }
        guard let der = Data(base64Encoded: body.filter { !$0.isWhitespace }),
            let key = try? P256.Signing.PrivateKey(derRepresentation: der)
        else { return nil }
        return try? ES256PrivateKey(backing: key)
    }

    private struct Claims: JWTPayload {
        let iss: String
        let iat: Int
        let exp: Int
        let aud: String
        let sub: String

        func verify(using key: some JWTAlgorithm) {}
    }
}
