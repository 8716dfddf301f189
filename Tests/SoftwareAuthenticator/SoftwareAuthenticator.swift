import CCBOR
public import Crypto
public import CryptoExtras
public import WebAuthn
import Wire

/// An authenticator and the browser before it, for tests: it makes one credential and signs with it.
public struct SoftwareAuthenticator: Sendable {
    /// The key that it signs with.
    public enum Key: Sendable {
        case es256(P256.Signing.PrivateKey)
        case edDSA(Curve25519.Signing.PrivateKey)
        case rs256(_RSA.Signing.PrivateKey)
    }

    public var key: Key
    public var credentialID: [UInt8]
    public var userHandle: [UInt8]
    /// The host that it believes the site to be, and the page's origin.
    public var relyingPartyID: String
    public var origin: String
    public var signCount: UInt32 = 0
    /// UP, and what else it says.
    public var flags: AuthenticatorData.Flags = [.userPresent, .userVerified]
    /// Whether the credential's key signs its attestation.
    public var attestsItself = false
    /// Members of the client data in place of the usual ones, as JSON.
    public var crossOrigin = false

    public init(
        key: Key, credentialID: [UInt8], userHandle: [UInt8] = [1, 2, 3], relyingPartyID: String = "localhost",
        origin: String = "https://localhost:4566"
    ) {
        self.key = key
        self.credentialID = credentialID
        self.userHandle = userHandle
        self.relyingPartyID = relyingPartyID
        self.origin = origin
    }

    /// One of an algorithm, with a new key.
    public static func make(_ algorithm: CredentialPublicKey.Algorithm = .es256) throws -> SoftwareAuthenticator {
        let key: Key =
            switch algorithm {
            case .es256: .es256(P256.Signing.PrivateKey())
            case .edDSA: .edDSA(Curve25519.Signing.PrivateKey())
            case .rs256: .rs256(try _RSA.Signing.PrivateKey(keySize: .bits2048))
            }
        return SoftwareAuthenticator(
            key: key, credentialID: (0..<32).map { _ in UInt8.random(in: .min ... .max) })
    }

    // MARK: Ceremonies

    public func register(challenge: [UInt8]) throws -> RegistrationResponse {
        let clientData = clientData("webauthn.create", challenge)
        let data = authenticatorData(with: flags.union(.hasCredential))
        let statement: CBORText =
            attestsItself
            ? .map([
                (.text("alg"), .integer(algorithm.rawValue)),
                (.text("sig"), .bytes(try sign(data + SHA256.hash(data: clientData)))),
            ]) : .map([])
        let object = CBORText.map([
            (.text("fmt"), .text(attestsItself ? "packed" : "none")), (.text("attStmt"), statement),
            (.text("authData"), .bytes(data)),
        ])
        return RegistrationResponse(
            credentialID: credentialID, clientDataJSON: clientData, attestationObject: object.encoded,
            transports: ["internal"])
    }

    /// Counts, and signs.
    public mutating func sign(in challenge: [UInt8]) throws -> AssertionResponse {
        if signCount > 0 { signCount += 1 }
        let clientData = clientData("webauthn.get", challenge)
        let data = authenticatorData(with: flags)
        return AssertionResponse(
            credentialID: credentialID, clientDataJSON: clientData, authenticatorData: data,
            signature: try sign(data + SHA256.hash(data: clientData)), userHandle: userHandle)
    }

    // MARK: Pieces

    public var algorithm: CredentialPublicKey.Algorithm {
        switch key {
        case .es256: .es256
        case .edDSA: .edDSA
        case .rs256: .rs256
        }
    }

