import CCertificates

/// Bytes that the owner of a certificate has signed, with the bytes in them: PKCS #7 (RFC 2315), as `openssl smime -verify` reads it.
public enum SignedMessage {
    /// Signs bytes, with SHA-256. The certificate is not in the message: whoever verifies it has to have it.
    /// - Parameters:
    ///   - content: at least one byte.
    ///   - certificate: the signer's, in DER.
    ///   - key: as PKCS #8 in DER.
    /// - Returns: a SignedData in DER.
    /// - Throws: ``IssuingError/failed``.
    public static func der(
        _ content: [UInt8], certificate: [UInt8], key: [UInt8]
    ) throws(IssuingError) -> [UInt8] {
        let signer = RevocationAuthority(certificate: certificate, key: key, hash: .sha256)
        let der = signer.withIssuer { signer in
            RevocationAuthority.taken { written in signed_message(signer, content, content.count, written) }
        }
        guard let der else { throw .failed }
        return der
    }
}
