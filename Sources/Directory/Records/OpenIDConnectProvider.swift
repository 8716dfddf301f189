public import Ledger

/// An OpenID Connect provider whose tokens an account accepts.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html>
public struct OpenIDConnectProvider: Record {
    public static let kind = "AWS::IAM::OIDCProvider"

    /// The account that accepts its tokens.
    public let accountID: String
    /// The issuer without its `https://`, otherwise as it was registered: with or without a slash at the end.
    public let url: String
    /// Seconds since 1970.
    public let createDate: Double
    /// The audiences that tokens may be for.
    public var clientIDs: [String]
    /// SHA-1 of certificates that the provider's server may present, in hexadecimal digits as they were registered.
    public var thumbprints: [String]
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag]

    /// Makes a provider from what `CreateOpenIDConnectProvider` was given, once that has been checked.
    public init(
        accountID: String, url: String, createDate: Double, clientIDs: [String], thumbprints: [String], tags: [Tag]
    ) {
        self.accountID = accountID
        self.url = url
        self.createDate = createDate
        self.clientIDs = clientIDs
        self.thumbprints = thumbprints
        self.tags = tags
    }

    public var id: String { url }

    /// `arn:aws:iam::111122223333:oidc-provider/accounts.google.com`: what trust policies name under `Federated`.
    public var arn: String { Self.arn(url: url, in: accountID) }

    /// The ARN that the provider of an issuer has in an account; the issuer is given without its `https://`.
    public static func arn(url: String, in accountID: String) -> String {
        ARN.iam(accountID, "oidc-provider", name: url)
    }

    public var references: [Reference] { [] }
}
