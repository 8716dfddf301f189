import Directory
import IAMService
import Ledger
import Platform
import Wire

/// What a root user does who has forgotten the password: a mail has a link, by which another can be set.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reset-root-password.html>
enum PasswordRecovery {
    static let routes: [OpenRoute] = [
        OpenRoute("GET", "forgot-password") { (console, request) throws(ServiceError) in try ask(console, request) },
        OpenRoute("POST", "forgot-password") { (console, request) throws(ServiceError) in
            try await send(console, request)
        },
        OpenRoute("GET", "reset-password") { (console, request) throws(ServiceError) in
            guard let (link, _) = try await opened(console, request.query["token"]) else { return over(console) }
            return try await form(console, link, request.query.text("token"), problem: nil)
        },
        OpenRoute("POST", "reset-password") { (console, request) throws(ServiceError) in
            try await reset(console, request)
        },
    ]

    /// What the link in the mail holds, sealed.
    private struct Link: Codable {
        let accountID: String
        /// Seconds since 1970.
        let sent: Double
        /// Of the password that it replaces: once that is another, the link is good for nothing.
        let generation: Double?
    }

    /// For how many seconds the link is good.
    private static let lifetime = 1800.0

    // MARK: The mail

    private static func ask(_ console: Console, _ request: WebRequest) throws(ServiceError) -> Reply {
        let progress = SignInProgress(at: console.environment.now(), target: Console.root)
        return console.page("forgot-password", "Forgot your password?", ["formKey": progress.formKey])
            .setting([try SignInPages.cookie(progress, console)])
    }

    /// The answer is the same whether there is such an account or not.
    private static func send(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        guard let progress = console.progress(request), request.form["form-key"] == progress.formKey else {
            return try ask(console, request)
        }
        let begun = ContinuousClock.now
        let email = request.form.text("email")
        let attempt = SignInThrottle.Attempt(
            name: "recovery " + email.lowercased(), address: request.arrival.address, device: nil)
        let environment = console.environment
        if console.throttle.begin(attempt, at: environment.now()) {
            defer { console.throttle.end(attempt, isRight: false) }
            if let account = environment.directory.account(email: email),
                try await ConsolePassword.mayRecover(rootOf: account.id, environment)
            {
                try await send(to: account, console, request)
            }
        }
        await SignInPages.evenOut(since: begun)
        return console.message(
            "Look into your mail",
            "If there is an account with this address, a mail has been sent to it. It has a link that is good for half"
                + " an hour. Gatehouse keeps the mail in its outbox.",
            status: 200)
    }

    private static func send(to account: Account, _ console: Console, _ request: WebRequest) async throws(ServiceError)
    {
        let environment = console.environment
        let owner = PasswordOwner(rootOf: account.id)
        let link = Link(
            accountID: account.id, sent: environment.now(),
            generation: try await ConsolePassword.generation(of: owner, environment))
        let token = try console.sealer.seal(link, for: .recovery)
        let mail = Mail(
            requestID: request.arrival.requestID, at: environment.now(), about: account.id, to: account.email,
            subject: "Set a new password for your root user",
            text: """
                Somebody, hopefully you, asked for a new password of the root user of account \(account.id).

                Open this address within half an hour, and choose one:
                \(console.address)\(Console.root)reset-password?token=\(token)

                If it was not you, do nothing: your password stays as it is.
                """)
        try await environment.write(Scope(account: account.id), requestID: request.arrival.requestID) {
            (records) throws(ServiceError) in try records.send(mail)
        }
        try await SignInEvent(name: "PasswordRecoveryRequested", identity: .owner(owner), account: account.id)
            .record(request, environment)
    }

    // MARK: The new password

    private static func opened(_ console: Console, _ token: String?) async throws(ServiceError) -> (Link, Account)? {
        guard let token, let link = console.sealer.open(token, for: .recovery, as: Link.self),
            link.sent + lifetime > console.environment.now(),
            let account = console.environment.directory.account(link.accountID),
            try await ConsolePassword.mayRecover(rootOf: account.id, console.environment),
            try await ConsolePassword.generation(of: PasswordOwner(rootOf: account.id), console.environment)
                == link.generation
        else { return nil }
        return (link, account)
    }

    private static func over(_ console: Console) -> Reply {
        console.message(
            "This link is good for nothing any more",
            "It has been used, or it is older than half an hour. Ask for another.", status: 403)
    }

    private static func form(
        _ console: Console, _ link: Link, _ token: String, problem: String?, status: Int = 200
    ) async throws(ServiceError) -> Reply {
        console.page(
            "reset-password", "Choose a new password",
            [
                "account": link.accountID, "token": token, "problem": problem ?? "",
                "rules": PasswordRuleList(nil, problem: nil).content,
            ], status: status)
    }

    private static func reset(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        let token = request.form.text("token")
        guard let (link, account) = try await opened(console, token) else { return over(console) }
        let new = request.form.text("new")
        guard new == request.form.text("again") else {
            return try await form(console, link, token, problem: "The two passwords differ.", status: 400)
        }
        let environment = console.environment
        do throws(ServiceError) {
            try await ConsolePassword.setRootPassword(
                new, of: account.id, replacing: link.generation, environment, requestID: request.arrival.requestID)
        } catch {
            return try await form(console, link, token, problem: error.message, status: error.status)
        }
        try await environment.signOutEverywhere(account.id, in: account.id, requestID: request.arrival.requestID)
        try await SignInEvent(
            name: "PasswordRecoveryCompleted", identity: .owner(PasswordOwner(rootOf: account.id)), account: account.id
        ).record(request, environment)
        return .redirect(to: Console.root + "sign-in?as=root")
    }
}
