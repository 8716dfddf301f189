import OrganizationsAPI
import Pages
import Platform
import Policy
import Wire

/// The organization's policies: which types are switched on, which there are, and each one.
enum OrganizationPolicyPages {
    static let routes: [Route] = [
        .get("organization/policies") { (visit) throws(ServiceError) in await list(visit) },
        .post("organization/policies/types") { (visit) throws(ServiceError) in try await switchType(visit) },
        .get("organization/policies/create") { (visit) throws(ServiceError) in createForm(visit) },
        .post("organization/policies/create") { (visit) throws(ServiceError) in try await create(visit) },
        .get("organization/policies/{policy}") { (visit) throws(ServiceError) in try await show(visit) },
        .post("organization/policies/{policy}") { (visit) throws(ServiceError) in try await save(visit) },
        .post("organization/policies/{policy}/delete") { (visit) throws(ServiceError) in
            _ = try await visit.call(Organizations.DeletePolicy.self, .init { $0.policyId = visit["policy"] })
            return visit.redirect("organization/policies", done: "The policy was deleted.")
        },
    ]

    private struct Kind {
        let kindType: String
        let kindTitle: String
        let isOn: Bool
        let rows: [Row]
        let kindProblem: Problem?
    }

    private struct Row {
        let policyName: String
        let policyLink: String
        let policyID: String
        let about: String?
        let isOfAWS: Bool
    }

    private struct Target {
        let targetName: String
        let targetLink: String
        let targetKind: String
    }

    private static func list(_ visit: Visit) async -> Reply {
        let root = await visit.attempt { () throws(ServiceError) in try await OrganizationLists.root(visit) }
        var kinds: [Kind] = []
        if let root = root.value {
            let enabled = OrganizationPolicyTypes.enabled(root)
            for (type, title) in OrganizationPolicyTypes.all {
                let isOn = enabled.contains(type)
                let policies =
                    isOn
                    ? await visit.attempt { () throws(ServiceError) in try await OrganizationLists.policies(type, visit)
                    }
                    : Attempted(value: [], problem: nil)
                kinds.append(
                    Kind(
                        kindType: type, kindTitle: title, isOn: isOn, rows: (policies.value ?? []).map(row),
                        kindProblem: policies.problem))
            }
        }
        return visit.page(
            "organization-policies", "Organization policies",
            ["problem": root.problem, "kinds": kinds, "rootID": root.value?.id])
    }

    private static func row(_ policy: Organizations.PolicySummary) -> Row {
        let id = policy.id ?? ""
        return Row(
            policyName: policy.name ?? id,
            policyLink: Console.root + "organization/policies/\(PercentEncoding.segment(id))", policyID: id,
            about: policy.description, isOfAWS: policy.awsManaged == true)
    }

    private static func switchType(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (root, type) = (visit.form.text("root"), visit.form.text("type"))
        let title = OrganizationPolicyTypes.title(type)
        if visit.form["to"] == "on" {
            _ = try await visit.call(
                Organizations.EnablePolicyType.self,
                .init {
                    $0.rootId = root
                    $0.policyType = type
                })
            return visit.redirect("organization/policies", done: "\(title) are enabled.")
        }
        _ = try await visit.call(
            Organizations.DisablePolicyType.self,
            .init {
                $0.rootId = root
                $0.policyType = type
            })
        return visit.redirect("organization/policies", done: "\(title) are disabled, and detached everywhere.")
    }

    private static func engineType(_ type: String) -> PolicyType? {
        switch type {
        case "SERVICE_CONTROL_POLICY": .serviceControl
        case "RESOURCE_CONTROL_POLICY": .resourceControl
        default: nil
        }
    }

    private static func template(_ type: String) -> String {
        switch type {
        case "SERVICE_CONTROL_POLICY":
            #"{"Version": "2012-10-17", "Statement": [{"Sid": "", "Effect": "Deny", "Action": [], "Resource": "*"}]}"#
        case "RESOURCE_CONTROL_POLICY":
            #"{"Version": "2012-10-17", "Statement": [{"Sid": "", "Effect": "Deny", "Principal": "*", "Action": [], "#
                + #""Resource": "*"}]}"#
        default: "{}"
        }
    }

