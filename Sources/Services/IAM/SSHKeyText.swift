import Crypto
import CryptoExtras
import FoundationEssentials
import IAMAPI
import Wire

/// An RSA public key that was sent in one of the two encodings that IAM takes: `ssh-rsa …` (RFC 4253, section 6.6) or
/// PEM.
struct SSHKeyText {
    enum Encoding {
        case ssh, pem
    }

    /// The encoding in which it was sent.
    let encoding: Encoding
    private let key: _RSA.Signing.PublicKey
    /// The key as it goes over an SSH connection.
    private let blob: [UInt8]

    /// - Throws: UnrecognizedPublicKeyEncoding for what is neither encoding, InvalidPublicKey for what is one but no
    ///   RSA key of 2,048 bits or more.
    init(_ text: String) throws(ServiceError) {
        let words = text.split(whereSeparator: \.isWhitespace)
        let key: _RSA.Signing.PublicKey?
        if words.first == "ssh-rsa" {
            encoding = .ssh
            key = words.count >= 2 ? Self.key(ofBlob: String(words[1])) : nil
        } else if text.drop(while: \.isWhitespace).hasPrefix("-----BEGIN ") {
            encoding = .pem
            key = try? _RSA.Signing.PublicKey(pemRepresentation: text)
        } else {
            throw IAM.Failure.unrecognizedPublicKeyEncoding(
                "The public key must be encoded in ssh-rsa format or PEM format.")
        }
        guard let key, key.keySizeInBits >= 2048, let numbers = try? key.getKeyPrimitives() else {
            throw IAM.Failure.invalidPublicKey("The public key must be a valid RSA key of at least 2048 bits.")
        }
        self.key = key
        blob =
            Self.string(Array("ssh-rsa".utf8)) + Self.string(Self.integer(numbers.publicExponent))
            + Self.string(Self.integer(numbers.modulus))
    }

    /// MD5, as `ssh-keygen -E md5` shows it.
    var fingerprint: String { hexadecimal(Insecure.MD5.hash(data: blob), separator: ":") }

    func text(in encoding: Encoding) -> String {
        switch encoding {
        case .ssh: "ssh-rsa " + Data(blob).base64EncodedString()
        case .pem: key.pemRepresentation
        }
    }

    private static func key(ofBlob base64: String) -> _RSA.Signing.PublicKey? {
        guard let data = Data(base64Encoded: base64) else { return nil }
        var rest = Array(data)[...]
        guard let name = takeString(&rest), name.elementsEqual("ssh-rsa".utf8), let exponent = takeString(&rest),
            let modulus = takeString(&rest), rest.isEmpty
        else { return nil }
        return try? _RSA.Signing.PublicKey(
            n: modulus.drop(while: { $0 == 0 }), e: exponent.drop(while: { $0 == 0 }))
    }

    // MARK: RFC 4251, section 5

    private static func takeString(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.count >= 4 else { return nil }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }

    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        let length = UInt32(truncatingIfNeeded: bytes.count)
        return withUnsafeBytes(of: length.bigEndian) { Array($0) } + bytes
    }

    /// A number that is not negative has no bit set in front.
    private static func integer(_ bytes: Data) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        return (digits.first ?? 0) & 0x80 == 0 ? digits : [0] + digits
    }
}
