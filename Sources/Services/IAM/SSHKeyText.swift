import Crypto
import IAMAPI
import Platform
import Wire

/// An RSA public key that was sent in one of the two encodings that IAM takes: `ssh-rsa …` (RFC 4253, section 6.6) or
/// PEM.
struct SSHKeyText {
    enum Encoding {
        case ssh, pem
    }

    /// The encoding in which it was sent.
    let encoding: Encoding
    private let key: SSHPublicKeyText

    /// - Throws: UnrecognizedPublicKeyEncoding for what is neither encoding, InvalidPublicKey for what is one but no
    ///   RSA key of 2,048 bits or more.
    init(_ text: String) throws(ServiceError) {
        let key: SSHPublicKeyText?
        if text.split(whereSeparator: \.isWhitespace).first == "ssh-rsa" {
            encoding = .ssh
            key = SSHPublicKeyText(openSSH: text)
        } else if text.drop(while: \.isWhitespace).hasPrefix("-----BEGIN ") {
            encoding = .pem
            key = SSHPublicKeyText(rsaPEM: text)
        } else {
            throw IAM.Failure.unrecognizedPublicKeyEncoding(
                "The public key must be encoded in ssh-rsa format or PEM format.")
        }
        guard let key, key.isRSA, key.bits >= 2048 else {
            throw IAM.Failure.invalidPublicKey("The public key must be a valid RSA key of at least 2048 bits.")
        }
        self.key = key
    }

    /// MD5, as `ssh-keygen -E md5` shows it.
    var fingerprint: String { hexadecimal(Insecure.MD5.hash(data: key.blob), separator: ":") }

    func text(in encoding: Encoding) -> String {
        switch encoding {
        case .ssh: key.openSSH
        case .pem: key.rsaPEM ?? ""
        }
    }
}
