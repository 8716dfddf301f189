/// How a connection is encrypted.
public struct TLSDetails: Sendable, Equatable {
    /// The versions that Gatehouse speaks.
    public enum Version: Sendable {
        /// RFC 5246.
        case v12
        /// RFC 8446.
        case v13
    }

    /// The negotiated version of TLS.
    public let version: Version
    /// The cipher suite as CloudTrail names it: before TLS 1.3 in OpenSSL's words, `ECDHE-RSA-AES128-GCM-SHA256`, then
    /// in IANA's, `TLS_AES_128_GCM_SHA256`. nil when it is not known.
    public let cipherSuite: String?

    /// Makes the details of a connection whose handshake is done.
    public init(version: Version, cipherSuite: String?) {
        self.version = version
        self.cipherSuite = cipherSuite
    }

    /// As CloudTrail names the version.
    public var versionName: String {
        switch version {
        case .v12: "TLSv1.2"
        case .v13: "TLSv1.3"
        }
    }

    /// As the condition key `s3:TlsVersion` has it.
    public var versionNumber: String {
        switch version {
        case .v12: "1.2"
        case .v13: "1.3"
        }
    }
}
