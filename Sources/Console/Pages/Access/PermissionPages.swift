import IAMAPI
import Lint
import Platform
import Wire

/// What users and groups may do: the policies that they have, and how these are attached, written and taken away.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html>
enum PermissionPages {
    static let routes: [Route] =
        [
            .get("users/{name}") { (visit) throws(ServiceError) in try await showUser(visit) },
            .post("users/{name}/boundary") { (visit) throws(ServiceError) in try await setBoundary(visit) },
            .get("groups/{name}/permissions") { (visit) throws(ServiceError) in try await showGroup(visit) },
        ] + forms(.users) + forms(.groups)

    private static func forms(_ kind: PolicyHolder.Kind) -> [Route] {
        let base = "\(kind.rawValue)/{name}"
        return [
            .get("\(base)/attach") { (visit) throws(ServiceError) in await choose(kind, visit) },
            .post("\(base)/attach") { (visit) throws(ServiceError) in try await attach(kind, visit) },
            .post("\(base)/detach") { (visit) throws(ServiceError) in try await detach(kind, visit) },
            .get("\(base)/inline") { (visit) throws(ServiceError) in try await editor(kind, visit) },
            .post("\(base)/inline") { (visit) throws(ServiceError) in try await save(kind, visit) },
            .post("\(base)/delete-inline") { (visit) throws(ServiceError) in try await deleteInline(kind, visit) },
        ]
    }

    // MARK: What there is

    private static func showUser(_ visit: Visit) async throws(ServiceError) -> Reply {
        let head = try await UserPages.head(.permissions, visit)
        let permissions = await PermissionRows.of(PolicyHolder(.users, visit["name"]), visit)
        let boundary = head.user?.permissionsBoundary?.permissionsBoundaryArn
        return UserPages.page(
            "user-permissions", head, visit,
            [
                "permissions": permissions.rows, "permissionProblems": permissions.problems,
                "hasNone": permissions.rows.isEmpty && permissions.problems.isEmpty, "boundary": boundary,
                "boundaryLink": boundary.map { Console.root + "policies/" + PercentEncoding.segment($0) },
                "suggestions": PolicyNames.suggestions,
            ])
    }

    private static func showGroup(_ visit: Visit) async throws(ServiceError) -> Reply {
        let permissions = await PermissionRows.of(PolicyHolder(.groups, visit["name"]), visit)
        return try await GroupPages.page(
            "group-permissions", .permissions, visit,
            [
                "permissions": permissions.rows, "permissionProblems": permissions.problems,
                "hasNone": permissions.rows.isEmpty && permissions.problems.isEmpty,
            ])
    }

    /// Where a holder's policies are shown.
    private static func permissionsPath(_ holder: PolicyHolder) -> String {
        holder.kind == .users ? holder.path : holder.path + "/permissions"
    }

    // MARK: Managed policies

    /// How many policies there are to choose from at once.
    private static let mostShown = 100

    private static func choose(
        _ kind: PolicyHolder.Kind, _ visit: Visit, problem: Problem? = nil, status: Int = 200
    ) async -> Reply {
        let holder = PolicyHolder(kind, visit["name"])
        let wanted = visit.query["filter"]?.lowercased() ?? ""
        let found = await visit.attempt { () throws(ServiceError) in
            try await visit.all(IAM.ListPolicies.self, .init { $0.maxItems = 1000 })
        }
        let attached = Set(
            (await visit.find { () throws(ServiceError) in try await holder.attached(visit) }).value?
                .compactMap(\.policyArn) ?? [])
        // The account's own come first.
        let matching = (found.value ?? []).filter { policy in
            guard let arn = policy.arn, !attached.contains(arn) else { return false }
            return wanted.isEmpty || policy.policyName?.lowercased().contains(wanted) == true
        }
        let shown = matching.filter(isOwn) + matching.filter { !isOwn($0) }
        return visit.page(
            "attach-policies", "Attach policies to \(holder.name)",
            [
                "name": holder.name, "path": holder.path, "back": permissionsPath(holder), "kindTitle": kind.title,
                "kindPath": kind.rawValue, "option": holder.option, "noun": holder.noun,
                "filter": visit.query["filter"], "problem": problem, "listProblem": found.problem,
                "choices": shown.prefix(mostShown).map { policy in
                    PolicyChoice(
                        choiceName: policy.policyName ?? "", choiceARN: policy.arn ?? "",
                        choiceKind: isOwn(policy) ? "Customer managed" : "AWS managed",
                        choiceDescription: policy.description)
                },
                "isCut": shown.count > mostShown, "matches": shown.count,
                "isEmpty": found.value != nil && shown.isEmpty,
            ], status: status)
    }

    private static func isOwn(_ policy: IAM.Policy) -> Bool { policy.arn?.hasPrefix("arn:aws:iam::aws:") != true }

