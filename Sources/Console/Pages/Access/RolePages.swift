import IAMAPI
import Pages
import Platform
import Wire

/// Roles: the list, and what each may do and who may assume it.
enum RolePages {
    static let routes: [Route] = [
        .get("roles") { (visit) throws(ServiceError) in await list(visit) },
        .get("roles/{name}") { (visit) throws(ServiceError) in try await permissions(visit) },
        .get("roles/{name}/trust") { (visit) throws(ServiceError) in try await trust(visit) },
        .get("roles/{name}/tags") { (visit) throws(ServiceError) in try await tags(visit) },
        .get("roles/{name}/last-accessed") { (visit) throws(ServiceError) in try await lastAccessed(visit) },
        .get("roles/{name}/sessions") { (visit) throws(ServiceError) in try await sessions(visit) },
        .get("roles/{name}/settings") { (visit) throws(ServiceError) in try await settings(visit) },
        .get("roles/{name}/attach") { (visit) throws(ServiceError) in try await attachable(visit) },
        .post("roles/{name}/attach") { (visit) throws(ServiceError) in try await RoleForms.attach(visit) },
        .post("roles/{name}/detach") { (visit) throws(ServiceError) in try await RoleForms.detach(visit) },
        .post("roles/{name}/delete-inline") { (visit) throws(ServiceError) in
            try await RoleForms.deleteInline(visit)
        },
        .post("roles/{name}/boundary") { (visit) throws(ServiceError) in try await RoleForms.setBoundary(visit) },
        .post("roles/{name}/tags") { (visit) throws(ServiceError) in try await RoleForms.tag(visit) },
        .post("roles/{name}/settings") { (visit) throws(ServiceError) in try await RoleForms.update(visit) },
        .post("roles/{name}/sessions") { (visit) throws(ServiceError) in try await RoleForms.revokeSessions(visit) },
        .post("roles/{name}/delete") { (visit) throws(ServiceError) in try await RoleForms.delete(visit) },
    ]

    /// The page of a role, below the console's root.
    static func path(_ name: String, _ part: String? = nil) -> String {
        "roles/" + PercentEncoding.segment(name) + (part.map { "/" + $0 } ?? "")
    }

    // MARK: The list

    private static func list(_ visit: Visit) async -> Reply {
        let roles = await visit.attempt { () throws(ServiceError) in
            try await visit.everything { (marker) throws(ServiceError) in
                let answer = try await visit.call(
                    IAM.ListRoles.self,
                    .init {
                        $0.maxItems = 1000
                        $0.marker = marker
                    })
                return (answer.roles, answer.marker)
            }
        }
        let list = LongList(roles.value ?? [], visit.query, at: "roles") {
            "\($0.roleName) \($0.path) \($0.description ?? "") " + trusted($0).joined(separator: " ")
        }
        // ListRoles does not tell when roles were used.
        let used = list.rows.isEmpty ? nil : await visit.attempt { () throws(ServiceError) in try await lastUse(visit) }
        return visit.page(
            "roles", "Roles",
            [
                "problem": roles.problem, "useProblem": used?.problem,
                "isEmpty": roles.value != nil && list.rows.isEmpty, "knowsUse": used?.value != nil,
                "roles": list.rows.map { role in
                    present([
                        "roleName": role.roleName, "link": Console.root + path(role.roleName),
                        "trusts": trusted(role).joined(separator: ", "),
                        "used": ShownTime(used?.value?[role.roleName]), "isLinked": isLinked(role.path),
                    ])
                },
            ].merging(list.content) { $1 })
    }

    static func isLinked(_ path: String) -> Bool { path.hasPrefix("/aws-service-role/") }

    /// By the names of the roles; those never used are left out.
    private static func lastUse(_ visit: Visit) async throws(ServiceError) -> [String: Timestamp] {
        let details = try await visit.everything { (marker) throws(ServiceError) in
            let answer = try await visit.call(
                IAM.GetAccountAuthorizationDetails.self,
                .init {
                    $0.filter = ["Role"]
                    $0.maxItems = 1000
                    $0.marker = marker
                })
            return (answer.roleDetailList ?? [], answer.marker)
        }
        var times: [String: Timestamp] = [:]
        for role in details {
            if let name = role.roleName, let time = role.roleLastUsed?.lastUsedDate { times[name] = time }
        }
        return times
    }

    /// Whom a role's trust policy names, in short.
    private static func trusted(_ role: IAM.Role) -> [String] {
        TrustSummary(PolicyText.decoded(role.assumeRolePolicyDocument) ?? "").names
    }

    // MARK: A role

