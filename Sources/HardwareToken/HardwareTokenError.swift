/// Why a hardware token refused, in words that a person can act on. They hold neither PINs nor keys.
public struct HardwareTokenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, for code that has to react.
    public enum Kind: Sendable, Equatable {
        /// The module can't be loaded.
        case module
        /// No token has the label, or several have it.
        case absent
        /// The PIN is wrong.
        case pin
        /// The token takes no PIN any more.
        case locked
        /// The token has no key of the label.
        case noKey
        /// The token can't do what is asked of it.
        case unsupported
        /// The bytes were not sealed with the token's key, or were changed.
        case notAuthentic
        /// The token refused for reasons of its own.
        case failed
    }

    /// What went wrong.
    public var kind: Kind
    /// What went wrong, for people; where something can be done, it says what.
    public var message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
