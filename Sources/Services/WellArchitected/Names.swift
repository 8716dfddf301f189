import Crypto
import Directory
import Ledger
import Platform

/// The ids and ARNs of what the Well-Architected Tool has.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_wellarchitected.html>
struct ReviewName: Hashable, Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case workload
        case lens
        case profile
        case template = "review-template"

        /// What errors call it.
        var resourceType: String {
            switch self {
            case .workload: "WORKLOAD"
            case .lens: "LENS"
            case .profile: "PROFILE"
            case .template: "TEMPLATE"
            }
        }
    }

    let kind: Kind
    let region: String
    let account: String
    /// Thirty-two hexadecimal digits.
    let id: String

    init(_ kind: Kind, _ id: String, account: String, region: String) {
        (self.kind, self.id, self.account, self.region) = (kind, id, account, region)
    }

    /// Reads an ARN; nil: it is none of these.
    init?(_ text: String) {
        guard let arn = ARN(parsing: text), arn.service == "wellarchitected", arn.account.utf8.count == 12,
            let (type, rest) = arn.typeAndRest, let kind = Kind(rawValue: String(type)), !rest.isEmpty
        else { return nil }
        (self.kind, region, account, id) = (kind, arn.region, arn.account, String(rest))
    }

    var arn: String { "arn:aws:wellarchitected:\(region):\(account):\(kind.rawValue)/\(id)" }

    /// The scope of its records.
    var scope: Scope { Scope(account: account, region: region) }

    /// A new id.
    static func newID() -> String { hex(Identifiers.randomBytes(16)) }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// The framework's lens, which is nobody's own.
enum FrameworkLens {
    static let alias = "wellarchitected"
    static let arn = "arn:aws:wellarchitected::aws:lens/wellarchitected"
    /// The edition whose identifiers it has, and that it is the security pillar alone.
    static let version = "2023-10-03-security"

    /// Whether a request means it: by its alias, or by an ARN of either form that AWS's documentation has.
    static func isMeant(by alias: String) -> Bool {
        if alias == self.alias || alias == arn { return true }
        guard let arn = ARN(parsing: alias) else { return false }
        return arn.service == "wellarchitected" && (arn.account.isEmpty || arn.account == "aws")
            && arn.resource == "lens/\(self.alias)"
    }
}
