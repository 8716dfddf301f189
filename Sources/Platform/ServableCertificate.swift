/// A certificate of ACM's with its private key, for a server that shows it.
public struct ServableCertificate: Sendable, Equatable {
    /// `arn:aws:acm:us-east-1:111122223333:certificate/…`
    public let arn: String
    /// The certificate and those of its authorities in PEM, each after the one that it vouches for.
    public let chain: String
    /// The private key: PKCS #8 in PEM, not encrypted.
    public let key: String

    /// - Parameters: see the properties.
    public init(arn: String, chain: String, key: String) {
        self.arn = arn
        self.chain = chain
        self.key = key
    }
}

extension ServableCertificate: CustomStringConvertible, CustomReflectable {
    /// Without the key.
    public var description: String { "ServableCertificate(\(arn))" }
    /// Without the key.
    public var customMirror: Mirror { Mirror(self, children: ["arn": arn, "chain": chain]) }
}
