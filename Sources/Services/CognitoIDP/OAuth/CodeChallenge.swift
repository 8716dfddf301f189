import Crypto
import FoundationEssentials
import Wire

/// Proof Key for Code Exchange (RFC 7636) by the method S256, the only one that Cognito knows.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/using-pkce-in-authorization-code.html>
enum CodeChallenge {
    /// Whether a text can be a challenge: a SHA-256 in base64url.
    static func isChallenge(_ text: String) -> Bool {
        text.utf8.count == 43 && Base64URL.decode(text)?.count == 32
    }

    /// Whether a secret is the one that a challenge was made of.
    static func isVerifier(_ verifier: String, of challenge: String) -> Bool {
        guard (43...128).contains(verifier.utf8.count) else { return false }
        return isSameText(Base64URL.encode(Array(SHA256.hash(data: Data(verifier.utf8)))), challenge)
    }
}
