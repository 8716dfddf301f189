import CCertificates

/// Why a certificate is no longer valid: CRLReason of RFC 5280, section 5.3.1.
public enum RevocationReason: Int, Sendable, Codable {
    case unspecified = 0
    case keyCompromise = 1
    case authorityCompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case privilegeWithdrawn = 9
    case attributeAuthorityCompromise = 10
}

/// A certificate that is no longer valid.
public struct Revocation: Sendable, Equatable {
    /// The serial number's bytes.
    public let serial: [UInt8]
    /// Seconds since 1970.
    public let time: Double
    public let reason: RevocationReason

    /// - Parameters: see the properties.
    public init(serial: [UInt8], time: Double, reason: RevocationReason) {
        self.serial = serial
        self.time = time
        self.reason = reason
    }
}

/// An authority that tells which of its certificates are revoked.
public struct RevocationAuthority: Sendable {
    /// The hash that it signs with.
    public enum Hash: Sendable {
        case sha256
        case sha384
        case sha512

        fileprivate var code: revocation_hash {
            switch self {
            case .sha256: revocation_sha256
            case .sha384: revocation_sha384
            case .sha512: revocation_sha512
            }
        }
    }

    /// In DER.
    public let certificate: [UInt8]
    private let key: [UInt8]
    private let hash: Hash

    /// - Parameters:
    ///   - certificate: in DER.
    ///   - key: as PKCS #8 in DER.
    ///   - hash: that it signs with.
    public init(certificate: [UInt8], key: [UInt8], hash: Hash) {
        self.certificate = certificate
        self.key = key
        self.hash = hash
    }

    /// Signs a list of revoked certificates (RFC 5280, section 5).
    /// - Parameters:
    ///   - revocations: in any order.
    ///   - number: higher than that of the list before.
    ///   - thisUpdate: seconds since 1970, as `nextUpdate`.
    ///   - point: the distribution point whose certificates alone the list is about; nil: it is about all.
    /// - Returns: the list in DER.
    /// - Throws: ``IssuingError/failed``.
    public func list(
        _ revocations: [Revocation], number: UInt64, thisUpdate: Double, nextUpdate: Double, point: String? = nil
    ) throws(IssuingError) -> [UInt8] {
        guard let (from, to) = Self.times(thisUpdate, nextUpdate) else { throw .failed }
        // All serial numbers in one piece of memory, which stays where it is while the list is made.
        let serials = revocations.flatMap(\.serial)
        let bytes: [UInt8]? = serials.withUnsafeBufferPointer { serials in
            withIssuer { issuer in
                var entries: [revocation_entry] = []
                var place = 0
                for one in revocations {
                    guard let start = serials.baseAddress, let time = Int64(exactly: one.time.rounded(.down)) else {
                        return nil
                    }
                    entries.append(
                        revocation_entry(
                            serial: start + place, serial_count: one.serial.count, time: time,
                            reason: Int32(one.reason.rawValue)))
                    place += one.serial.count
                }
                return Self.taken { written in
                    revocation_list(issuer, from, to, number, entries, entries.count, point, written)
                }
            }
        }
        guard let bytes else { throw .failed }
        return bytes
    }

    /// See ``RevocationQuery/answer(_:by:thisUpdate:nextUpdate:)``.
    func answer(
        _ query: RevocationQuery, _ states: [RevocationQuery.State], thisUpdate: Double, nextUpdate: Double
    ) throws(IssuingError) -> [UInt8] {
        guard let (from, to) = Self.times(thisUpdate, nextUpdate) else { throw .failed }
        var statuses: [revocation_status] = []
        for state in states {
            guard let status = state.code else { throw .failed }
            statuses.append(status)
        }
        let bytes = withIssuer { issuer in
            Self.taken { written in
                revocation_answer(query.pointer, issuer, statuses, statuses.count, from, to, written)
            }
        }
        guard let bytes else { throw .failed }
        return bytes
    }

    private static func times(_ from: Double, _ to: Double) -> (Int64, Int64)? {
        guard let from = Int64(exactly: from.rounded(.down)), let to = Int64(exactly: to.rounded(.down)) else {
            return nil
        }
        return (from, to)
    }

    func withIssuer<T>(_ body: (UnsafePointer<revocation_issuer>) -> T) -> T {
        certificate.withUnsafeBufferPointer { certificate in
            key.withUnsafeBufferPointer { key in
                // Empty ones have no place in memory, and can't be read either.
                let nothing: StaticString = " "
                var issuer = revocation_issuer(
                    certificate: certificate.baseAddress ?? nothing.utf8Start, certificate_count: certificate.count,
                    key: key.baseAddress ?? nothing.utf8Start, key_count: key.count, hash: hash.code)
                return body(&issuer)
            }
        }
    }

    static func taken(_ write: (UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<UInt8>?) -> [UInt8]? {
        var written = 0
        guard let bytes = write(&written) else { return nil }
        defer { revocation_free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: written))
    }
}
