import Platform
import Wire

extension PostureCheck {
    static let ofPolicies: [PostureCheck] = [
        userPolicies, adminPolicies, inlineAdmin, publicRoles, supportRole, shellAccess,
    ]

    private static let policyPage = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html"

    private static let userPolicies = PostureCheck(
        "iam-user-policies", "Users get permissions from groups alone", .low, cis: ["1.15"], nist: ["AC-2", "AC-6"],
        iso: ["A.5.15", "A.5.18"], pci: ["7.2.2"], page: policyPage,
        reason: "What each user has by itself nobody has an overview of.",
        .each("AWS::IAM::User") { (item, view) throws(ServiceError) in
            let name = item.resourceName ?? ""
            let attached = (item.configuration["attachedManagedPolicies"]?.elements ?? []).compactMap {
                $0["policyArn"]?.text
            }
            let inline = (item.configuration["userPolicyList"]?.elements ?? []).compactMap { $0["policyName"]?.text }
            return PostureVerdict(
                try ManagedRule.verdict("IAM_USER_NO_POLICIES_CHECK", item, view),
                good: "The user has no policies of its own.",
                attached.map { .init("attached", $0) } + inline.map { .init("inline policy", $0) },
                mend: attached.map {
                    aws("iam", "detach-user-policy", "--user-name", name, "--policy-arn", $0)
                } + inline.map { aws("iam", "delete-user-policy", "--user-name", name, "--policy-name", $0) })
        })

    /// The statements of a document that allow everything, as JSON.
    private static func allowingEverything(_ text: String?) -> [String] {
        guard let text else { return [] }
        let plain = text.hasPrefix("{") ? text : text.percentDecoded ?? text
        guard let json = try? JSONValue(parsing: Array(plain.utf8)), let list = json["Statement"] else { return [] }
        let all: [JSONValue] = list.elements.isEmpty ? [list] : list.elements
        return all.filter { statement in
            statement["Effect"]?.text == "Allow" && statement["Resource"]?.texts.contains("*") == true
                && statement["Action"]?.texts.contains { $0 == "*" || $0 == "*:*" } == true
        }.map(\.jsonText)
    }

    private static let adminPolicies = PostureCheck(
        "iam-admin-policies", "No customer managed policy that is attached allows everything", .high, cis: ["1.16"],
        nist: ["AC-3", "AC-6"], iso: ["A.5.15", "A.8.2"], pci: ["7.2.1", "7.2.2"], page: policyPage,
        reason: "Whoever holds it can do all that the account can, for good and by mistake.",
        .each("AWS::IAM::Policy") { (item, view) throws(ServiceError) in
            let uses = item.configuration["attachmentCount"]?.number ?? 0
            guard uses > 0 else { return .notApplicable("The policy is not attached.") }
            let versions = item.configuration["policyVersionList"]?.elements ?? []
            let document = versions.first { $0["isDefaultVersion"]?.isTrue == true }?["document"]?.text
            return PostureVerdict(
                try ManagedRule.verdict("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", item, view),
                good: "The policy does not allow everything.",
                allowingEverything(document).map { .init("statement", $0) } + [.init("attached to", "\(uses)")],
                mend: item.relationships.compactMap { related in
                    guard let name = related.resourceName, let arn = item.arn else { return nil }
                    let kind = related.resourceType.split(separator: ":").last?.lowercased() ?? ""
                    guard ["user", "group", "role"].contains(kind) else { return nil }
                    return aws("iam", "detach-\(kind)-policy", "--\(kind)-name", name, "--policy-arn", arn)
                })
        })

    private static let inlineAdmin = PostureCheck(
        "iam-inline-admin", "No inline policy of a user allows everything", .high, cis: ["1.16"],
        nist: ["AC-3", "AC-6"],
        iso: ["A.5.15", "A.8.2"], pci: ["7.2.1", "7.2.2"], page: policyPage,
        reason: "Lists of managed policies do not show it.",
        .each("AWS::IAM::User") { (item, view) throws(ServiceError) in
            let policies = item.configuration["userPolicyList"]?.elements ?? []
            guard !policies.isEmpty else { return .notApplicable("The user has no inline policies.") }
            let found = policies.compactMap { policy -> (name: String, statements: [String])? in
                let statements = allowingEverything(policy["policyDocument"]?.text)
                return statements.isEmpty ? nil : (policy["policyName"]?.text ?? "", statements)
            }
            guard !found.isEmpty else { return .pass("No inline policy allows everything.") }
            return .fail(
                "An inline policy allows everything.",
                found.flatMap { policy in policy.statements.map { .init("statement of \(policy.name)", $0) } },
                mend: found.map {
                    aws(
                        "iam", "delete-user-policy", "--user-name", item.resourceName ?? "", "--policy-name", $0.name)
                })
        })

