/// How messages are carried by browsers: the names that metadata have for it.
///
/// SAML 2.0 Bindings (OASIS), 3.4 and 3.5.
public enum SAMLBinding {
    /// In an address.
    public static let redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    /// In a form.
    public static let post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
}
