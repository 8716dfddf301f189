import Ledger
import Platform

/// A list of networks.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_IPSet.html>
struct StoredIPSet: WAFResource {
    static let kind = "AWS::WAFv2::IPSet"
    static let version = 1
    static let type = "ipset"

    var head: WAFHead
    /// `IPV4`, `IPV6`
    let addressVersion: String
    /// In CIDR notation, as they are shown.
    var addresses: [String]
}

/// A list of regular expressions.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_RegexPatternSet.html>
struct StoredRegexSet: WAFResource {
    static let kind = "AWS::WAFv2::RegexPatternSet"
    static let version = 1
    static let type = "regexpatternset"

    var head: WAFHead
    var patterns: [String]
}
