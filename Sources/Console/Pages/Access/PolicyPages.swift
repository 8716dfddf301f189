import IAMAPI
import Pages
import Platform
import Wire

/// Managed policies: the list, and what each says and who has it.
enum PolicyPages {
    static let routes: [Route] = [
        .get("policies") { (visit) throws(ServiceError) in await list(visit) },
        .get("policies/{arn}") { (visit) throws(ServiceError) in try await permissions(visit) },
        .get("policies/{arn}/json") { (visit) throws(ServiceError) in try await download(visit) },
        .get("policies/{arn}/entities") { (visit) throws(ServiceError) in try await entities(visit) },
        .get("policies/{arn}/versions") { (visit) throws(ServiceError) in try await versions(visit) },
        .get("policies/{arn}/tags") { (visit) throws(ServiceError) in try await tags(visit) },
        .get("policies/{arn}/last-accessed") { (visit) throws(ServiceError) in try await lastAccessed(visit) },
        .post("policies/{arn}/attach") { (visit) throws(ServiceError) in try await PolicyForms.attach(visit) },
        .post("policies/{arn}/detach") { (visit) throws(ServiceError) in try await PolicyForms.detach(visit) },
        .post("policies/{arn}/version") { (visit) throws(ServiceError) in try await PolicyForms.version(visit) },
        .post("policies/{arn}/tags") { (visit) throws(ServiceError) in try await PolicyForms.tag(visit) },
        .post("policies/{arn}/delete") { (visit) throws(ServiceError) in try await PolicyForms.delete(visit) },
    ]

    /// The page of a policy, below the console's root.
    static func path(_ arn: String, _ part: String? = nil) -> String {
        "policies/" + PercentEncoding.segment(arn) + (part.map { "/" + $0 } ?? "")
    }

    // MARK: The list

    private static func list(_ visit: Visit) async -> Reply {
        let scope = visit.query["scope"] ?? "all"
        let policies = await visit.attempt { () throws(ServiceError) in try await all(visit, scope) }
        let list = LongList(policies.value ?? [], visit.query, at: "policies", keeping: ["scope"]) {
            "\($0.policyName ?? "") \($0.arn ?? "") \($0.description ?? "")"
        }
        let scopes = [("all", "All"), ("customer", "Customer managed"), ("aws", "AWS managed"), ("used", "In use")]
        return visit.page(
            "policies", "Policies",
            [
                "problem": policies.problem, "scope": scope,
                "scopes": scopes.map {
                    ["scopeKey": $0.0, "scopeName": $0.1, "isChosen": $0.0 == scope] as [String: Any]
                },
                "policies": list.rows.map(shown), "isEmpty": policies.value != nil && list.rows.isEmpty,
                "command": "aws iam list-policies" + (options[scope] ?? ""),
            ].merging(list.content) { $1 })
    }

    private static let options = [
        "customer": " --scope Local", "aws": " --scope AWS", "used": " --only-attached",
    ]

    /// All policies of a scope: "all", "customer", "aws" or "used".
    static func all(_ visit: Visit, _ scope: String) async throws(ServiceError) -> [IAM.Policy] {
        try await visit.everything { (marker) throws(ServiceError) in
            let answer = try await visit.call(
                IAM.ListPolicies.self,
                .init {
                    if scope == "customer" { $0.scope = "Local" }
                    if scope == "aws" { $0.scope = "AWS" }
                    if scope == "used" { $0.onlyAttached = true }
                    $0.maxItems = 1000
                    $0.marker = marker
                })
            return (answer.policies ?? [], answer.marker)
        }
    }

    private static func shown(_ policy: IAM.Policy) -> [String: Any] {
        let arn = policy.arn ?? ""
        return present([
            "policyName": policy.policyName, "link": Console.root + path(arn), "isAWS": isAWS(arn),
            "attached": policy.attachmentCount ?? 0,
            "boundaries": policy.permissionsBoundaryUsageCount.flatMap { $0 > 0 ? $0 : nil },
            "updated": ShownTime(policy.updateDate),
        ])
    }

    static func isAWS(_ arn: String) -> Bool { arn.contains(":iam::aws:") }

    // MARK: A policy

