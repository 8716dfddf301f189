import ArgumentParser

/// What private certificate authorities are to have.
struct PrivateCAOptions: ParsableArguments {
    @Flag(
        help: """
            Have the hardware token seal the keys of new private certificate authorities: they sign only while it is there \
            (GATEHOUSE_AUTHORITY_KEYS_IN_TOKEN).
            """)
    var authorityKeysInToken = false

    /// - Parameter hasToken: whether the server is started with a token.
    /// - Throws: `ValidationError` where there is none.
    static func keepsKeysInToken(_ hasToken: Bool) throws -> Bool {
        guard try Settings.flag("AUTHORITY_KEYS_IN_TOKEN") else { return false }
        guard hasToken else {
            throw ValidationError("--authority-keys-in-token goes together with --pkcs11-module and --pkcs11-token.")
        }
        return true
    }
}
