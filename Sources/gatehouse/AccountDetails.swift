import Directory
import FoundationEssentials
import Policy
import Reasoning
import Wire

/// The users and roles of accounts with their policies, as `aws iam get-account-authorization-details` prints them.
///
/// AWS: `API_GetAccountAuthorizationDetails.html`. Documents stand there as JSON, as the AWS CLI prints them, or as
/// percent-encoded text, as the API sends them.
struct AccountDetails {
    struct Problem: Error {
        let reason: String
    }

    /// A user or a role.
    struct Member {
        let principal: Principal
        /// What a person calls it: the ARN of the user or the role.
        let arn: String
        let inputs: PolicyInputs
        let tags: [String: String]
        /// Who may make sessions of it.
        let trust: CompiledPolicy?
    }

    private(set) var members: [Member] = []
    private var policies: [String: CompiledPolicy] = [:]
    private var groups: [String: [CompiledPolicy]] = [:]

    /// - Parameter files: each an answer, or one page of it. They belong together: a role's policy may be in another.
    init(_ files: [(name: String, text: String)]) throws(Problem) {
        var answers: [(name: String, value: Wire.JSONValue)] = []
        for file in files {
            do throws(Wire.JSONError) {
                answers.append((file.name, try Wire.JSONValue(parsing: Array(file.text.utf8))))
            } catch {
                throw Problem(reason: "\(file.name): not JSON: \(error)")
            }
        }
        let lists = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]
        for answer in answers where !lists.contains(where: { answer.value[$0] != nil }) {
            throw Problem(
                reason: "\(answer.name): has no users, roles or policies: save what "
                    + "`aws iam get-account-authorization-details` prints")
        }
        for answer in answers {
            for policy in answer.value["Policies"].elements { try take(policy: policy) }
        }
        for answer in answers {
            for group in answer.value["GroupDetailList"].elements {
                guard let arn = group["Arn"].text, let name = group["GroupName"].text else { continue }
                groups[Self.account(of: arn) + "/" + name] = try own(group, "GroupPolicyList", of: arn)
            }
        }
        for answer in answers {
            for user in answer.value["UserDetailList"].elements { try take(user: user) }
            for role in answer.value["RoleDetailList"].elements { try take(role: role) }
        }
    }

    private static func account(of arn: String) -> String {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : ""
    }

    private mutating func take(policy: Wire.JSONValue) throws(Problem) {
        guard let arn = policy["Arn"].text else { return }
        let versions = policy["PolicyVersionList"].elements
        guard let version = versions.first(where: { $0["IsDefaultVersion"] == .boolean(true) }) ?? versions.first else {
            return
        }
        policies[arn] = try compiled(
            version["Document"], .identity, policy["PolicyName"].text ?? arn, of: nil, arn: arn)
    }

    private mutating func take(user: Wire.JSONValue) throws(Problem) {
        guard let arn = user["Arn"].text else { return }
        let account = Self.account(of: arn)
        var identity = try own(user, "UserPolicyList", of: arn)
        for group in user["GroupList"].elements.compactMap(\.asText) {
            guard let policies = groups[account + "/" + group] else {
                throw Problem(reason: "\(arn): its group \(group) is in none of the files: give them all")
            }
            identity += policies
        }
        let principal = Principal(kind: .user, arn: arn, accountID: account, uniqueID: user["UserId"].text ?? "")
        members.append(
            Member(
                principal: principal, arn: arn,
                inputs: PolicyInputs(identity: identity, boundaries: try boundary(of: user, arn)),
                tags: tags(user), trust: nil))
    }

    private mutating func take(role: Wire.JSONValue) throws(Problem) {
        guard let arn = role["Arn"].text, let name = role["RoleName"].text else { return }
        let account = Self.account(of: arn)
        let principal = Principal(
            kind: .roleSession, arn: "arn:aws:sts::\(account):assumed-role/\(name)/session", accountID: account,
            roleARN: arn, uniqueID: role["RoleId"].text ?? "",
            isServiceLinkedRole: arn.contains(":role/aws-service-role/"))
        members.append(
            Member(
                principal: principal, arn: arn,
                inputs: PolicyInputs(
                    identity: try own(role, "RolePolicyList", of: arn), boundaries: try boundary(of: role, arn)),
                tags: tags(role),
                trust: try compiled(role["AssumeRolePolicyDocument"], .roleTrust, "", of: arn, arn: nil)))
    }

    /// The inline and attached policies of a user, a group or a role.
    private func own(_ member: Wire.JSONValue, _ list: String, of arn: String) throws(Problem) -> [CompiledPolicy] {
        var found: [CompiledPolicy] = []
        for policy in member[list].elements {
            let name = policy["PolicyName"].text ?? ""
            found.append(try compiled(policy["PolicyDocument"], .identity, name, of: arn, arn: nil))
        }
        for attached in member["AttachedManagedPolicies"].elements {
            guard let name = attached["PolicyArn"].text else { continue }
            found.append(try managed(name, for: arn, as: .identity))
        }
        return found
    }

    private func boundary(of member: Wire.JSONValue, _ arn: String) throws(Problem) -> [CompiledPolicy]? {
        guard let boundary = member["PermissionsBoundary"], boundary != .null,
            let name = boundary["PermissionsBoundaryArn"].text
        else { return nil }
        return [try managed(name, for: arn, as: .permissionsBoundary)]
    }

    /// A managed policy of the files, or one of AWS's.
    private func managed(_ arn: String, for member: String, as type: PolicyType) throws(Problem) -> CompiledPolicy {
        if let policy = policies[arn] {
            guard type != policy.source.type else { return policy }
            return CompiledPolicy(policy.document, source: PolicySource(type: type, name: policy.source.name, arn: arn))
        }
        guard let known = ManagedPolicyCatalog.aws.entry(arn: arn) else {
            throw Problem(reason: "\(member): its policy \(arn) is in none of the files: give them all")
        }
        do throws(PolicyError) {
            let document = try PolicyDocument(parsing: known.document, as: type, strictness: .evaluable)
            let name = arn.split(separator: "/").last.map(String.init) ?? arn
            return CompiledPolicy(document, source: PolicySource(type: type, name: name, arn: arn))
        } catch {
            throw Problem(reason: "\(arn): \(error)")
        }
    }

    private func compiled(
        _ value: Wire.JSONValue?, _ type: PolicyType, _ name: String, of member: String?, arn: String?
    ) throws(Problem) -> CompiledPolicy {
        let place = member.map { name.isEmpty ? $0 : "\($0), policy \(name)" } ?? arn ?? name
        // Whose a policy is is told where it is another's than the user's or the role's that is asked about.
        let group = member.flatMap { $0.contains(":group/") ? $0 : nil }
        let text: String
        switch value {
        case .string(let encoded): text = encoded.removingPercentEncoding ?? encoded
        case .object?:
            var writer = JSONWriter()
            writer.json(value ?? .null)
            text = String(decoding: writer.bytes, as: UTF8.self)
        default: throw Problem(reason: "\(place): has no document")
        }
        do throws(PolicyError) {
            let document = try PolicyDocument(parsing: text, as: type, strictness: .evaluable)
            return CompiledPolicy(
                document, source: PolicySource(type: type, name: name, arn: arn, attachedTo: group))
        } catch {
            throw Problem(reason: "\(place): \(error)")
        }
    }

    private func tags(_ member: Wire.JSONValue) -> [String: String] {
        var tags: [String: String] = [:]
        for tag in member["Tags"].elements {
            if let key = tag["Key"].text, let value = tag["Value"].text { tags[key] = value }
        }
        return tags
    }
}

extension Wire.JSONValue? {
    fileprivate var elements: [Wire.JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
}

extension Wire.JSONValue {
    fileprivate var asText: String? { if case .string(let text) = self { text } else { nil } }
}
