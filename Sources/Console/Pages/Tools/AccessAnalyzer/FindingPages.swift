import AccessAnalyzerAPI
import AccessAnalyzerService
import Pages
import Platform
import Wire

/// One finding of Access Analyzer: who can reach what, and a request that proves it; or what is not used, and what to do.
enum FindingPages {
    static let routes: [Route] = [
        .get("access-analyzer/{analyzer}/findings/{finding}") { (visit) throws(ServiceError) in
            try await show(visit)
        },
        .post("access-analyzer/{analyzer}/findings/{finding}/recommendation") { (visit) throws(ServiceError) in
            let arn = try await arn(visit)
            _ = try await visit.call(
                AccessAnalyzer.GenerateFindingRecommendation.self,
                .init {
                    $0.analyzerArn = arn
                    $0.id = visit["finding"]
                })
            return visit.redirect(path(visit) + "#recommendation", done: "Recommendations are being made.")
        },
        .post("access-analyzer/{analyzer}/findings/{finding}/scan") { (visit) throws(ServiceError) in
            let arn = try await arn(visit)
            _ = try await visit.call(
                AccessAnalyzer.StartResourceScan.self,
                .init {
                    $0.analyzerArn = arn
                    $0.resourceArn = visit.form.text("resource")
                })
            return visit.redirect(path(visit), done: "The resource is being analysed again.")
        },
    ]

    private struct Detail {
        let detailName: String
        let detailValue: String
    }

    private struct Unused {
        let service: String
        let serviceUsed: String?
        let unusedActions: String?
    }

    private struct Step {
        let stepAction: String
        let stepPolicy: String?
        let existingPolicy: String?
    }

    private static func path(_ visit: Visit) -> String {
        "access-analyzer/\(PercentEncoding.segment(visit["analyzer"]))/findings/\(PercentEncoding.segment(visit["finding"]))"
    }

    private static func arn(_ visit: Visit) async throws(ServiceError) -> String {
        try await visit.call(AccessAnalyzer.GetAnalyzer.self, .init { $0.analyzerName = visit["analyzer"] }).analyzer
            .arn
    }

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = "arn:aws:access-analyzer:\(visit.region):\(visit.account):analyzer/\(visit["analyzer"])"
        let finding = try await visit.call(
            AccessAnalyzer.GetFindingV2.self,
            .init {
                $0.analyzerArn = arn
                $0.id = visit["finding"]
                $0.maxResults = 100
                $0.nextToken = visit.query["after"]
            })
        var content: [String: Any?] = [
            "analyzer": visit["analyzer"], "analyzerLink": AnalyzerPages.link(visit["analyzer"]),
            "path": Console.root + path(visit), "findingID": finding.id, "resource": finding.resource,
            "resourceType": finding.resourceType, "owner": finding.resourceOwnerAccount, "status": finding.status,
            "isActive": finding.status == "ACTIVE", "isArchived": finding.status == "ARCHIVED",
            "findingType": finding.findingType, "created": finding.createdAt.reading,
            "updated": finding.updatedAt.reading, "findingError": finding.error,
            "details": details(finding), "unused": unused(finding),
            "isPublic": finding.findingDetails.contains { $0.externalAccessDetails?.isPublic == true },
            "next": finding.nextToken.map { Console.root + path(visit) + "?after=" + PercentEncoding.queryValue($0) },
            "isUnused": finding.findingType?.hasPrefix("Unused") == true,
            "isUnusedPermission": finding.findingType == "UnusedPermission",
            "command": CLICommand.aws(
                "accessanalyzer", "get-finding-v2", options: ["analyzer-arn": arn, "id": finding.id]),
        ]
        // The finding itself was answered, so what proves it may be seen.
        if let proof = try await visit.environment.proof(ofFinding: finding.id, analyzerARN: arn) {
            content["proof"] = true
            content["proofSentence"] = sentence(proof)
            content["proofKeys"] =
                proof.context.map {
                    Detail(detailName: $0.key, detailValue: $0.values.joined(separator: ", "))
                } + proof.absent.map { Detail(detailName: $0, detailValue: "(must not be there)") }
            content["hasKeys"] = !proof.context.isEmpty || !proof.absent.isEmpty
        }
        if finding.findingType == "UnusedPermission" { await recommendation(arn, &content, visit) }
        return visit.page("finding", "Finding", content)
    }

    private static func sentence(_ proof: FindingProof) -> String {
        let who = proof.principal.isEmpty ? "Anybody, without credentials," : proof.principal
        return "\(who) may do \(proof.action) on \(proof.resource)."
    }

    private static func details(_ finding: AccessAnalyzer.GetFindingV2.Output) -> [Detail] {
        var details: [Detail] = []
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { details.append(Detail(detailName: name, detailValue: value)) }
        }
        func pairs(_ map: [String: String]?) -> String? {
            map.map { $0.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") }
        }
        for detail in finding.findingDetails {
            if let access = detail.externalAccessDetails {
                add("Principal", pairs(access.principal))
                add("Actions", access.action?.joined(separator: ", "))
                add("Conditions", pairs(access.condition))
                add("Granted by", access.sources?.map(\.type).joined(separator: ", "))
                add("Resource control policies", access.resourceControlPolicyRestriction)
            }
            if let access = detail.internalAccessDetails {
                add("Principal", pairs(access.principal))
                add("Principal's account", access.principalOwnerAccount)
                add("Actions", access.action?.joined(separator: ", "))
                add("Conditions", pairs(access.condition))
                add("Granted by", access.sources?.map(\.type).joined(separator: ", "))
            }
            if let key = detail.unusedIamUserAccessKeyDetails {
                add("Access key", key.accessKeyId)
                add("Last used (UTC)", key.lastAccessed?.reading ?? "Never")
            }
            if let role = detail.unusedIamRoleDetails { add("Last used (UTC)", role.lastAccessed?.reading ?? "Never") }
            if let password = detail.unusedIamUserPasswordDetails {
                add("Last used (UTC)", password.lastAccessed?.reading ?? "Never")
            }
        }
        return details
    }

    private static func unused(_ finding: AccessAnalyzer.GetFindingV2.Output) -> [Unused] {
        finding.findingDetails.compactMap(\.unusedPermissionDetails).map { service in
            let actions = service.actions ?? []
            return Unused(
                service: service.serviceNamespace, serviceUsed: service.lastAccessed?.reading,
                unusedActions: actions.isEmpty ? nil : actions.map(\.action).joined(separator: ", "))
        }
    }

    private static func recommendation(_ arn: String, _ content: inout [String: Any?], _ visit: Visit) async {
        let answer = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                AccessAnalyzer.GetFindingRecommendation.self,
                .init {
                    $0.analyzerArn = arn
                    $0.id = visit["finding"]
                    $0.maxResults = 100
                })
        }
        // Nobody has asked for any yet.
        if answer.problem?.code == "ResourceNotFoundException" {
            content["isUnasked"] = true
            return
        }
        content["recommendationProblem"] = answer.problem
        content["recommendationStatus"] = answer.value?.status
        content["isRunning"] = answer.value?.status == "IN_PROGRESS"
        content["recommendationError"] = answer.value?.error?.message
        content["steps"] = (answer.value?.recommendedSteps ?? []).compactMap(\.unusedPermissionsRecommendedStep).map {
            Step(
                stepAction: $0.recommendedAction == "CREATE_POLICY" ? "Create this policy" : "Detach the policy",
                stepPolicy: $0.recommendedPolicy.map { FormattedJSON.of($0) }, existingPolicy: $0.existingPolicyId)
        }
    }
}
