import CCertificates
import SwiftASN1

/// A private key that a passphrase protects.
public enum ProtectedKey {
    /// Encrypts a private key (RFC 5958, section 3).
    /// - Parameters:
    ///   - key: as PKCS #8 in DER.
    ///   - passphrase: any bytes, at least one.
    /// - Returns: PEM, as `openssl pkcs8` reads it.
    /// - Throws: ``IssuingError/failed``.
    public static func pem(_ key: [UInt8], passphrase: [UInt8]) throws(IssuingError) -> String {
        guard !passphrase.isEmpty else { throw .failed }
        let der = passphrase.withUnsafeBytes { passphrase in
            RevocationAuthority.taken { written in
                passphrase.bindMemory(to: CChar.self).baseAddress.flatMap { start in
                    private_key_encrypt(key, key.count, start, passphrase.count, written)
                }
            }
        }
        guard let der else { throw .failed }
        return PEMDocument(type: "ENCRYPTED PRIVATE KEY", derBytes: der).pemString
    }
}

/// A private key that nothing protects, for a server that is to use it.
public enum PlainKey {
    /// - Parameter key: as PKCS #8 in DER.
    /// - Returns: the same in PEM.
    public static func pem(_ key: [UInt8]) -> String { PEMDocument(type: "PRIVATE KEY", derBytes: key).pemString }
}
