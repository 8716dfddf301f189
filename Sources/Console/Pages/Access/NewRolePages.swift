import IAMAPI
import Pages
import Platform
import Wire

/// The page on which a role is made: who may assume it, what it may do, what it is called.
enum NewRolePages {

    static let routes: [Route] = [
        .get("create-role") { (visit) throws(ServiceError) in await show(visit, visit.query) },
        .post("create-role") { (visit) throws(ServiceError) in await create(visit) },
    ]

    private static func show(
        _ visit: Visit, _ fields: FormFields, problem: Problem? = nil, advice: String? = nil, status: Int = 200
    ) async -> Reply {
        let kind = fields["trust"] ?? "service"
        var content: [String: Any?] = [
            "problem": problem, "advice": advice, "trust": kind,
            "kinds": TrustPolicyForm.kinds.map {
                ["kindKey": $0.0, "kindName": $0.1, "isChosen": $0.0 == kind] as [String: Any]
            },
            "isService": kind == "service", "isAccount": kind == "account", "isWeb": kind == "web",
            "isSAML": kind == "saml", "isCustom": kind == "custom", "serviceNames": TrustPolicyForm.services,
            "service": fields["service"], "trustedAccount": fields["trusted-account"],
            "externalID": fields["external-id"], "requiresMFA": fields.isOn("require-mfa"),
            "audience": fields["audience"], "subject": fields["subject"],
            "samlAudience": fields["saml-audience"] ?? "https://signin.aws.amazon.com/saml",
            "trustDocument": PolicyText.typed(fields["trust-document"] ?? TrustPolicyForm.custom),
            "roleName": fields["role-name"], "description": fields["description"], "path": fields["path"],
            "duration": fields["duration"] ?? "3600", "policies": fields["policies"], "boundary": fields["boundary"],
            "tags": fields["tags"],
            "command": "aws iam create-role --role-name NAME --assume-role-policy-document file://trust.json",
        ]
        if kind == "web" || kind == "saml" {
            let chosen = fields["web-provider"] ?? fields["saml-provider"]
            let providers = await visit.attempt { () throws(ServiceError) in
                try await known(visit, kind)
            }
            content["providerProblem"] = providers.problem
            content["providers"] = (providers.value ?? []).map {
                ["providerARN": $0, "isChosen": $0 == chosen] as [String: Any]
            }
        }
        return visit.page("create-role", "Create role", content, status: status)
    }

    private static func known(_ visit: Visit, _ kind: String) async throws(ServiceError) -> [String] {
        if kind == "saml" {
            return try await visit.call(IAM.ListSAMLProviders.self).samlProviderList?.compactMap(\.arn) ?? []
        }
        return try await visit.call(IAM.ListOpenIDConnectProviders.self).openIDConnectProviderList?.compactMap(\.arn)
            ?? []
    }

    private static func create(_ visit: Visit) async -> Reply {
        let form = visit.form
        let document: String
        do throws(TrustPolicyForm.Incomplete) {
            document = try TrustPolicyForm.document(form.text("trust"), form, account: visit.account)
        } catch {
            return await show(visit, form, advice: error.advice, status: 400)
        }
        let name = form.text("role-name").trimmed
        let made = await visit.attempt { () throws(ServiceError) in
            guard let seconds = Int(form.text("duration").trimmed) else {
                throw .validation("The maximum session duration is a number of seconds, from 3600 to 43200.")
            }
            // What can't be found is said before anything is made.
            var policies: [String] = []
            for typed in form.text("policies").linesTyped {
                policies.append(try await RoleForms.policyARN(typed, visit))
            }
            var boundary: String?
            if let typed = form["boundary"]?.trimmed { boundary = try await RoleForms.policyARN(typed, visit) }
            let input = IAM.CreateRole.Input {
                $0.roleName = name
                $0.assumeRolePolicyDocument = document
                $0.description = form["description"]
                $0.path = form["path"]?.trimmed
                $0.maxSessionDuration = seconds
                $0.permissionsBoundary = boundary
                $0.tags = TagForms.typed(form.text("tags"))
            }
            _ = try await visit.call(IAM.CreateRole.self, input)
            return policies
        }
        guard let policies = made.value else {
            return await show(
                visit, form, problem: made.problem, status: made.problem?.isDenial == true ? 403 : 400)
        }
        // The role is there now, whatever becomes of its policies.
        for arn in policies {
            let attached = await visit.attempt { () throws(ServiceError) in
                try await PolicyForms.attach(arn, to: "role", name, visit)
            }
            if let problem = attached.problem {
                return visit.redirect(
                    RolePages.path(name), done: "The role was created, but \(arn) was not attached: \(problem.text)")
            }
        }
        return visit.redirect(RolePages.path(name), done: "The role \(name) was created.")
    }
}
