import IAMAPI
import IAMService
import Platform
import S3API
import Wire

/// The person's own security credentials.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys_self-managed.html>
enum SecurityCredentialPages {
    static let routes: [Route] = [
        .get("security-credentials") { (visit) throws(ServiceError) in await show(visit) },
        .post("security-credentials/password") { (visit) throws(ServiceError) in try await changePassword(visit) },
    ]

    private static func show(_ visit: Visit, problem: Problem? = nil, status: Int = 200) async -> Reply {
        var content: [String: Any?] = ["callerARN": visit.caller.arn, "accountID": visit.account, "problem": problem]
        let canonical = await visit.attempt { () throws(ServiceError) in
            // `aws s3api list-buckets --query Owner.ID` is AWS's way to find it.
            try await visit.call(S3.ListBuckets.self).owner?.id
        }
        content["canonicalID"] = canonical.value.flatMap { $0 }
        content["canonicalProblem"] = canonical.problem
        guard let owner = try? CredentialOwner(visit) else {
            content["isSession"] = true
            return visit.page("security-credentials", "My security credentials", content, status: status)
        }
        content.merge(await owner.content(visit)) { _, new in new }
        let isRoot = owner.userName == nil
        content["signsIn"] = true
        content["rules"] = await PasswordRuleList.of(visit, isOfRoot: isRoot).content
        let me = await visit.attempt { () throws(ServiceError) in try await visit.call(IAM.GetUser.self).user }
        content["created"] = me.value.map { visit.moment($0.createDate) }
        content["lastSignIn"] = me.value?.passwordLastUsed.map { visit.moment($0) }
        content["meProblem"] = me.problem
        return visit.page("security-credentials", "My security credentials", content, status: status)
    }

    private static func changePassword(_ visit: Visit) async throws(ServiceError) -> Reply {
        let owner = try CredentialOwner(visit)
        let old = visit.form.text("old")
        let new = visit.form.text("new")
        do throws(ServiceError) {
            guard new == visit.form.text("again") else { throw .validation("The two new passwords differ.") }
            if owner.userName == nil {
                try await changeRootPassword(old, new, visit)
            } else {
                let input = IAM.ChangePassword.Input {
                    $0.oldPassword = old
                    $0.newPassword = new
                }
                _ = try await visit.call(IAM.ChangePassword.self, input)
            }
        } catch {
            return await show(visit, problem: visit.problem(error), status: error.status)
        }
        return visit.redirect("security-credentials", done: "Your password was changed.")
    }

    /// No operation of the API changes the root user's password: at AWS, too, the console alone does it.
    private static func changeRootPassword(_ old: String, _ new: String, _ visit: Visit) async throws(ServiceError) {
        let environment = visit.environment
        let owner = PasswordOwner(rootOf: visit.account)
        let attempt = SignInThrottle.Attempt(
            name: "password of \(owner.id)", address: visit.request.arrival.address, device: nil)
        guard visit.console.throttle.begin(attempt, at: environment.now()) else {
            throw ServiceError(
                "Throttling", "There were too many attempts. Please wait some minutes, and try again.", status: 400)
        }
        var isRight = false
        defer { visit.console.throttle.end(attempt, isRight: isRight) }
        let generation = try await ConsolePassword.generation(of: owner, environment)
        isRight = try await ConsolePassword.check(old, of: owner, environment) != nil
        guard isRight else { throw ServiceError("InvalidPassword", "The old password was incorrect.", status: 403) }
        try await ConsolePassword.setRootPassword(
            new, of: owner.accountID, replacing: generation, environment, requestID: visit.request.arrival.requestID)
        let event = SignInEvent(name: "PasswordUpdated", identity: .owner(owner), account: owner.accountID)
        try await event.record(visit.request, environment)
    }
}
