import Crypto

/// A keyring whose root key is made at random and lives in memory alone, for a ledger that is not kept.
public struct EphemeralKeyring: Keyring {
    private let root: SymmetricKey

    public init() {
        root = SymmetricKey(size: .bits256)
    }

    public func sealingKey(for purpose: String) throws(KeyringError) -> SealingKey {
        SealingKey(root: root, purpose: purpose)
    }
}
