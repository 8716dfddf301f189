import FoundationEssentials

/// A keyring whose root key comes from its operator, as text: out of a store of secrets, for programs that keep no file of
/// their own.
///
/// ```swift
/// let keyring = try GivenKey(text: "2a1eYbYxU0ZfYk0B1yS3Lm6bX1G3uGZ1S5o3m9M2b2w=")
/// ```
///
/// It is neither made nor changed by this program: another takes its place when the operator gives another.
public struct GivenKey: Keyring, CustomStringConvertible {
    private let roots: RootKeySource

    /// Reads a key.
    ///
    /// - Parameter text: what a key file has, in Base64: 32 random bytes, as `openssl rand -base64 32` prints them. Space
    ///   around it does not matter.
    /// - Throws: ``KeyringError`` of kind `malformed`, which does not repeat the text.
    public init(text: String) throws(KeyringError) {
        let bare = text.filter { !$0.isWhitespace }
        guard let data = Data(base64Encoded: bare), let keys = RootKeys([UInt8](data)) else {
            throw KeyringError(
                .malformed,
                "The secret is not a key: it has to be \(RootKeys.size) bytes in Base64, as `openssl rand -base64"
                    + " \(RootKeys.size)` makes them.")
        }
        roots = RootKeySource(keys)
    }

    /// Never throws.
    public func sealingKey(for purpose: String) throws(KeyringError) -> SealingKey {
        SealingKey(roots, purpose: purpose)
    }

    /// Makes a key file of the same key, with mode 0600 and on disk before this returns; one that is there stays as it is.
    ///
    /// - Throws: ``KeyringError`` of kind `io`.
    public func write(to path: String) throws(KeyringError) {
        try KeyFile.make(path, roots.get().0)
    }

    /// Without the key.
    public var description: String { "GivenKey" }
}

extension Keyring {
    /// Whether what one of two keyrings seals the other opens.
    public func isSame(as other: any Keyring) -> Bool {
        let purpose = "comparison"
        guard let sealed = try? sealingKey(for: purpose).seal([]) else { return false }
        return (try? other.sealingKey(for: purpose).open(sealed)) == []
    }
}