    /// What all parts of a role's page have; nil for the role where the person may not see it.
    private static func frame(
        _ visit: Visit, _ part: String
    ) async throws(ServiceError) -> (role: IAM.Role?, content: [String: Any?]) {
        let name = visit["name"]
        let got = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.GetRole.self, .init { $0.roleName = name }).role
        }
        if let problem = got.problem, !problem.isDenial { throw ServiceError(problem.code, problem.text, status: 404) }
        let role = got.value
        let parts = [
            ("", "Permissions"), ("trust", "Trust relationships"), ("tags", "Tags"),
            ("last-accessed", "Last accessed"), ("sessions", "Revoke sessions"), ("settings", "Settings"),
        ]
        return (
            role,
            [
                "name": name, "self": Console.root + path(name), "encoded": PercentEncoding.queryValue(name),
                "frameProblem": got.problem, "thisARN": role?.arn, "about": role?.description, "rolePath": role?.path,
                "isLinked": role.map { isLinked($0.path) } ?? false,
                "created": ShownTime(role?.createDate), "lastUsed": ShownTime(role?.roleLastUsed?.lastUsedDate),
                "usedIn": role?.roleLastUsed?.region, "duration": role.map { spoken($0.maxSessionDuration ?? 3600) },
                "boundary": role?.permissionsBoundary?.permissionsBoundaryArn,
                "simulateLink": role.map {
                    "\(Console.root)simulator?principal=" + PercentEncoding.queryValue($0.arn)
                },
                "switchPath": "\(Console.root)switch-role?account=\(visit.account)&roleName="
                    + PercentEncoding.queryValue(name),
                "parts": parts.map {
                    [
                        "partName": $0.1, "isCurrent": $0.0 == part,
                        "partLink": Console.root + path(name, $0.0.isEmpty ? nil : $0.0),
                    ] as [String: Any]
                },
            ]
        )
    }

    private static func spoken(_ seconds: Int) -> String {
        let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60)
        return (hours == 1 ? "1 hour" : "\(hours) hours") + (minutes == 0 ? "" : " \(minutes) minutes")
    }

    private static func answer(_ visit: Visit, _ content: [String: Any?], _ part: [String: Any?]) -> Reply {
        visit.page("role", "Role \(visit["name"])", content.merging(part) { $1 })
    }

    private static func permissions(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (role, content) = try await frame(visit, "")
        let name = visit["name"]
        let attached = await visit.attempt { () throws(ServiceError) in try await RoleForms.attached(visit, name) }
        let inline = await visit.attempt { () throws(ServiceError) in try await RoleForms.inline(visit, name) }
        return answer(
            visit, content,
            [
                "isPermissions": true, "hasPolicies": attached.value != nil || inline.value != nil,
                "attachedProblem": attached.problem, "inlineProblem": inline.problem,
                "attached": attached.value?.map { policy in
                    present([
                        "policyName": policy.policyName, "policyARN": policy.policyArn,
                        "policyLink": Console.root + PolicyPages.path(policy.policyArn ?? ""),
                    ])
                } ?? [],
                "inline": inline.value?.map {
                    ["inlineName": $0, "inlineKey": PercentEncoding.queryValue($0)] as [String: Any]
                } ?? [],
                "boundaryLink": role?.permissionsBoundary?.permissionsBoundaryArn.map {
                    Console.root + PolicyPages.path($0)
                },
                "command": "aws iam list-attached-role-policies --role-name \(name)\n"
                    + "aws iam list-role-policies --role-name \(name)",
            ])
    }

    private static func trust(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (role, content) = try await frame(visit, "trust")
        let text = PolicyText.decoded(role?.assumeRolePolicyDocument)
        return answer(
            visit, content,
            [
                "isTrust": true, "json": text.map(PolicyText.readable),
                "trusted": text.map { TrustSummary($0).rows } ?? [],
                "command": "aws iam get-role --role-name \(visit["name"]) --query Role.AssumeRolePolicyDocument",
            ])
    }

    private static func tags(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (_, content) = try await frame(visit, "tags")
        let name = visit["name"]
        let got = await visit.attempt { () throws(ServiceError) in
            try await visit.everything { (marker) throws(ServiceError) in
                let answer = try await visit.call(
                    IAM.ListRoleTags.self,
                    .init {
                        $0.roleName = name
                        $0.marker = marker
                    })
                return (answer.tags, answer.marker)
            }
        }
        return answer(
            visit, content,
            [
                "isTags": true, "problem": got.problem, "tags": TagForms.rows(got.value ?? []),
                "tagsPath": Console.root + path(name, "tags"),
                "command": "aws iam tag-role --role-name \(name) --tags Key=team,Value=blue",
            ])
    }

    private static func lastAccessed(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (role, content) = try await frame(visit, "last-accessed")
        let name = visit["name"]
        // Whoever may not see the role still has its ARN, but for a path.
        let arn = role?.arn ?? "arn:aws:iam::\(visit.account):role/\(name)"
        let part = await LastAccessed.content(of: arn, at: path(name, "last-accessed"), visit)
        return answer(
            visit, content,
            part.merging([
                "isLastAccessed": true, "command": "aws iam generate-service-last-accessed-details --arn \(arn)",
            ]) { $1 })
    }

    private static func sessions(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (_, content) = try await frame(visit, "sessions")
        return answer(
            visit, content,
            [
                "isSessions": true,
                "revocation": RoleForms.revocation(at: Timestamp(secondsSinceEpoch: visit.environment.now())),
                "command": "aws iam put-role-policy --role-name \(visit["name"]) "
                    + "--policy-name \(RoleForms.revocationName) --policy-document file://policy.json",
            ])
    }

    private static func settings(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (role, content) = try await frame(visit, "settings")
        return answer(
            visit, content,
            [
                "isSettings": true, "seconds": role?.maxSessionDuration ?? 3600,
                "command": "aws iam update-role --role-name \(visit["name"]) --max-session-duration 7200",
            ])
    }

    private static func attachable(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        let scope = visit.query["scope"] ?? "all"
        let policies = await visit.attempt { () throws(ServiceError) in
            try await PolicyPages.all(visit, scope == "customer" || scope == "aws" ? scope : "all")
        }
        let list = LongList(policies.value ?? [], visit.query, at: path(name, "attach"), keeping: ["scope"]) {
            $0.policyName ?? ""
        }
        return visit.page(
            "role-attach", "Attach policies to \(name)",
            [
                "name": name, "self": Console.root + path(name), "problem": policies.problem, "scope": scope,
                "policies": list.rows.map { policy in
                    present([
                        "policyName": policy.policyName, "policyARN": policy.arn,
                        "policyLink": Console.root + PolicyPages.path(policy.arn ?? ""),
                        "isAWS": PolicyPages.isAWS(policy.arn ?? ""),
                    ])
                },
            ].merging(list.content) { $1 })
    }
}
