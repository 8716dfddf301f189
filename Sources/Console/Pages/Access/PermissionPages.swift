import IAMAPI
import Pages
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
                "editorLink": PolicyHolder(.users, visit["name"]).editorLink(),
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
                "editorLink": PolicyHolder(.groups, visit["name"]).editorLink(),
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

    // They are written in the policy editor: see ``EditorTarget``.

    private static func deleteInline(_ kind: PolicyHolder.Kind, _ visit: Visit) async throws(ServiceError) -> Reply {
        let holder = PolicyHolder(kind, visit["name"])
        let name = visit.form.text("policy")
        try await holder.deleteInline(name, visit)
        return visit.redirect(permissionsPath(holder), done: "The inline policy \(name) was deleted.")
    }
}
