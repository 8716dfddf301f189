import Crypto
import Directory
import Platform
import Policy
import Wire

// The ARNs of what Amazon Inspector has itself.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoninspector2.html>

enum InspectorName {
    /// The service as a principal, and what its service-linked role trusts.
    static let principal = "inspector2.amazonaws.com"
    /// The service-linked role by which instances are scanned without an agent.
    static let agentless = "agentless.inspector2.amazonaws.com"
    /// <https://docs.aws.amazon.com/inspector/latest/user/using-service-linked-roles.html>
    static let role = "AWSServiceRoleForAmazonInspector2"

    /// What AWS says to an account that has no say about something.
    static func noAccess(to what: String) -> String { "Invoking account does not have access to \(what)" }

    static func arn(_ region: String, _ account: String, _ rest: String) -> String {
        "arn:aws:inspector2:\(region):\(account):\(rest)"
    }

    /// The ARN of a finding, by its 32 hexadecimal digits.
    static func finding(_ id: String, _ account: String, _ region: String) -> String {
        arn(region, account, "finding/\(id)")
    }

    /// Thirty-two hexadecimal digits that stand for something found, always the same ones, so that what is found again is
    /// known again. AWS's are made likewise of what no one outside knows.
    static func findingID(_ identity: [String]) -> String {
        var hash = SHA256()
        // With their lengths, so that no two lists read the same.
        for part in identity { hash.update(data: Array("\(part.utf8.count):\(part)".utf8)) }
        return hex(hash.finalize().prefix(16))
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// What a request names by an ARN: a filter or a CIS scan configuration. It need not exist.
struct OwnedName: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case filter
        case cisConfiguration = "cis-configuration"
        case cisScan = "cis-scan"
    }

    let kind: Kind
    let region: String
    let account: String
    /// The account that owns it, or its organization.
    let owner: String
    let id: String

    init(_ kind: Kind, _ id: String, account: String, region: String) {
        (self.kind, self.id, self.region, self.account, owner) = (kind, id, region, account, account)
    }

    /// Reads an ARN; nil: it is none of these.
    init?(_ text: String) {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "inspector2",
            arn.account.utf8.count == 12
        else { return nil }
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "owner", let kind = Kind(rawValue: parts[2]), !parts[3].isEmpty,
            !parts[1].isEmpty
        else { return nil }
        (self.kind, region, account, owner, id) = (kind, arn.region, arn.account, parts[1], parts[3])
    }

    var arn: String { InspectorName.arn(region, account, "owner/\(owner)/\(kind.rawValue)/\(id)") }

    /// Whether it can be one of the caller's own, in the Region of the call.
    func isOf(_ call: Call) -> Bool { account == call.accountID && owner == account && region == call.region }
}
