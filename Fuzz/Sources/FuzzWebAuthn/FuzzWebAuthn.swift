import FuzzDriver
import WebAuthn
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The site and the challenge of the seeds.
private let site = RelyingParty(id: "localhost", name: "", origins: ["https://localhost:4566"])
private let challenge = [UInt8](repeating: 9, count: 32)

/// After a byte that says what it is: authenticator data, a public key, an attestation object that comes with fitting client
/// data, and a browser's whole answers.
///
/// What is taken for a credential has to be one that can be kept.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let rest = Array(bytes.dropFirst())
    switch first {
    case UInt8(ascii: "d"):
        guard let data = try? AuthenticatorData(rest) else { break }
        if let credential = data.credential { keep(credential.id, credential.publicKey) }
    case UInt8(ascii: "k"):
        guard let key = try? CredentialPublicKey(rest) else { break }
        keep([1], key)
        if key.isValid(rest, for: rest) { fatalError("a key has signed itself") }
    case UInt8(ascii: "o"):
        guard let id = credentialID(in: rest) else { break }
        let clientData =
            #"{"type":"webauthn.create","challenge":"\#(Base64URL.encode(challenge))","#
            + #""origin":"https://localhost:4566"}"#
        register(
            RegistrationResponse(credentialID: id, clientDataJSON: Array(clientData.utf8), attestationObject: rest))
    case UInt8(ascii: "r"):
        if let response = try? RegistrationResponse(json: rest) { register(response) }
    default:
        _ = try? AssertionResponse(json: rest)
    }
    return 0
}

/// Where the seeds have the credential's id, so that it is the one that the answer names.
private func credentialID(in object: [UInt8]) -> [UInt8]? {
    object.count > 117 ? Array(object[85..<117]) : nil
}

private func register(_ response: RegistrationResponse) {
    guard let registration = try? Registration.verify(response, challenge: challenge, site) else { return }
    keep(registration.credentialID, registration.publicKey)
}

private func keep(_ id: [UInt8], _ key: CredentialPublicKey) {
    guard (1...1023).contains(id.count), let again = try? CredentialPublicKey(key.cose), again == key else {
        fatalError("a credential can't be kept")
    }
}