    private static let publicRoles = PostureCheck(
        "iam-role-public", "No role can be assumed by everybody", .critical, nist: ["AC-3", "AC-6"], iso: ["A.5.15"],
        pci: ["7.2.1", "7.3.1"],
        page:
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html#access-analyzer-iam-role",
        reason: "Anybody with an AWS account, or a token of the provider, gets all that the role may.",
        .each("AWS::IAM::Role") { (item, _) throws(ServiceError) in
            let trust = item.configuration["assumeRolePolicyDocument"]?.text
            guard let statements = PublicPolicy.statements(trust, as: .roleTrust) else {
                return .pass("The trust policy names whom it trusts.")
            }
            let name = item.resourceName ?? ""
            let owner =
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::"#
                + item.accountID + #":root"},"Action":"sts:AssumeRole"}]}"#
            return .fail(
                "Everybody can assume the role.", PublicPolicy.proof(statements),
                mend: [aws("iam", "update-assume-role-policy", "--role-name", name, "--policy-document", owner)])
        })

    private static let supportPolicy = "arn:aws:iam::aws:policy/AWSSupportAccess"

    private static let supportRole = PostureCheck(
        "iam-support-role", "Some role may open support cases", .low, cis: ["1.17"], nist: ["IR-7"], iso: ["A.5.24"],
        pci: ["12.10.3"], page: "https://docs.aws.amazon.com/awssupport/latest/user/accessing-support.html",
        reason: "In an incident, somebody has to be able to ask for help without being an administrator.",
        .account { (view) throws(ServiceError) in
            let holders = try view.global("AWS::IAM::Role").filter { item in
                (item.configuration["attachedManagedPolicies"]?.elements ?? []).contains {
                    $0["policyArn"]?.text == supportPolicy
                }
            }
            guard holders.isEmpty else {
                return [
                    .account(
                        view.account,
                        .pass(
                            "A role has AWSSupportAccess.",
                            holders.prefix(5).map { .init("role", $0.arn ?? $0.resourceID) }))
                ]
            }
            return [
                .account(
                    view.account,
                    .fail(
                        "No role has AWSSupportAccess.", [.init("roles with the policy", "none")],
                        mend: [
                            aws(
                                "iam", "create-role", "--role-name", "support", "--assume-role-policy-document",
                                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::"#
                                    + view.account + #":root"},"Action":"sts:AssumeRole"}]}"#),
                            aws("iam", "attach-role-policy", "--role-name", "support", "--policy-arn", supportPolicy),
                        ]))
            ]
        })

    private static let shellPolicy = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"

    private static let shellAccess = PostureCheck(
        "iam-cloudshell-access", "Nobody has AWSCloudShellFullAccess", .low, cis: ["1.22"], nist: ["AC-6"],
        iso: ["A.8.12"],
        page: "https://docs.aws.amazon.com/cloudshell/latest/userguide/sec-auth-with-identities.html",
        reason: "It allows files to be carried out of the account by a way that no bucket policy sees.",
        .account { (view) throws(ServiceError) in
            var found: [PostureSubject] = []
            for kind in ["User", "Group", "Role"] {
                for item in try view.global("AWS::IAM::\(kind)") {
                    let attached = item.configuration["attachedManagedPolicies"]?.elements ?? []
                    guard attached.contains(where: { $0["policyArn"]?.text == shellPolicy }) else { continue }
                    let word = kind.lowercased()
                    found.append(
                        item.subject(
                            .fail(
                                "AWSCloudShellFullAccess is attached.", [.init("attached", shellPolicy)],
                                mend: [
                                    aws(
                                        "iam", "detach-\(word)-policy", "--\(word)-name", item.resourceName ?? "",
                                        "--policy-arn", shellPolicy)
                                ])))
                }
            }
            return found.isEmpty
                ? [.account(view.account, .pass("AWSCloudShellFullAccess is attached to nobody."))] : found
        })
}
