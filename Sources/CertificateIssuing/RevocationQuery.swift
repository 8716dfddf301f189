import CCertificates

/// A question about certificates: an OCSPRequest of RFC 6960.
public final class RevocationQuery: @unchecked Sendable {
    // It is read once, and never changed afterwards.
    let pointer: OpaquePointer
    /// How many certificates it asks about.
    public let count: Int
    /// Whether it has a nonce, so that its answer is for nobody else.
    public let hasNonce: Bool

    /// A question has at most so many bytes: one about a hundred certificates has ten thousand.
    public static let mostBytes = 16_384
    /// It asks about at most so many certificates.
    private static let mostCertificates = 32
    /// RFC 9654, section 2.1.
    private static let nonceBytes = 1...128

    /// nil: the bytes are no question, or about too many certificates, or have a nonce of another length than 1 to 128.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.mostBytes, let pointer = revocation_read_query(bytes, bytes.count) else { return nil }
        self.pointer = pointer
        count = revocation_query_count(pointer)
        let nonce = revocation_query_nonce_count(pointer)
        hasNonce = nonce >= 0
        guard (1...Self.mostCertificates).contains(count), !hasNonce || Self.nonceBytes.contains(nonce) else {
            return nil
        }
    }

    deinit { revocation_free_query(pointer) }

    /// What is known of a certificate.
    public enum State: Sendable, Equatable {
        case good
        case revoked(Revocation)
        /// It was never issued.
        case unknown

        var code: revocation_status? {
            switch self {
            case .good: return revocation_status(state: revocation_good, time: 0, reason: 0)
            case .unknown: return revocation_status(state: revocation_unknown, time: 0, reason: 0)
            case .revoked(let revocation):
                guard let time = Int64(exactly: revocation.time.rounded(.down)) else { return nil }
                return revocation_status(
                    state: revocation_revoked, time: time, reason: Int32(revocation.reason.rawValue))
            }
        }
    }

    /// Why nothing is answered.
    public enum Refusal: Sendable {
        case malformedRequest
        case internalError
        case tryLater
        case unauthorized

        /// The answer, which nobody has signed.
        public var bytes: [UInt8] {
            let reason =
                switch self {
                case .malformedRequest: revocation_malformed_request
                case .internalError: revocation_internal_error
                case .tryLater: revocation_try_later
                case .unauthorized: revocation_unauthorized
                }
            return RevocationAuthority.taken { revocation_refusal(reason, $0) } ?? []
        }
    }

    /// The serial numbers of the certificates that it asks about, without leading zeros; nil for one that is of another
    /// authority.
    /// - Parameter certificate: the authority's own, in DER.
    public func serials(of certificate: [UInt8]) -> [[UInt8]?] {
        let size = Int(REVOCATION_SERIAL_SIZE)
        var counts = [Int](repeating: -1, count: count)
        var bytes = [UInt8](repeating: 0, count: count * size)
        guard revocation_query_serials(pointer, certificate, certificate.count, &bytes, &counts) else {
            return counts.map { _ in nil }
        }
        return counts.enumerated().map { index, count in
            count < 0 ? nil : Array(bytes.dropFirst(index * size).prefix(count))
        }
    }

    /// Signs the answer, with the question's nonce.
    /// - Parameters:
    ///   - states: of the certificates, in the question's order.
    ///   - thisUpdate: seconds since 1970, as `nextUpdate`.
    /// - Returns: an OCSPResponse in DER.
    /// - Throws: ``IssuingError/failed``.
    public func answer(
        _ states: [State], by authority: RevocationAuthority, thisUpdate: Double, nextUpdate: Double
    ) throws(IssuingError) -> [UInt8] {
        try authority.answer(self, states, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
    }
}
