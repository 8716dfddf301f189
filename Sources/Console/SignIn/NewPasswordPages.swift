import IAMAPI
import IAMService
import Platform
import Wire

/// The page on which somebody who has just signed in must choose another password.
enum NewPasswordPages {
    static let routes: [OpenRoute] = [
        OpenRoute("GET", "sign-in/new-password") { (console, request) throws(ServiceError) in
            guard let (progress, owner) = ready(console, request) else { return SecondFactorPages.startAgain }
            return try await form(console, progress, owner, problem: nil)
        },
        OpenRoute("POST", "sign-in/new-password") { (console, request) throws(ServiceError) in
            try await change(console, request)
        },
    ]

    /// Who has to choose a password, and has proved everything else.
    private static func ready(_ console: Console, _ request: WebRequest) -> (SignInProgress, PasswordOwner)? {
        guard let (progress, owner) = SecondFactorPages.begun(console, request),
            progress.person?.mustChangePassword == true
        else { return nil }
        return (progress, owner)
    }

    private static func form(
        _ console: Console, _ progress: SignInProgress, _ owner: PasswordOwner, problem: String?, status: Int = 200
    ) async throws(ServiceError) -> Reply {
        console.page(
            "new-password", "Choose a new password",
            [
                "formKey": progress.formKey, "problem": problem ?? "", "name": owner.name,
                "rules": PasswordRuleList(
                    try await ConsolePassword.policy(for: owner, console.environment), problem: nil
                ).content,
            ], status: status)
    }

    private static func change(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        guard let (begun, owner) = ready(console, request), request.form["form-key"] == begun.formKey else {
            return SecondFactorPages.startAgain
        }
        var progress = begun
        // The second factor is proved before, if there is one.
        if progress.person?.mfaTime == nil, !(try await console.secondFactors(of: owner, request).devices()).isEmpty {
            return .redirect(to: Console.root + "sign-in/mfa")
        }
        let new = request.form.text("new")
        guard new == request.form.text("again") else {
            return try await form(console, progress, owner, problem: "The two passwords differ.", status: 400)
        }
        do throws(ServiceError) {
            try await replace(request.form.text("old"), new, owner, console, request)
        } catch {
            let text =
                error.code == "AccessDenied"
                ? "Your password could not be changed: \(error.message)" : error.message
            return try await form(console, progress, owner, problem: text, status: error.status)
        }
        let event = SignInEvent(name: "PasswordUpdated", identity: .owner(owner), account: owner.accountID)
        try await event.record(request, console.environment)
        // Whoever knew the old password may have come in with it.
        try await console.environment.signOutEverywhere(
            owner.id, in: owner.accountID, requestID: request.arrival.requestID)
        progress.person?.mustChangePassword = false
        return try await console.proceed(progress, owner, request)
    }

    /// A user changes it like any other time: policies decide, unless the account lets all users do it.
    private static func replace(
        _ old: String, _ new: String, _ owner: PasswordOwner, _ console: Console, _ request: WebRequest
    ) async throws(ServiceError) {
        guard owner.userName != nil else {
            let generation = try await ConsolePassword.generation(of: owner, console.environment)
            guard try await ConsolePassword.check(old, of: owner, console.environment) != nil else {
                throw .accessDenied("The old password was incorrect.")
            }
            return try await ConsolePassword.setRootPassword(
                new, of: owner.accountID, replacing: generation, console.environment,
                requestID: request.arrival.requestID)
        }
        guard let user = console.environment.directory.user(uniqueID: owner.id) else { throw .internalFailure }
        let input = IAM.ChangePassword.Input {
            $0.oldPassword = old
            $0.newPassword = new
        }
        _ = try await console.environment.call(
            IAM.ChangePassword.self, input, by: Caller(accountID: owner.accountID, identity: .user(user)),
            from: request.source, in: console.environment.region, requestID: RequestIDs.make(time: request.arrival.time)
        )
    }
}
