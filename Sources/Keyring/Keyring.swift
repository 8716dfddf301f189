/// The root of trust: where the keys come from that seal everything at rest.
///
/// A keyring holds one root key and gives out one ``SealingKey`` for each purpose. The keys of two purposes are
/// independent: what was sealed for one cannot be opened with the other.
///
/// ```swift
/// let key = try keyring.sealingKey(for: "session-token")
/// let sealed = try key.seal(Array("hello".utf8), authenticating: Array("AKIAEXAMPLE".utf8))
/// ```
///
/// ``KeyFile`` keeps the root key in a file, as it is or sealed by a ``KeyProtector`` such as a hardware token;
/// ``GivenKey`` is told it by the operator; ``EphemeralKeyring`` keeps it in memory alone.
public protocol Keyring: Sendable {
    /// The key for one purpose, such as `"ledger"`; the same purpose gives the same key for as long as the
    /// root key lives.
    ///
    /// - Throws: ``KeyringError`` when the root key cannot be reached.
    func sealingKey(for purpose: String) throws(KeyringError) -> SealingKey
}

/// Why a keyring or a key refused, in words that a person can act on. It never holds key material or plaintext.
public struct KeyringError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, for code that has to react.
    public enum Kind: Sendable, Equatable {
        /// The key file could not be read or written.
        case io
        /// The key file could be read or changed by somebody else.
        case insecure
        /// The key file does not hold a key.
        case malformed
        /// The key file is sealed, and what opens it was not named, or can't be reached.
        case protected
        /// The root key was rotated, and the one before it is still needed.
        case rotating
        /// The sealed bytes were not made by this key for this context, or were changed since.
        case notAuthentic
        /// The cryptographic library refused.
        case failed
    }

    /// What went wrong.
    public var kind: Kind
    /// What went wrong, for people; where something can be done, it says what.
    public var message: String

    /// Makes an error, for keyrings of one's own.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
