import IAMAPI
import Platform
import Wire

/// A user's security credentials: the console password, MFA devices, access keys.
enum UserCredentialPages {
    static let routes: [Route] = [
        .get("users/{name}/security-credentials") { (visit) throws(ServiceError) in try await show(visit) },
        .post("users/{name}/security-credentials/password") { (visit) throws(ServiceError) in
            try await setPassword(visit)
        },
    ]

    private static func show(
        _ visit: Visit, problem: Problem? = nil, status: Int = 200
    ) async throws(ServiceError) -> Reply {
        let head = try await UserPages.head(.credentials, visit)
        let profile = await visit.find { () throws(ServiceError) in
            try await visit.call(IAM.GetLoginProfile.self, .init { $0.userName = visit["name"] }).loginProfile
        }
        var content = try await CredentialOwner(visit).content(visit)
        content["problem"] = problem
        content["passwordProblem"] = profile.problem
        content["hasPassword"] = profile.value != nil
        content["signsIn"] = profile.value != nil
        content["mayHavePassword"] = profile.value != nil || profile.problem != nil
        content["passwordCreated"] = profile.value.map { visit.moment($0.createDate) }
        content["mustChange"] = profile.value?.passwordResetRequired
        content["signIn"] = visit.signInAddress
        content["rules"] = await PasswordRuleList.of(visit).content
        return UserPages.page("user-credentials", head, visit, content, status: status)
    }

    private static func setPassword(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        let page = UserPages.path(name) + "/security-credentials"
        if visit.form["action"] == "disable" {
            _ = try await visit.call(IAM.DeleteLoginProfile.self, .init { $0.userName = name })
            return visit.redirect(page, done: "\(name) can no longer sign in to the console.")
        }
        let isGenerated = visit.form["way"] == "generated"
        let password = isGenerated ? await PasswordRuleList.of(visit).newPassword : visit.form.text("password")
        let mustChange = visit.form.isOn("reset")
        do throws(ServiceError) {
            if visit.form["action"] == "enable" {
                let input = IAM.CreateLoginProfile.Input {
                    $0.userName = name
                    $0.password = password
                    $0.passwordResetRequired = mustChange
                }
                _ = try await visit.call(IAM.CreateLoginProfile.self, input)
            } else {
                let input = IAM.UpdateLoginProfile.Input {
                    $0.userName = name
                    $0.password = password
                    $0.passwordResetRequired = mustChange
                }
                _ = try await visit.call(IAM.UpdateLoginProfile.self, input)
            }
        } catch {
            return try await show(visit, problem: visit.problem(error), status: error.status)
        }
        guard isGenerated else { return visit.redirect(page, done: "The console password was set.") }
        return visit.page(
            "user-created", "Console password of \(name)",
            ["name": name, "path": page, "password": password, "signIn": visit.signInAddress])
    }
}