    /// The public key in COSE's form.
    public var coseKey: [UInt8] {
        switch key {
        case .es256(let key):
            let point = [UInt8](key.publicKey.rawRepresentation)
            return CBORText.map([
                (.integer(1), .integer(2)), (.integer(3), .integer(-7)), (.integer(-1), .integer(1)),
                (.integer(-2), .bytes(Array(point.prefix(32)))), (.integer(-3), .bytes(Array(point.suffix(32)))),
            ]).encoded
        case .edDSA(let key):
            return CBORText.map([
                (.integer(1), .integer(1)), (.integer(3), .integer(-8)), (.integer(-1), .integer(6)),
                (.integer(-2), .bytes([UInt8](key.publicKey.rawRepresentation))),
            ]).encoded
        case .rs256(let key):
            let numbers = try? key.publicKey.getKeyPrimitives()
            return CBORText.map([
                (.integer(1), .integer(3)), (.integer(3), .integer(-257)),
                (.integer(-1), .bytes([UInt8](numbers?.modulus ?? .init()))),
                (.integer(-2), .bytes([UInt8](numbers?.publicExponent ?? .init()))),
            ]).encoded
        }
    }

    private func authenticatorData(with flags: AuthenticatorData.Flags) -> [UInt8] {
        var data = Array(SHA256.hash(data: Array(relyingPartyID.utf8))) + [flags.rawValue]
        data += withUnsafeBytes(of: signCount.bigEndian) { Array($0) }
        if flags.contains(.hasCredential) {
            data += [UInt8](repeating: 7, count: 16)
            data += [UInt8(credentialID.count >> 8 & 0xFF), UInt8(credentialID.count & 0xFF)] + credentialID + coseKey
        }
        return data
    }

    private func clientData(_ type: String, _ challenge: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", type)
        writer.member("challenge", Base64URL.encode(challenge))
        writer.member("origin", origin)
        writer.key("crossOrigin")
        writer.boolean(crossOrigin)
        writer.endObject()
        return writer.bytes
    }

    private func sign(_ message: [UInt8]) throws -> [UInt8] {
        switch key {
        case .es256(let key): [UInt8](try key.signature(for: message).derRepresentation)
        case .edDSA(let key): [UInt8](try key.signature(for: message))
        case .rs256(let key):
            [UInt8](try key.signature(for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5).rawRepresentation)
        }
    }
}

/// CBOR to be written.
public indirect enum CBORText: Sendable {
    case integer(Int)
    case bytes([UInt8])
    case text(String)
    case map([(CBORText, CBORText)])

    public var encoded: [UInt8] {
        switch self {
        case .integer(let integer) where integer < 0: Self.head(ccbor_negative, UInt64(-1 - integer))
        case .integer(let integer): Self.head(ccbor_unsigned, UInt64(integer))
        case .bytes(let bytes): Self.head(ccbor_bytes, UInt64(bytes.count)) + bytes
        case .text(let text): Self.head(ccbor_string, UInt64(text.utf8.count)) + Array(text.utf8)
        case .map(let entries):
            Self.head(ccbor_map, UInt64(entries.count)) + entries.flatMap { $0.encoded + $1.encoded }
        }
    }

    private static func head(_ kind: ccbor_kind, _ number: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(CCBOR_HEAD_SIZE)) { head, count in
            guard let start = head.baseAddress else { return }
            count = ccbor_write_head(kind, number, start)
        }
    }
}

extension RegistrationResponse {
    /// As a browser's `toJSON()` writes it.
    public var json: [UInt8] {
        answer(credentialID) { writer in
            writer.member("clientDataJSON", Base64URL.encode(clientDataJSON))
            writer.member("attestationObject", Base64URL.encode(attestationObject))
            writer.key("transports")
            writer.beginArray()
            for transport in transports { writer.string(transport) }
            writer.endArray()
        }
    }
}

extension AssertionResponse {
    /// As a browser's `toJSON()` writes it.
    public var json: [UInt8] {
        answer(credentialID) { writer in
            writer.member("clientDataJSON", Base64URL.encode(clientDataJSON))
            writer.member("authenticatorData", Base64URL.encode(authenticatorData))
            writer.member("signature", Base64URL.encode(signature))
            writer.member("userHandle", userHandle.map(Base64URL.encode))
        }
    }
}

private func answer(_ id: [UInt8], _ response: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("id", Base64URL.encode(id))
    writer.member("rawId", Base64URL.encode(id))
    writer.member("type", "public-key")
    writer.member("authenticatorAttachment", "platform")
    writer.key("clientExtensionResults")
    writer.beginObject()
    writer.endObject()
    writer.key("response")
    writer.beginObject()
    response(&writer)
    writer.endObject()
    writer.endObject()
    return writer.bytes
}