    /// What all parts of a policy's page have; nil for the policy where the person may not see it.
    private static func frame(
        _ visit: Visit, _ part: String
    ) async throws(ServiceError) -> (policy: IAM.Policy?, content: [String: Any?]) {
        let arn = visit["arn"]
        let got = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.GetPolicy.self, .init { $0.policyArn = arn }).policy
        }
        if let problem = got.problem, !problem.isDenial { throw ServiceError(problem.code, problem.text, status: 404) }
        let policy = got.value ?? nil
        let parts = [
            ("", "Permissions"), ("entities", "Entities attached"), ("versions", "Versions"), ("tags", "Tags"),
            ("last-accessed", "Last accessed"),
        ]
        return (
            policy,
            [
                "thisARN": arn, "name": policy?.policyName ?? arn.split(separator: "/").last.map(String.init) ?? arn,
                "isAWS": isAWS(arn), "isOwn": !isAWS(arn), "self": Console.root + path(arn),
                "encoded": PercentEncoding.queryValue(arn), "frameProblem": got.problem,
                "about": policy?.description, "policyPath": policy?.path, "version": policy?.defaultVersionId,
                "created": ShownTime(policy?.createDate), "updated": ShownTime(policy?.updateDate),
                "attached": policy?.attachmentCount ?? 0,
                "boundaries": policy?.permissionsBoundaryUsageCount.flatMap { $0 > 0 ? $0 : nil },
                "parts": parts.filter { $0.0 != "tags" || !isAWS(arn) }.map {
                    [
                        "partName": $0.1, "isCurrent": $0.0 == part,
                        "partLink": Console.root + path(arn, $0.0.isEmpty ? nil : $0.0),
                    ] as [String: Any]
                },
            ]
        )
    }

    private static func answer(
        _ visit: Visit, _ content: [String: Any?], _ part: [String: Any?], status: Int = 200
    ) -> Reply {
        let name = content["name"].flatMap { $0 as? String } ?? ""
        return visit.page("policy", "Policy \(name)", content.merging(part) { $1 }, status: status)
    }

    /// The document of a version.
    static func document(_ visit: Visit, _ arn: String, _ version: String) async throws(ServiceError) -> String {
        let answer = try await visit.call(
            IAM.GetPolicyVersion.self,
            .init {
                $0.policyArn = arn
                $0.versionId = version
            })
        return PolicyText.decoded(answer.policyVersion?.document) ?? ""
    }

    /// JSON that is longer has a page of its own, so that this one stays small.
    private static let longest = 30_000

    private static func permissions(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (policy, content) = try await frame(visit, "")
        let arn = visit["arn"]
        // Whoever may not see which version is in force may still see the first.
        let version = visit.query["version"] ?? policy?.defaultVersionId ?? "v1"
        let got = await visit.attempt { () throws(ServiceError) in try await document(visit, arn, version) }
        var part: [String: Any?] = ["isPermissions": true, "problem": got.problem, "shownVersion": version]
        part["command"] = "aws iam get-policy-version --policy-arn \(arn) --version-id \(version)"
        guard let text = got.value else { return answer(visit, content, part) }
        let readable = PolicyText.readable(text)
        part["json"] = String(readable.unicodeScalars.prefix(longest))
        part["isCut"] = readable.unicodeScalars.count > longest
        guard let summary = PolicySummary(text) else { return answer(visit, content, part) }
        if let service = visit.query["service"] {
            let list = LongList(summary.actions(of: service), visit.query, at: path(arn), keeping: ["service"]) {
                "\($0.actionName) \($0.level)"
            }
            part["service"] = service
            part["actions"] = list.rows
            part.merge(list.content) { $1 }
        } else {
            let list = LongList(summary.rows(), visit.query, at: path(arn)) { $0.serviceTitle + " " + $0.levels }
            part["hasSummary"] = true
            part["summary"] = list.rows.map { row in
                present([
                    "effect": row.effect, "isDeny": row.isDeny, "serviceTitle": row.serviceTitle,
                    "serviceKey": row.service, "levels": row.levels, "resource": row.resource,
                    "condition": row.condition,
                ])
            }
            part.merge(list.content) { $1 }
        }
        return answer(visit, content, part)
    }

    private static func download(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        var version = visit.query["version"]
        if version == nil {
            version = try await visit.call(IAM.GetPolicy.self, .init { $0.policyArn = arn }).policy?.defaultVersionId
        }
        let text = try await document(visit, arn, version ?? "v1")
        let name = arn.split(separator: "/").last.map(String.init) ?? "policy"
        return .download("\(name).json", type: "application/json", Array(PolicyText.readable(text).utf8))
    }

    private static func entities(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (_, content) = try await frame(visit, "entities")
        let arn = visit["arn"]
        let got = await visit.attempt { () throws(ServiceError) in
            try await visit.everything { (marker) throws(ServiceError) in
                let answer = try await visit.call(
                    IAM.ListEntitiesForPolicy.self,
                    .init {
                        $0.policyArn = arn
                        $0.marker = marker
                        $0.maxItems = 1000
                        $0.policyUsageFilter = "PermissionsPolicy"
                    })
                let found =
                    (answer.policyUsers ?? []).map { Holder("user", $0.userName) }
                    + (answer.policyGroups ?? []).map { Holder("group", $0.groupName) }
                    + (answer.policyRoles ?? []).map { Holder("role", $0.roleName) }
                return (found, answer.marker)
            }
        }
        let list = LongList(got.value ?? [], visit.query, at: path(arn, "entities")) { "\($0.holderName) \($0.kind)" }
        return answer(
            visit, content,
            [
                "isEntities": true, "problem": got.problem, "entities": list.rows,
                "isUnused": got.value?.isEmpty == true,
                "command": "aws iam list-entities-for-policy --policy-arn \(arn)",
            ].merging(list.content) { $1 })
    }

    /// A user, group or role that has a policy.
    struct Holder: Sendable {
        let kind: String
        let holderName: String
        let holderLink: String

        init(_ kind: String, _ name: String?) {
            self.kind = kind
            holderName = name ?? ""
            holderLink = Console.root + "\(kind)s/" + PercentEncoding.segment(name ?? "")
        }
    }

    private static func versions(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (_, content) = try await frame(visit, "versions")
        let arn = visit["arn"]
        let got = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListPolicyVersions.self, .init { $0.policyArn = arn }).versions ?? []
        }
        let versions = got.value ?? []
        var part: [String: Any?] = [
            "isVersions": true, "problem": got.problem,
            "versions": versions.map { version in
                present([
                    "versionId": version.versionId, "isDefault": version.isDefaultVersion == true,
                    "made": ShownTime(version.createDate),
                ])
            },
            "canCompare": versions.count > 1, "command": "aws iam list-policy-versions --policy-arn \(arn)",
        ]
        let newer = visit.query["to"] ?? versions.first?.versionId
        let older = visit.query["from"] ?? versions.dropFirst().first?.versionId
        if let newer, let older, versions.count > 1 || visit.query["to"] != nil {
            func choices(_ chosen: String) -> [[String: Any]] {
                versions.map { ["choice": $0.versionId ?? "", "isChosen": $0.versionId == chosen] }
            }
            part["from"] = choices(older)
            part["to"] = choices(newer)
            let texts = await visit.attempt { () throws(ServiceError) in
                [try await document(visit, arn, older), try await document(visit, arn, newer)]
            }
            part["diffProblem"] = texts.problem
            if let texts = texts.value {
                let lines = PolicyText.difference(from: texts[0], to: texts[1])
                part["diff"] = lines.prefix(1500).map {
                    ["sign": $0.sign, "lineText": $0.text, "isAdded": $0.sign == "+", "isRemoved": $0.sign == "-"]
                        as [String: Any]
                }
                part["older"] = older
                part["newer"] = newer
                part["isSame"] = !lines.contains { $0.sign != " " }
            }
        }
        return answer(visit, content, part)
    }

    private static func tags(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (_, content) = try await frame(visit, "tags")
        let arn = visit["arn"]
        let got = await visit.attempt { () throws(ServiceError) in
            try await visit.everything { (marker) throws(ServiceError) in
                let answer = try await visit.call(
                    IAM.ListPolicyTags.self,
                    .init {
                        $0.policyArn = arn
                        $0.marker = marker
                    })
                return (answer.tags, answer.marker)
            }
        }
        return answer(
            visit, content,
            [
                "isTags": true, "problem": got.problem, "tags": TagForms.rows(got.value ?? []),
                "tagsPath": Console.root + path(arn, "tags"),
                "command": "aws iam tag-policy --policy-arn \(arn) --tags Key=team,Value=blue",
            ])
    }

    private static func lastAccessed(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (_, content) = try await frame(visit, "last-accessed")
        let arn = visit["arn"]
        let part = await LastAccessed.content(of: arn, at: path(arn, "last-accessed"), visit)
        return answer(
            visit, content,
            part.merging([
                "isLastAccessed": true, "command": "aws iam generate-service-last-accessed-details --arn \(arn)",
            ]) { $1 })
    }
}