    private struct PolicyChoice: Sendable {
        let choiceName: String
        let choiceARN: String
        let choiceKind: String
        let choiceDescription: String?
    }

    private static func attach(_ kind: PolicyHolder.Kind, _ visit: Visit) async throws(ServiceError) -> Reply {
        let holder = PolicyHolder(kind, visit["name"])
        var count = 0
        do throws(ServiceError) {
            let arns =
                visit.form.values("policy") + (try await PolicyNames.arns(visit.form.text("names"), visit))
            guard !arns.isEmpty else { throw .validation("Choose a policy, or name one.") }
            for arn in arns {
                try await holder.attach(arn, visit)
                count += 1
            }
        } catch {
            return await choose(kind, visit, problem: visit.problem(error), status: error.status)
        }
        return visit.redirect(
            permissionsPath(holder), done: count == 1 ? "The policy was attached." : "\(count) policies were attached.")
    }

    private static func detach(_ kind: PolicyHolder.Kind, _ visit: Visit) async throws(ServiceError) -> Reply {
        let holder = PolicyHolder(kind, visit["name"])
        try await holder.detach(visit.form.text("policy"), visit)
        return visit.redirect(permissionsPath(holder), done: "The policy was detached.")
    }

    private static func setBoundary(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        if visit.form.isOn("remove") {
            _ = try await visit.call(IAM.DeleteUserPermissionsBoundary.self, .init { $0.userName = name })
            return visit.redirect(UserPages.path(name), done: "The permissions boundary was removed.")
        }
        guard let arn = try await PolicyNames.arns(visit.form.text("boundary"), visit).first else {
            throw .validation("Name the policy that is to be the boundary.")
        }
        let input = IAM.PutUserPermissionsBoundary.Input {
            $0.userName = name
            $0.permissionsBoundary = arn
        }
        _ = try await visit.call(IAM.PutUserPermissionsBoundary.self, input)
        return visit.redirect(UserPages.path(name), done: "The permissions boundary was set.")
    }

    // MARK: Inline policies

    private static let blank = """
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": [],
                    "Resource": "*"
                }
            ]
        }
        """

    private static func editor(_ kind: PolicyHolder.Kind, _ visit: Visit) async throws(ServiceError) -> Reply {
        let holder = PolicyHolder(kind, visit["name"])
        guard let name = visit.query["policy"] else {
            return editor(holder, nil, blank, isNew: true, visit)
        }
        return editor(holder, name, PrettyJSON.text(try await holder.inline(name, visit)), isNew: false, visit)
    }

    private static func editor(
        _ holder: PolicyHolder, _ name: String?, _ document: String, isNew: Bool, findings: [Finding] = [],
        isChecked: Bool = false, problem: Problem? = nil, status: Int = 200, _ visit: Visit
    ) -> Reply {
        visit.page(
            "inline-policy", isNew ? "Create inline policy" : "Edit inline policy",
            [
                "name": holder.name, "path": holder.path, "back": permissionsPath(holder),
                "kindTitle": holder.kind.title, "kindPath": holder.kind.rawValue, "option": holder.option,
                "noun": holder.noun, "isNew": isNew, "inline": name, "document": document, "problem": problem,
                "isChecked": isChecked && findings.isEmpty,
                "findings": findings.map { finding in
                    FindingRow(
                        findingLine: finding.position.line, findingSeverity: finding.severity.name,
                        findingText: finding.message)
                },
            ], status: status)
    }

    /// A finding about a policy's text.
    private struct FindingRow: Sendable {
        let findingLine: Int
        let findingSeverity: String
        let findingText: String
    }

    private static func save(_ kind: PolicyHolder.Kind, _ visit: Visit) async throws(ServiceError) -> Reply {
        let holder = PolicyHolder(kind, visit["name"])
        let name = visit.form.typed("policy")
        let document = visit.form.text("document")
        let isNew = visit.form.isOn("new")
        let findings = Linter().lint(document, as: .identity).findings
        guard !visit.form.isOn("check") else {
            return editor(holder, name, document, isNew: isNew, findings: findings, isChecked: true, visit)
        }
        do throws(ServiceError) {
            try await holder.putInline(name, document, visit)
        } catch {
            return editor(
                holder, name, document, isNew: isNew, findings: findings, problem: visit.problem(error),
                status: error.status, visit)
        }
        return visit.redirect(permissionsPath(holder), done: "The inline policy \(name) was saved.")
    }

    private static func deleteInline(_ kind: PolicyHolder.Kind, _ visit: Visit) async throws(ServiceError) -> Reply {
        let holder = PolicyHolder(kind, visit["name"])
        let name = visit.form.text("policy")
        try await holder.deleteInline(name, visit)
        return visit.redirect(permissionsPath(holder), done: "The inline policy \(name) was deleted.")
    }
}
