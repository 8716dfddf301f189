/// What an identity provider says about somebody, after its signature has been verified.
///
/// Only ``SAMLVerifier`` makes it.
public struct SAMLAssertion: Sendable, Hashable {
    /// The `ID`, which no other assertion of the provider has.
    public let id: String
    /// The provider's entity id.
    public let issuer: String
    /// The text of the subject's `NameID`.
    public let subject: String
    /// The `Format` of the `NameID`, a URI.
    public let subjectFormat: String?
    /// The `Recipient` that the subject is confirmed for: AWS's sign-in address, or that of a service provider.
    public let recipient: String
    /// The values of each attribute by its `Name`, in their order.
    public let attributes: [String: [String]]
    /// When the user's session at the provider ends, in seconds since 1970.
    public let sessionNotOnOrAfter: Double?
    /// What the provider calls the user's session there: whoever signs out by it names it. nil: the assertion does not say.
    public let sessionIndex: String?
}
