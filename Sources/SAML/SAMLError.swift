/// Why a SAML document proves nothing.
public enum SAMLError: Error, Sendable, Hashable {
    /// It is not XML, or not the expected kind of SAML document.
    case malformed
    /// It lacks a signature, or a signature is not valid.
    case signatureInvalid
    /// It does not come from the expected provider.
    case unknownIssuer
    /// The identity provider itself says that it did not authenticate the user.
    case rejectedByProvider
    /// Its time is over.
    case expired
    /// Its time is not yet come.
    case notYetValid
    /// It was issued longer ago than ``SAMLVerifier/redeemableSeconds``.
    case tooOld
    /// It is meant for somebody else.
    case wrongAudience
    /// Its subject is not confirmed for the receiver's address, or not by an answer to the receiver's request.
    case unconfirmedSubject
    /// It is not encrypted, though its provider has to encrypt.
    case notEncrypted
    /// None of the provider's private keys decrypts it.
    case undecipherable
}
