public import Ledger

/// A web ACL that protects something. WAF keeps it; Shield looks it up.
public struct WebACLAssociation: Record {
    public static let kind = "AWS::WAFv2::WebACLAssociation"
    public static let version = 1
    /// The relation to the web ACL's ARN.
    public static let relation = "protects"

    /// The ARN of what is protected.
    public let id: String
    /// The web ACL's.
    public let webACL: String

    /// - Parameters: see the properties.
    public init(id: String, webACL: String) {
        self.id = id
        self.webACL = webACL
    }

    public var references: [Reference] { [Reference(Self.relation, to: webACL)] }
}
