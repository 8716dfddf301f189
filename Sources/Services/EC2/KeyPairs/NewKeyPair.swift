import Crypto
import CryptoExtras
import FoundationEssentials
import Platform
import Wire

/// A key pair that has just been made. The private half leaves with the answer, and is kept nowhere.
public struct NewKeyPair: Sendable {
    let publicKey: SSHPublicKeyText
    let fingerprint: String
    /// PKCS #1 in PEM for RSA; OpenSSH's own format for Ed25519.
    let privateKey: String

    /// RSA with 2,048 bits, as EC2 makes them.
    static func rsa() throws(ServiceError) -> NewKeyPair {
        guard let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048),
            let publicKey = SSHPublicKeyText(rsaDER: Array(key.publicKey.derRepresentation))
        else { throw .internalFailure }
        return NewKeyPair(
            publicKey: publicKey,
            fingerprint: KeyFingerprint.colons(Insecure.SHA1.hash(data: key.pkcs8DERRepresentation)),
            privateKey: key.pemRepresentation)
    }

    static func ed25519(comment: String) -> NewKeyPair {
        let key = Curve25519.Signing.PrivateKey()
        let publicKey = SSHPublicKeyText(key.publicKey)
        return NewKeyPair(
            publicKey: publicKey, fingerprint: KeyFingerprint.ofImported(publicKey),
            privateKey: openSSH(key, publicKey, comment: comment))
    }

    /// OpenSSH's format for private keys, without a passphrase.
    /// <https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key>
    private static func openSSH(
        _ key: Curve25519.Signing.PrivateKey, _ publicKey: SSHPublicKeyText, comment: String
    ) -> String {
        let none = SSHWire.string(Array("none".utf8))
        let check = Identifiers.randomBytes(4)
        let publicBytes = Array(key.publicKey.rawRepresentation)
        var secret = check + check
        secret += SSHWire.string(Array(publicKey.name.utf8)) + SSHWire.string(publicBytes)
        secret += SSHWire.string(Array(key.rawRepresentation) + publicBytes) + SSHWire.string(Array(comment.utf8))
        var padding: UInt8 = 0
        while secret.count % 8 != 0 {
            padding += 1
            secret.append(padding)
        }
        let bytes =
            Array("openssh-key-v1\0".utf8) + none + none + SSHWire.string([]) + SSHWire.number(1)
            + SSHWire.string(publicKey.blob) + SSHWire.string(secret)
        var lines = ["-----BEGIN OPENSSH PRIVATE KEY-----"]
        var rest = Data(bytes).base64EncodedString()[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(70)))
            rest = rest.dropFirst(70)
        }
        lines.append("-----END OPENSSH PRIVATE KEY-----")
        return lines.joined(separator: "\n") + "\n"
    }
}

/// The fingerprints of key pairs.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html>
enum KeyFingerprint {
    /// Of a public key that a client has brought: of RSA the MD5 of its DER, of Ed25519 the SHA-256 in base64. EC2's own RSA keys have
    /// another: the SHA-1 of the private key.
    static func ofImported(_ key: SSHPublicKeyText) -> String {
        guard let der = key.rsaDER else { return Data(SHA256.hash(data: key.blob)).base64EncodedString() }
        return colons(Insecure.MD5.hash(data: der))
    }

    static func colons(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16) }
            .joined(separator: ":")
    }
}

extension SSHPublicKeyText {
    /// Reads what EC2 takes: a line of OpenSSH, a file of RFC 4716, or DER in base64, with or without the lines of PEM around it.
    init?(imported bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let trimmed = String(text.drop(while: \.isWhitespace))
        if trimmed.hasPrefix("ssh-") {
            self.init(openSSH: trimmed)
        } else if trimmed.hasPrefix("---- BEGIN SSH2") {
            self.init(rfc4716: trimmed)
        } else if trimmed.hasPrefix("-----BEGIN ") {
            self.init(rsaPEM: trimmed)
        } else {
            let base64 = String(trimmed.filter { !$0.isWhitespace })
            guard let der = Data(base64Encoded: base64) else { return nil }
            self.init(rsaDER: Array(der))
        }
    }
}
