import Crypto
import CryptoExtras
import FoundationEssentials

/// A public key as SSH has it: RSA (RFC 4253, section 6.6) or Ed25519 (RFC 8709).
public struct SSHPublicKeyText: Sendable {
    private enum Key: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    private let key: Key
    /// What stands behind the key in its line: mostly who has it. Empty: nothing.
    public let comment: String

    /// Reads `ssh-rsa AAAA… comment` and `ssh-ed25519 AAAA…`; nil is anything else, and an RSA key of less than 2,048 bits.
    public init?(openSSH text: String) {
        let words = text.split(maxSplits: 2, omittingEmptySubsequences: true, whereSeparator: \.isWhitespace)
        guard words.count >= 2, let blob = Data(base64Encoded: String(words[1])),
            let key = Self.key(ofBlob: Array(blob), named: String(words[0]))
        else { return nil }
        self.key = key
        comment =
            words.count > 2 ? String(words[2].reversed().drop(while: \.isWhitespace).reversed()) : ""
    }

    /// Reads a key as it goes over an SSH connection; nil is anything else.
    public init?(blob: [UInt8]) {
        var rest = blob[...]
        guard let name = SSHWire.takeString(&rest), let text = String(validating: name, as: UTF8.self),
            let key = Self.key(ofBlob: blob, named: text)
        else { return nil }
        self.key = key
        comment = ""
    }

    /// Reads the file format of RFC 4716; nil is anything else.
    public init?(rfc4716 text: String) {
        let lines = text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline).map(String.init)
        guard lines.first == "---- BEGIN SSH2 PUBLIC KEY ----", lines.last == "---- END SSH2 PUBLIC KEY ----" else {
            return nil
        }
        var base64 = ""
        var isHeader = false
        for line in lines.dropFirst().dropLast() {
            // A header goes on in the next line after a backslash.
            if isHeader || line.contains(":") {
                isHeader = line.hasSuffix("\\")
            } else {
                base64 += line
            }
        }
        guard let blob = Data(base64Encoded: base64) else { return nil }
        self.init(blob: Array(blob))
    }

    /// Reads a SubjectPublicKeyInfo in DER with an RSA key; nil is anything else.
    public init?(rsaDER der: [UInt8]) {
        guard let key = try? _RSA.Signing.PublicKey(derRepresentation: der) else { return nil }
        self.key = .rsa(key)
        comment = ""
    }

    /// Reads an RSA key in PEM; nil is anything else.
    public init?(rsaPEM text: String) {
        guard let key = try? _RSA.Signing.PublicKey(pemRepresentation: text) else { return nil }
        self.key = .rsa(key)
        comment = ""
    }

    /// The public half of an Ed25519 key pair.
    public init(_ key: Curve25519.Signing.PublicKey) {
        self.key = .ed25519(key)
        comment = ""
    }

    /// Whether it is for RSA; otherwise it is for Ed25519.
    public var isRSA: Bool { if case .rsa = key { true } else { false } }

    /// The bits of an RSA key's modulus; 256 for Ed25519.
    public var bits: Int {
        switch key {
        case .rsa(let key): key.keySizeInBits
        case .ed25519: 256
        }
    }

    /// What the line of an OpenSSH file begins with: `ssh-rsa`.
    public var name: String { isRSA ? "ssh-rsa" : "ssh-ed25519" }

    /// The key as it goes over an SSH connection.
    public var blob: [UInt8] {
        switch key {
        case .rsa(let key):
            guard let numbers = try? key.getKeyPrimitives() else { return [] }
            return SSHWire.string(Array(name.utf8)) + SSHWire.string(SSHWire.integer(numbers.publicExponent))
                + SSHWire.string(SSHWire.integer(numbers.modulus))
        case .ed25519(let key):
            return SSHWire.string(Array(name.utf8)) + SSHWire.string(Array(key.rawRepresentation))
        }
    }

    /// `ssh-rsa AAAA…`, without a comment.
    public var openSSH: String { "\(name) \(Data(blob).base64EncodedString())" }

    /// An RSA key as SubjectPublicKeyInfo, in DER; nil: it is for Ed25519.
    public var rsaDER: [UInt8]? { if case .rsa(let key) = key { Array(key.derRepresentation) } else { nil } }

    /// An RSA key in PEM; nil: it is for Ed25519.
    public var rsaPEM: String? { if case .rsa(let key) = key { key.pemRepresentation } else { nil } }

    private static func key(ofBlob blob: [UInt8], named name: String) -> Key? {
        var rest = blob[...]
        guard let own = SSHWire.takeString(&rest), own.elementsEqual(name.utf8) else { return nil }
        switch name {
        case "ssh-rsa":
            guard let exponent = SSHWire.takeString(&rest), let modulus = SSHWire.takeString(&rest), rest.isEmpty,
                let key = try? _RSA.Signing.PublicKey(
                    n: modulus.drop(while: { $0 == 0 }), e: exponent.drop(while: { $0 == 0 }))
            else { return nil }
            return .rsa(key)
        case "ssh-ed25519":
            guard let bytes = SSHWire.takeString(&rest), rest.isEmpty,
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
            else { return nil }
            return .ed25519(key)
        default: return nil
        }
    }
}

/// The values that SSH's messages consist of (RFC 4251, section 5).
public enum SSHWire {
    /// Takes a text from the beginning; nil where there is none.
    public static func takeString(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.count >= 4 else { return nil }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }

    /// A text: its length, and its bytes.
    public static func string(_ bytes: [UInt8]) -> [UInt8] { number(bytes.count) + bytes }

    /// A number of 32 bits.
    public static func number(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Array($0) }
    }

    /// A number that is not negative has no bit set in front.
    static func integer(_ bytes: Data) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        return (digits.first ?? 0) & 0x80 == 0 ? digits : [0] + digits
    }
}