    private static func form(
        _ path: String, _ text: String?, _ typed: (text: String, problem: Problem)?, _ type: String
    ) -> PolicyForm {
        let form = PolicyForm(path, "Content", text: text, typed: typed, type: engineType(type) ?? .serviceControl)
        return engineType(type) == nil ? form.withoutFindings : form
    }

    private static func createForm(
        _ visit: Visit, typed: (text: String, problem: Problem)? = nil, status: Int = 200
    ) -> Reply {
        let fields = typed == nil ? visit.query : visit.form
        let type = fields["type"] ?? "SERVICE_CONTROL_POLICY"
        return visit.page(
            "organization-policy-create", "Create policy",
            [
                "typeTitle": OrganizationPolicyTypes.title(type),
                "form": form(
                    "organization/policies/create", template(type), typed, type
                ).with(name: visit.form.text("name"), about: visit.form.text("description"), type: type),
            ], status: status)
    }

    private static func create(_ visit: Visit) async throws(ServiceError) -> Reply {
        let text = visit.form.text("policy")
        do throws(ServiceError) {
            let made = try await visit.call(
                Organizations.CreatePolicy.self,
                .init {
                    $0.name = visit.form.text("name")
                    $0.description = visit.form.text("description")
                    $0.type = visit.form.text("type")
                    $0.content = text
                })
            let id = made.policy?.policySummary?.id ?? ""
            return visit.redirect(
                "organization/policies/\(PercentEncoding.segment(id))",
                done: "The policy was created. It binds nobody until it is attached.")
        } catch {
            return createForm(visit, typed: (text, visit.problem(error)), status: error.status)
        }
    }

    private static func show(
        _ visit: Visit, typed: (text: String, problem: Problem)? = nil, status: Int = 200
    ) async throws(ServiceError) -> Reply {
        let id = visit["policy"]
        let policy = try await visit.call(Organizations.DescribePolicy.self, .init { $0.policyId = id }).policy
        let summary = policy?.policySummary
        let targets = await visit.attempt { () throws(ServiceError) in
            try await visit.everything { (token) throws(ServiceError) in
                let page = try await visit.call(
                    Organizations.ListTargetsForPolicy.self,
                    .init {
                        $0.policyId = id
                        $0.nextToken = token
                    })
                return (page.targets ?? [], page.nextToken)
            }
        }
        let type = summary?.type ?? ""
        let path = "organization/policies/" + PercentEncoding.segment(id)
        let (name, about) =
            typed == nil
            ? (summary?.name ?? "", summary?.description ?? "")
            : (visit.form.text("name"), visit.form.text("description"))
        return visit.page(
            "organization-policy", "Policy \(summary?.name ?? id)",
            [
                "policyID": id, "policyARN": summary?.arn,
                "about": summary?.description,
                "pageName": summary?.name ?? id, "typeTitle": OrganizationPolicyTypes.title(type),
                "isOfAWS": summary?.awsManaged == true, "isOwn": summary?.awsManaged != true,
                "content": FormattedJSON.of(policy?.content ?? ""), "path": Console.root + path,
                "form": form(path, policy?.content, typed, type).with(name: name, about: about),
                "targets": (targets.value ?? []).map {
                    Target(
                        targetName: $0.name ?? $0.targetId ?? "", targetLink: OrganizationLists.link($0.targetId ?? ""),
                        targetKind: $0.type ?? "")
                },
                "targetProblem": targets.problem, "isUnattached": targets.value?.isEmpty == true,
                "command": CLICommand.aws(
                    "organizations", "update-policy", options: ["policy-id": id, "content": "file://policy.json"]),
            ], status: status)
    }

    private static func save(_ visit: Visit) async throws(ServiceError) -> Reply {
        let text = visit.form.text("policy")
        do throws(ServiceError) {
            _ = try await visit.call(
                Organizations.UpdatePolicy.self,
                .init {
                    $0.policyId = visit["policy"]
                    $0.name = visit.form.text("name")
                    $0.description = visit.form.text("description")
                    $0.content = text
                })
        } catch {
            guard !Problem.isDenial(error.code) else { throw error }
            return try await show(visit, typed: (text, visit.problem(error)), status: error.status)
        }
        return visit.redirect(
            "organization/policies/" + PercentEncoding.segment(visit["policy"]), done: "The policy was changed.")
    }
}
