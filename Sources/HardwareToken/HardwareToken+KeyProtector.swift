public import Keyring

/// A root key sealed by a token.
extension HardwareToken: KeyProtector {
    public var name: String { label }

    public func protect(_ key: [UInt8]) throws(KeyringError) -> [UInt8] {
        do { return try seal(key, authenticating: Self.rootKey) } catch { throw KeyringError(error) }
    }

    public func reveal(_ sealed: [UInt8]) throws(KeyringError) -> [UInt8] {
        do { return try open(sealed, authenticating: Self.rootKey) } catch { throw KeyringError(error) }
    }

    private static let rootKey = Array("gatehouse root key 1".utf8)
}

extension KeyringError {
    fileprivate init(_ error: HardwareTokenError) {
        self.init(error.kind == .notAuthentic ? .notAuthentic : .protected, error.message)
    }
}
