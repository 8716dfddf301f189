import CCertificates

/// A list of certificates that are no longer valid, as somebody else has signed it: RFC 5280, section 5.
public final class RevocationList: @unchecked Sendable {
    // It is never changed; the library looks things up in it under a lock of its own.
    private let pointer: OpaquePointer
    /// When there is to be another one, in seconds since 1970; nil: it does not say.
    public let nextUpdate: Double?

    /// - Parameter der: a CertificateList.
    /// - Returns: nil: the bytes are none.
    public init?(der: [UInt8]) {
        guard let pointer = revocation_read_list(der, der.count) else { return nil }
        self.pointer = pointer
        let next = revocation_list_next_update(pointer)
        nextUpdate = next == 0 ? nil : Double(next)
    }

    deinit { revocation_free_list(pointer) }

    /// Whether a certificate's owner has issued and signed it.
    /// - Parameter der: the certificate's.
    public func isIssued(by der: [UInt8]) -> Bool { revocation_list_is_by(pointer, der, der.count) }

    /// Whether a certificate of its issuer is on it.
    /// - Parameter der: the certificate's.
    /// - Complexity: logarithmic in the list's length.
    public func hasRevoked(_ der: [UInt8]) -> Bool { revocation_list_has(pointer, der, der.count) }
}
