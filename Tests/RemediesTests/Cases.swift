import Policy
import Remedies
import Testing

/// Requests of alice, who is allowed nothing unless a test says so.
struct TestCase {
    static let account = "111122223333"
    static let alice = "arn:aws:iam::111122223333:user/alice"
    static let role = "arn:aws:iam::111122223333:role/app"
    static let object = "arn:aws:s3:::reports/2026/may.csv"

    var principal = Principal(kind: .user, arn: alice, accountID: account, uniqueID: "AIDAALICE")
    var action = "s3:GetObject"
    var resource = object
    var resourceAccount: String?
    var inputs = PolicyInputs()
    var context: [String: ContextValue] = [
        "aws:sourceip": .one("127.0.0.1"), "aws:securetransport": .one("false"),
        "aws:currenttime": .one("2026-11-29T20:00:00Z"),
    ]
    var roles: [OtherRole] = []

    static let session = Principal(
        kind: .roleSession, arn: "arn:aws:sts::111122223333:assumed-role/app/s", accountID: account, roleARN: role,
        uniqueID: "AROAAPP")

    var denied: DeniedRequest {
        var denied = DeniedRequest(
            AuthorizationRequest(
                principal: principal, action: action, resource: resource, resourceAccount: resourceAccount), inputs,
            context: context)
        denied.otherRoles = roles
        return denied
    }

    var report: RemedyReport { RemedySearch(denied).report() }

    /// The kinds of each remedy's changes.
    var kinds: [[Change.Kind]] { report.remedies.map { $0.changes.map(\.kind) } }

    static func policy(
        _ statements: String, _ type: PolicyType = .identity, name: String = "p", arn: String? = nil,
        of holder: String? = nil
    ) -> CompiledPolicy {
        let source = PolicySource(type: type, name: name, arn: arn, attachedTo: holder)
        let text = "{\"Version\": \"2012-10-17\", \"Statement\": [\(statements)]}"
        do {
            return CompiledPolicy(try PolicyDocument(parsing: text, as: type, strictness: .evaluable), source: source)
        } catch {
            Issue.record("\(error)")
            return .denyingEverything(source)
        }
    }

    static func inline(_ statements: String, name: String = "own") -> CompiledPolicy {
        policy(statements, name: name, of: alice)
    }

    static func control(_ statements: String, name: String = "guard") -> CompiledPolicy {
        policy(
            statements, .serviceControl, name: name,
            arn: "arn:aws:organizations::999988887777:policy/o-x/service_control_policy/p-\(name)")
    }

    static let all = #"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#
    static let s3 = #"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#
    static let ec2 = #"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}"#
    static let fullAccess = policy(
        all, .serviceControl, name: "FullAWSAccess",
        arn: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess")
}
