import FoundationEssentials
import SwiftASN1
@_spi(FixedExpiryValidationTime) public import X509

extension Certificate {
    /// Reads a certificate in PEM.
    /// - Throws: ``IssuingError/malformedCertificate``.
    public init(issuing pem: String) throws(IssuingError) {
        do { try self.init(pemEncoded: pem) } catch { throw .malformedCertificate }
    }

    /// Reads a certificate in DER.
    /// - Throws: ``IssuingError/malformedCertificate``.
    public init(der: [UInt8]) throws(IssuingError) {
        do { try self.init(derEncoded: der) } catch { throw .malformedCertificate }
    }

    /// Reads certificates in PEM, one after another.
    /// - Throws: ``IssuingError/malformedCertificate``, also for more than an authority's chain can have.
    public static func chain(_ pem: String) throws(IssuingError) -> [Certificate] {
        let chain: [Certificate]
        do {
            chain = try PEMDocument.parseMultiple(pemString: pem).map { try Certificate(pemDocument: $0) }
        } catch {
            throw .malformedCertificate
        }
        // The verifier tries every path, and certificates that sign each other could have more paths than it could ever try.
        guard chain.count <= 8 else { throw .malformedCertificate }
        // Text around certificates counts for nothing, but what is nothing else has none that was meant.
        guard !chain.isEmpty || pem.allSatisfy(\.isWhitespace) else { throw .malformedCertificate }
        return chain
    }

    /// The certificate in PEM.
    /// - Throws: ``IssuingError/failed``.
    public func pem() throws(IssuingError) -> String {
        do { return try serializeAsPEM().pemString } catch { throw .failed }
    }

    /// The certificate in DER.
    /// - Throws: ``IssuingError/failed``.
    public func der() throws(IssuingError) -> [UInt8] {
        var serializer = DER.Serializer()
        do { try serializer.serialize(self) } catch { throw .failed }
        return serializer.serializedBytes
    }

    /// Whether it says that its owner is an authority.
    public var isOfAuthority: Bool {
        guard case .isCertificateAuthority? = try? extensions.basicConstraints else { return false }
        return true
    }

    /// How many authorities may follow below; nil: it does not say.
    public var pathLength: Int? {
        guard case .isCertificateAuthority(let length)? = try? extensions.basicConstraints else { return nil }
        return length
    }

    /// Whether its own key has signed it.
    public var isSelfSigned: Bool { subject == issuer && publicKey.isValidSignature(signature, for: self) }

    /// Whether the last of a chain vouches for this certificate by way of the others, at a time in seconds since 1970
    /// (RFC 5280, section 6).
    public func isVouchedFor(by chain: [Certificate], at time: Double) async -> Bool {
        guard let anchor = chain.last else { return false }
        var verifier = Verifier(rootCertificates: CertificateStore([anchor])) {
            RFC5280Policy(fixedExpiryValidationTime: Date(timeIntervalSince1970: time))
        }
        let result = await verifier.validate(leaf: self, intermediates: CertificateStore(chain.dropLast()))
        guard case .validCertificate = result else { return false }
        return true
    }
}
