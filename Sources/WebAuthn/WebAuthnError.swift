/// Why a registration or an assertion proves nothing.
public enum WebAuthnError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the browser sent is not the JSON of a credential, or a member of it is not what it has to be.
    case malformedResponse(String)
    /// The client data are not JSON, or lack something.
    case malformedClientData
    /// The client data are those of another ceremony: an assertion in place of a registration, or the other way round.
    case wrongType(String)
    /// It does not answer the challenge that was made for it.
    case wrongChallenge
    /// The page that asked for it is none of the relying party's.
    case wrongOrigin(String)
    /// It was made in a frame of another site's page.
    case crossOrigin
    /// Something is not CBOR, or not what the specification says of it.
    case malformedAttestation(String)
    /// The authenticator data end early, go on too long, or contradict themselves.
    case malformedAuthenticatorData(String)
    /// It was made for another relying party.
    case wrongRelyingParty
    /// Nobody touched the authenticator.
    case userNotPresent
    /// The authenticator did not ask for a PIN or a finger, which it had to.
    case userNotVerified
    /// The public key is of an algorithm, or has numbers, that can't be used.
    case unsupportedKey(String)
    /// The authenticator attests to itself in a format that is not verified here.
    case unsupportedAttestation(String)
    /// A signature is not that of the key.
    case signatureInvalid
    /// The credential is not the one that it says it is, or not one of those that were asked for.
    case unknownCredential
    /// It belongs to another user than the one who signs in.
    case wrongUser
    /// The credential's word on whether it may be backed up has changed, which it can't.
    case backupEligibilityChanged
    /// The authenticator's counter went back: somebody may have a copy of it.
    case counterRegressed

    public var description: String {
        switch self {
        case .malformedResponse(let what): "the browser's answer is malformed: \(what)"
        case .malformedClientData: "the client data are malformed"
        case .wrongType(let type): "the client data are of the type \(type)"
        case .wrongChallenge: "it answers another challenge"
        case .wrongOrigin(let origin): "it was made on a page of \(origin)"
        case .crossOrigin: "it was made in a frame of another site"
        case .malformedAttestation(let what): "the attestation is malformed: \(what)"
        case .malformedAuthenticatorData(let what): "the authenticator data are malformed: \(what)"
        case .wrongRelyingParty: "it was made for another relying party"
        case .userNotPresent: "nobody was present"
        case .userNotVerified: "the authenticator did not verify who used it"
        case .unsupportedKey(let what): "the public key can't be used: \(what)"
        case .unsupportedAttestation(let format): "attestation of the format \(format) is not verified"
        case .signatureInvalid: "the signature is not valid"
        case .unknownCredential: "the credential is another one"
        case .wrongUser: "the credential is another user's"
        case .backupEligibilityChanged: "the credential's backup eligibility has changed"
        case .counterRegressed: "the authenticator's counter went back, as that of a copy would"
        }
    }
}
