import Directory
import Escalation
import FoundationEssentials
import Policy
import Wire

/// The users and roles of accounts with their policies, as `aws iam get-account-authorization-details` prints them.
///
/// AWS: `API_GetAccountAuthorizationDetails.html`. Documents stand there as JSON, as the AWS CLI prints them, or as
/// percent-encoded text, as the API sends them.
struct AccountDetails {
    struct Problem: Error {
        let reason: String
    }

    private(set) var estate = Estate()
    /// Policies that are made once for all who have them, by type and ARN.
    private var shared: [String: CompiledPolicy] = [:]

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
        // Users name their groups without the path.
        var groupARNs: [String: String] = [:]
        for answer in answers {
            for group in answer.value["GroupDetailList"].elements {
                guard let arn = group["Arn"].text, let name = group["GroupName"].text else { continue }
                groupARNs[Self.account(of: arn) + "/" + name] = arn
                estate.groups[arn] = try own(group, "GroupPolicyList", of: arn)
            }
        }
        for answer in answers {
            for user in answer.value["UserDetailList"].elements { try take(user: user, groupARNs) }
            for role in answer.value["RoleDetailList"].elements { try take(role: role) }
        }
    }

    private static func account(of arn: String) -> String {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : ""
    }

    private mutating func take(policy: Wire.JSONValue) throws(Problem) {
        guard let arn = policy["Arn"].text else { return }
        let name = policy["PolicyName"].text ?? arn
        let versions = policy["PolicyVersionList"].elements
        guard
            let index = versions.firstIndex(where: { $0["IsDefaultVersion"] == .boolean(true) })
                ?? versions.indices.first
        else { return }
        var others: [(id: String, policy: CompiledPolicy)] = []
        for (place, version) in versions.enumerated() where place != index && version["Document"] != nil {
            let compiled = try compiled(version["Document"], .identity, name, of: nil, arn: arn)
            others.append((version["VersionId"].text ?? "", compiled))
        }
        estate.policies[arn] = Estate.ManagedPolicy(
            defaultVersion: try compiled(versions[index]["Document"], .identity, name, of: nil, arn: arn),
            otherVersions: others)
    }

    private mutating func take(user: Wire.JSONValue, _ groupARNs: [String: String]) throws(Problem) {
        guard let arn = user["Arn"].text else { return }
        let account = Self.account(of: arn)
        let principal = Principal(kind: .user, arn: arn, accountID: account, uniqueID: user["UserId"].text ?? "")
        var member = Estate.Member(principal, arn: arn, policies: try own(user, "UserPolicyList", of: arn))
        for group in user["GroupList"].elements.compactMap(\.asText) {
            guard let name = groupARNs[account + "/" + group], let policies = estate.groups[name] else {
                throw Problem(reason: "\(arn): its group \(group) is in none of the files: give them all")
            }
            member.groups.append(name)
            member.policies += policies
        }
        member.boundary = try boundary(of: user, arn)
        member.tags = tags(user)
        estate.members.append(member)
    }

    private mutating func take(role: Wire.JSONValue) throws(Problem) {
        guard let arn = role["Arn"].text, let name = role["RoleName"].text else { return }
        let account = Self.account(of: arn)
        let principal = Principal(
            kind: .roleSession, arn: "arn:aws:sts::\(account):assumed-role/\(name)/session", accountID: account,
            roleARN: arn, uniqueID: role["RoleId"].text ?? "",
            isServiceLinkedRole: arn.contains(":role/aws-service-role/"))
        var member = Estate.Member(principal, arn: arn, policies: try own(role, "RolePolicyList", of: arn))
        member.boundary = try boundary(of: role, arn)
        member.tags = tags(role)
        member.trust = try compiled(role["AssumeRolePolicyDocument"], .roleTrust, "", of: arn, arn: nil)
        member.instanceProfiles = role["InstanceProfileList"].elements.compactMap { $0["InstanceProfileName"].text }
        estate.members.append(member)
    }

    /// The inline and attached policies of a user, a group or a role.
    private mutating func own(_ member: Wire.JSONValue, _ list: String, of arn: String) throws(Problem) -> [Estate
        .HeldPolicy]
    {
        var found: [Estate.HeldPolicy] = []
        for policy in member[list].elements {
            let name = policy["PolicyName"].text ?? ""
            let compiled = try compiled(policy["PolicyDocument"], .identity, name, of: arn, arn: nil)
            found.append(Estate.HeldPolicy(compiled, holder: arn))
        }
        for attached in member["AttachedManagedPolicies"].elements {
            guard let name = attached["PolicyArn"].text else { continue }
            found.append(Estate.HeldPolicy(try managed(name, for: arn, as: .identity), holder: arn, arn: name))
        }
        return found
    }

    private mutating func boundary(of member: Wire.JSONValue, _ arn: String) throws(Problem) -> Estate.Boundary? {
        guard let boundary = member["PermissionsBoundary"], boundary != .null,
            let name = boundary["PermissionsBoundaryArn"].text
        else { return nil }
        return Estate.Boundary(arn: name, policy: try managed(name, for: arn, as: .permissionsBoundary))
    }

    /// A managed policy of the files, or one of AWS's.
    private mutating func managed(
        _ arn: String, for member: String, as type: PolicyType
    ) throws(Problem) -> CompiledPolicy {
        let own = estate.policies[arn]?.defaultVersion
        if let own, type == own.source.type { return own }
        if let known = shared["\(type.rawValue) \(arn)"] { return known }
        var document = own?.document
        if document == nil {
            guard let known = ManagedPolicyCatalog.aws.entry(arn: arn) else {
                throw Problem(reason: "\(member): its policy \(arn) is in none of the files: give them all")
            }
            do throws(PolicyError) {
                document = try PolicyDocument(parsing: known.document, as: type, strictness: .evaluable)
            } catch {
                throw Problem(reason: "\(arn): \(error)")
            }
        }
        let name = own?.source.name ?? arn.split(separator: "/").last.map(String.init) ?? arn
        let source = PolicySource(type: type, name: name, arn: arn)
        let policy = document.map { CompiledPolicy($0, source: source) } ?? .denyingEverything(source)
        shared["\(type.rawValue) \(arn)"] = policy
        return policy
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
