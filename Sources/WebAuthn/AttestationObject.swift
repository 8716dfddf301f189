/// The authenticator data of a new credential, and what vouches for them.
/// <https://www.w3.org/TR/webauthn-3/#sctn-attestation>
struct AttestationObject {
    let authenticatorData: AuthenticatorData
    private let bytes: [UInt8]
    private let format: String
    private let statement: [CBORValue: CBORValue]

    init(_ object: [UInt8]) throws(WebAuthnError) {
        guard let map = CBORValue(object[...]), let format = map[.text("fmt")]?.text,
            let statement = map[.text("attStmt")]?.entries, let bytes = map[.text("authData")]?.bytes
        else { throw .malformedAttestation("it is no map of fmt, attStmt and authData") }
        authenticatorData = try AuthenticatorData(bytes)
        self.bytes = bytes
        self.format = format
        self.statement = statement
    }

    func verify(
        _ credential: AuthenticatorData.AttestedCredential, _ clientDataHash: [UInt8]
    ) throws(WebAuthnError) -> Registration.Attestation {
        switch format {
        case "none":
            guard statement.isEmpty else { throw .malformedAttestation("there is a statement where none is") }
            return .none
        // Self attestation has no certificates. <https://www.w3.org/TR/webauthn-3/#sctn-packed-attestation>
        case "packed" where statement[.text("x5c")] == nil:
            guard let algorithm = statement[.text("alg")]?.integer, let signature = statement[.text("sig")]?.bytes
            else { throw .malformedAttestation("the statement has no alg and sig") }
            guard algorithm == credential.publicKey.algorithm.rawValue,
                credential.publicKey.isValid(signature, for: bytes + clientDataHash)
            else { throw .signatureInvalid }
            return .selfSigned
        case "packed": throw .unsupportedAttestation("packed, with certificates")
        default: throw .unsupportedAttestation(format)
        }
    }
}
