/// A keyring whose root key is random and lives in memory alone, for a ledger that is not kept, and for tests.
///
/// Two values never open each other's messages; copies of one value do.
public struct EphemeralKeyring: Keyring {
    private let roots: RootKeySource

    /// Makes a new root key from the system's random numbers.
    public init() {
        roots = RootKeySource(RootKeys())
    }

    /// The key for one purpose. Never throws.
    public func sealingKey(for purpose: String) throws(KeyringError) -> SealingKey {
        SealingKey(roots, purpose: purpose)
    }
}
