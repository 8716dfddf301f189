import Crypto
import Directory
import Ledger
import Platform
import Policy
import Wire

// The ARNs of what GuardDuty has.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html>

enum GuardDutyName {
    /// The service as a principal, and what its service-linked role trusts.
    static let principal = "guardduty.amazonaws.com"
    /// <https://docs.aws.amazon.com/guardduty/latest/ug/slr-permissions.html>
    static let role = "AWSServiceRoleForAmazonGuardDuty"

    static func roleARN(_ account: String) -> String {
        "arn:aws:iam::\(account):role/aws-service-role/\(principal)/\(role)"
    }

    static func detector(_ id: String, _ scope: Scope) -> String {
        "arn:aws:guardduty:\(scope.region):\(scope.account):detector/\(id)"
    }

    static func finding(_ id: String, of detector: String, _ scope: Scope) -> String {
        "\(Self.detector(detector, scope))/finding/\(id)"
    }

    /// Thirty-two hexadecimal digits that stand for something, always the same ones.
    static func id(_ identity: [String]) -> String {
        var hash = SHA256()
        // With their lengths, so that no two lists read the same.
        for part in identity { hash.update(data: Array("\(part.utf8.count):\(part)".utf8)) }
        return hash.finalize().prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// What is below a detector and has an ARN, and tags.
enum OwnedKind: String, CaseIterable, Sendable {
    case filter
    case ipSet = "ipset"
    case threatIntelSet = "threatintelset"
    case threatEntitySet = "threatentityset"
    case trustedEntitySet = "trustedentityset"
    case destination = "publishingdestination"
}

/// What a request names by an ARN: a detector, or something below it. It need not exist.
struct OwnedName: Hashable, Sendable {
    let scope: Scope
    let detector: String
    /// nil: the detector itself.
    let item: Item?

    struct Item: Hashable, Sendable {
        let kind: OwnedKind
        let id: String
    }

    /// Reads an ARN; nil: it is none of these.
    init?(_ text: String) {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "guardduty",
            arn.account.utf8.count == 12
        else { return nil }
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 4, parts[0] == "detector", parts.allSatisfy({ !$0.isEmpty }) else {
            return nil
        }
        scope = Scope(account: arn.account, region: arn.region)
        detector = parts[1]
        guard parts.count == 4 else {
            item = nil
            return
        }
        guard let kind = OwnedKind(rawValue: parts[2].lowercased()) else { return nil }
        item = Item(kind: kind, id: parts[3])
    }
}
