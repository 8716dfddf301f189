import IAMAPI
import Platform
import Wire

/// Making a user, with whatever it is to have from the beginning.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_create.html>
enum CreateUserPages {
    static let routes: [Route] = [
        .get("create-user") { (visit) throws(ServiceError) in await form(visit) },
        .post("create-user") { (visit) throws(ServiceError) in try await create(visit) },
    ]

    private static func form(_ visit: Visit, problem: Problem? = nil, status: Int = 200) async -> Reply {
        let groups = await visit.attempt { () throws(ServiceError) in
            try await visit.all(IAM.ListGroups.self, most: 300).map(\.groupName)
        }
        let own = await visit.attempt { () throws(ServiceError) in
            try await visit.all(IAM.ListPolicies.self, .init { $0.scope = "Local" }, most: 100)
        }
        let chosen = Set(visit.form.values("group"))
        let ticked = Set(visit.form.values("policy"))
        let console = visit.form["console"] ?? "none"
        return visit.page(
            "create-user", "Create user",
            [
                "problem": problem, "name": visit.form["name"], "path": visit.form["path"] ?? "/",
                "isNone": console == "none", "isGenerated": console == "generated", "isTyped": console == "typed",
                "mustChange": visit.request.method == "GET" || visit.form.isOn("reset"),
                "groups": groups.value?.map { Choice(name: $0, isCurrent: chosen.contains($0)) },
                "groupsProblem": groups.problem,
                "policies": own.value?.prefix(100).map {
                    Ticked(
                        tickName: $0.policyName ?? "", tickValue: $0.arn ?? "",
                        isTicked: ticked.contains($0.arn ?? ""))
                },
                "hasPolicies": own.value?.isEmpty == false, "policiesProblem": own.problem,
                "awsPolicies": visit.form["aws-policies"], "boundary": visit.form["boundary"],
                "suggestions": PolicyNames.suggestions, "tags": TagFields.rows([], visit.form, blank: 3),
                "rules": await PasswordRuleList.of(visit).content,
            ], status: status)
    }

    private static func create(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit.form.typed("name")
        var boundary: String?
        var policies = visit.form.values("policy")
        do throws(ServiceError) {
            boundary = try await PolicyNames.arns(visit.form.text("boundary"), visit).first
            policies += try await PolicyNames.arns(visit.form.text("aws-policies"), visit)
            let input = IAM.CreateUser.Input {
                $0.userName = name
                $0.path = visit.form.optional("path")
                $0.permissionsBoundary = boundary
                let tags = TagFields.tags(visit.form)
                if !tags.isEmpty { $0.tags = tags }
            }
            _ = try await visit.call(IAM.CreateUser.self, input)
        } catch {
            return await form(visit, problem: visit.problem(error), status: error.status)
        }
        return await complete(name, policies, visit)
    }

    /// The user is there: what else it was to have is added as far as it can be.
    private static func complete(_ name: String, _ policies: [String], _ visit: Visit) async -> Reply {
        var problems: [FailedStep] = []
        func step(_ what: String, _ body: () async throws(ServiceError) -> Void) async {
            let attempted = await visit.attempt(body)
            if let problem = attempted.problem { problems.append(FailedStep(stepName: what, stepProblem: problem)) }
        }
        var password: String?
        if let way = visit.form["console"], way != "none" {
            let new = way == "generated" ? await PasswordRuleList.of(visit).newPassword : visit.form.text("password")
            await step("Console password") { () throws(ServiceError) in
                let input = IAM.CreateLoginProfile.Input {
                    $0.userName = name
                    $0.password = new
                    $0.passwordResetRequired = visit.form.isOn("reset")
                }
                _ = try await visit.call(IAM.CreateLoginProfile.self, input)
                if way == "generated" { password = new }
            }
            if visit.form.isOn("reset"), problems.isEmpty {
                await step("Policy IAMUserChangePassword") { () throws(ServiceError) in
                    try await PolicyHolder(.users, name).attach(
                        "arn:aws:iam::aws:policy/IAMUserChangePassword", visit)
                }
            }
        }
        for group in visit.form.values("group") {
            await step("Group \(group)") { () throws(ServiceError) in
                try await UserGroupsPages.add(name, to: group, visit)
            }
        }
        for policy in policies {
            await step("Policy \(policy)") { () throws(ServiceError) in
                try await PolicyHolder(.users, name).attach(policy, visit)
            }
        }
        guard password != nil || !problems.isEmpty else {
            return visit.redirect(UserPages.path(name), done: "User \(name) was created.")
        }
        return visit.page(
            "user-created", "User \(name) was created",
            [
                "name": name, "path": UserPages.path(name), "password": password, "failed": problems,
                "signIn": visit.signInAddress,
            ])
    }

    /// What could not be added to a new user.
    private struct FailedStep: Sendable {
        let stepName: String
        let stepProblem: Problem
    }
}

/// A box to tick.
struct Ticked: Sendable {
    let tickName: String
    let tickValue: String
    var isTicked = false
}

extension Visit {
    /// The address at which users of this account sign in.
    var signInAddress: String {
        let host = request.header("host") ?? "localhost"
        let name = environment.directory.account(account)?.alias ?? account
        return "\(request.isSecure ? "https" : "http")://\(host)\(Console.root)sign-in?account=\(name)"
    }
}

/// Managed policies as people name them.
enum PolicyNames {
    /// AWS's own that are asked for most, job functions among them.
    static let suggestions = [
        "AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess",
        "SystemAdministrator",
        "DatabaseAdministrator", "NetworkAdministrator", "SupportUser", "Billing", "DataScientist", "IAMFullAccess",
        "IAMReadOnlyAccess", "IAMUserChangePassword", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess",
        "AWSCloudTrail_ReadOnlyAccess", "AWSKeyManagementServicePowerUser",
    ]

    /// The ARNs of policies that are named by ARN or by name, with white space or commas between them.
    /// - Throws: NoSuchEntity for a name that no policy has that the person may list.
    static func arns(_ text: String, _ visit: Visit) async throws(ServiceError) -> [String] {
        let wanted = text.split { $0 == "," || $0.isWhitespace }.map { String($0) }
        guard wanted.contains(where: { !$0.hasPrefix("arn:") }) else { return wanted }
        let all = try await visit.all(IAM.ListPolicies.self, .init { $0.maxItems = 1000 })
        var arns: [String] = []
        for name in wanted {
            if name.hasPrefix("arn:") {
                arns.append(name)
            } else if let arn = all.first(where: { $0.policyName == name })?.arn {
                arns.append(arn)
            } else {
                throw ServiceError("NoSuchEntity", "There is no policy with the name \(name).", status: 404)
            }
        }
        return arns
    }
}
