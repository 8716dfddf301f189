import KMSAPI
import Pages
import Platform
import Wire

/// One KMS key: everything about it, each part as far as whoever is signed in may see it.
enum KeyPages {
    static let routes: [Route] = [
        .get("keys/{keyID}") { (visit) throws(ServiceError) in try await show(visit) },
        .post("keys/{keyID}/policy") { (visit) throws(ServiceError) in try await savePolicy(visit) },
    ]

    private struct Alias {
        let aliasName: String
        let isOfAWS: Bool
    }

    private struct GrantRow {
        let grantID: String
        let grantName: String?
        let grantee: String
        let retiring: String?
        let operations: String
        let constraints: String?
        let granted: String?
    }

    private struct RotationRow {
        let rotated: String
        let rotationType: String
        let material: String?
    }

    static func show(
        _ visit: Visit, typed: (text: String, problem: Problem)? = nil, status: Int = 200
    ) async throws(ServiceError) -> Reply {
        let id = visit["keyID"]
        let path = "keys/" + PercentEncoding.segment(id)
        let described = await visit.attempt { () throws(ServiceError) in
            try await visit.call(KMS.DescribeKey.self, .init { $0.keyId = id }).keyMetadata
        }
        if let problem = described.problem, !problem.isDenial {
            return visit.page("message", "KMS key", ["problem": problem], status: 400)
        }
        let key = described.value ?? nil
        let policy = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                KMS.GetKeyPolicy.self,
                .init {
                    $0.keyId = id
                    $0.policyName = "default"
                }
            ).policy
        }
        let aliases = await visit.attempt { () throws(ServiceError) in try await KeyAliases.all(visit, of: id) }
        let grants = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                KMS.ListGrants.self,
                .init {
                    $0.keyId = id
                    $0.limit = 100
                    $0.marker = visit.query["grants-after"]
                })
        }
        let tags = await visit.attempt { () throws(ServiceError) in
            (try await visit.call(KMS.ListResourceTags.self, .init { $0.keyId = id }).tags ?? []).map {
                (key: $0.tagKey, value: $0.tagValue)
            }
        }
        var content: [String: Any?] = [
            "keyID": id, "path": Console.root + path, "describeProblem": described.problem,
            "ownARN": key?.arn, "state": key?.keyState, "stateColor": KeyState.color(key?.keyState),
            "description": key?.description ?? "", "origin": key?.origin, "spec": key?.keySpec, "usage": key?.keyUsage,
            "created": key?.creationDate?.reading, "deleted": key?.deletionDate?.reading, "manager": key?.keyManager,
            "isMultiRegion": key?.multiRegion == true ? "Yes" : key == nil ? nil : "No",
            "isKnown": key != nil, "isCustomers": key?.keyManager == "CUSTOMER",
            "isEnabled": key?.keyState == "Enabled", "isDisabled": key?.keyState == "Disabled",
            "isPending": key?.keyState == "PendingDeletion",
            "isLasting": key?.keyState != nil && key?.keyState != "PendingDeletion",
            "aliases": (aliases.value ?? []).compactMap { alias in
                alias.aliasName.map { Alias(aliasName: $0, isOfAWS: $0.hasPrefix("alias/aws/")) }
            },
            "aliasProblem": aliases.problem, "mayListAliases": aliases.problem == nil,
            "grantProblem": grants.problem, "grants": (grants.value?.grants ?? []).map(row),
            "mayListGrants": grants.problem == nil,
            "moreGrants": grants.value?.nextMarker.map {
                "\(Console.root)\(path)?grants-after=\(PercentEncoding.queryValue($0))#grants"
            },
            "tagForm": TagForm(path + "/tags", tags), "policyReadProblem": typed == nil ? policy.problem : nil,
            "command": CLICommand.aws("kms", "describe-key", options: ["key-id": id, "region": visit.region]),
            "policyCommand": CLICommand.aws(
                "kms", "put-key-policy",
                options: ["key-id": id, "policy": "file://policy.json", "region": visit.region]),
        ]
        if let text = policy.value ?? typed?.text {
            content["policyForm"] = PolicyForm(
                path + "/policy", "Key policy", text: text, typed: typed, type: .resource,
                resourceType: "AWS::KMS::Key")
        }
        if key?.keySpec == "SYMMETRIC_DEFAULT", key?.origin == "AWS_KMS" { await rotation(id, &content, visit) }
        let title = aliases.value?.first?.aliasName ?? id
        content["pageName"] = title
        return visit.page("key", "KMS key \(title)", content, status: status)
    }

    private static func rotation(_ id: String, _ content: inout [String: Any?], _ visit: Visit) async {
        let status = await visit.attempt { () throws(ServiceError) in
            try await visit.call(KMS.GetKeyRotationStatus.self, .init { $0.keyId = id })
        }
        content["isRotatable"] = true
        content["rotationProblem"] = status.problem
        guard let rotation = status.value else { return }
        let isOn = rotation.keyRotationEnabled == true
        content["rotationKnown"] = true
        content["isRotated"] = isOn
        content["rotationDays"] = rotation.rotationPeriodInDays ?? 365
        content["nextRotation"] = rotation.nextRotationDate?.reading
        let past = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                KMS.ListKeyRotations.self,
                .init {
                    $0.keyId = id
                    $0.limit = 100
                }
            ).rotations ?? []
        }
        content["rotations"] = (past.value ?? []).map {
            RotationRow(
                rotated: $0.rotationDate?.reading ?? "", rotationType: $0.rotationType ?? "",
                material: $0.keyMaterialId)
        }
        content["hasRotations"] = past.value?.isEmpty == false
        content["rotationsProblem"] = past.problem
    }

    private static func row(_ grant: KMS.GrantListEntry) -> GrantRow {
        var constraints: [String] = []
        func add(_ name: String, _ context: [String: String]?) {
            guard let context, !context.isEmpty else { return }
            let pairs = context.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            constraints.append("\(name): \(pairs.joined(separator: ", "))")
        }
        add("EncryptionContextEquals", grant.constraints?.encryptionContextEquals)
        add("EncryptionContextSubset", grant.constraints?.encryptionContextSubset)
        if let arn = grant.constraints?.sourceArn { constraints.append("SourceArn: \(arn)") }
        return GrantRow(
            grantID: grant.grantId ?? "", grantName: grant.name,
            grantee: grant.granteePrincipal ?? grant.granteeServicePrincipal ?? "",
            retiring: grant.retiringPrincipal ?? grant.retiringServicePrincipal,
            operations: (grant.operations ?? []).joined(separator: ", "),
            constraints: constraints.isEmpty ? nil : constraints.joined(separator: "; "),
            granted: grant.creationDate?.reading)
    }

    private static func savePolicy(_ visit: Visit) async throws(ServiceError) -> Reply {
        let text = visit.form.text("policy")
        do throws(ServiceError) {
            _ = try await visit.call(
                KMS.PutKeyPolicy.self,
                .init {
                    $0.keyId = visit["keyID"]
                    $0.policyName = "default"
                    $0.policy = text
                })
        } catch {
            return try await show(visit, typed: (text, visit.problem(error)), status: error.status)
        }
        return visit.redirect(
            "keys/\(PercentEncoding.segment(visit["keyID"]))#policy", done: "The key policy was changed.")
    }
}
