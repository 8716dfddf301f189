import SwiftASN1
public import X509

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
}
