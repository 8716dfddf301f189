import Directory
import IAMService
import Pages
import Platform
import Wire

/// The pages on which people sign in with a password.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in.html>
enum SignInPages {
    static let routes: [OpenRoute] = [
        OpenRoute("GET", "sign-in") { (console, request) throws(ServiceError) in try show(console, request) },
        OpenRoute("POST", "sign-in") { (console, request) throws(ServiceError) in try await signIn(console, request) },
    ]

    /// AWS's text for a wrong name, a wrong password, and whatever else is wrong.
    static let wrong = "Your authentication information is incorrect. Please try again."

    /// Has somebody sign in who asks for a page, and come back to it.
    static func before(_ request: WebRequest) -> Reply {
        .redirect(to: Console.root + "sign-in?to=" + PercentEncoding.queryValue(request.target))
    }

    // MARK: The form

    private static func show(_ console: Console, _ request: WebRequest) throws(ServiceError) -> Reply {
        let target = request.query["to"].flatMap { Reply.isLocal($0) ? $0 : nil } ?? Console.root
        return try form(console, request, target: target, isRoot: request.query["as"] == "root", problem: nil)
    }

    /// - Parameter problem: why the form is shown again; nil: it is shown for the first time.
    private static func form(
        _ console: Console, _ request: WebRequest, target: String, isRoot: Bool, problem: String?, status: Int = 200
    ) throws(ServiceError) -> Reply {
        let progress = SignInProgress(at: console.environment.now(), target: target)
        let to = target == Console.root ? "" : "&to=" + PercentEncoding.queryValue(target)
        let content: [String: Any] = [
            "formKey": progress.formKey, "isRoot": isRoot, "problem": problem ?? "",
            "account": request.form["account"] ?? request.query["account"] ?? "",
            "name": request.form["name"] ?? "", "email": request.form["email"] ?? "",
            "other": Console.root + "sign-in?as=" + (isRoot ? "user" : "root") + to,
        ]
        return console.page("sign-in", isRoot ? "Sign in as root user" : "Sign in as IAM user", content, status: status)
            .setting([try cookie(progress, console)])
    }

    static func cookie(_ progress: SignInProgress, _ console: Console) throws(ServiceError) -> Cookie {
        Cookie(
            name: SignInProgress.cookie, value: try console.sealer.seal(progress, for: .signIn),
            lifetime: Int(SignInProgress.lifetime))
    }

    // MARK: The password

    private static func signIn(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        let isRoot = request.form["as"] == "root"
        guard var progress = console.progress(request), request.form["form-key"] == progress.formKey else {
            return try form(
                console, request, target: Console.root, isRoot: isRoot,
                problem: "The page had been open for too long. Please try again.", status: 403)
        }
        let begun = ContinuousClock.now
        let owner = isRoot ? rootOwner(request, console) : user(request, console)
        let attempt = SignInThrottle.Attempt(
            name: owner?.id ?? typedName(request, isRoot: isRoot), address: request.arrival.address,
            device: console.knownDevice(request, of: owner))
        guard console.throttle.begin(attempt, at: console.environment.now()) else {
            return try form(
                console, request, target: progress.target, isRoot: isRoot,
                problem: "There were too many attempts. Please wait some minutes, and try again.", status: 429)
        }
        var state: ConsolePassword.State?
        do throws(ServiceError) {
            state = try await ConsolePassword.check(request.form.text("password"), of: owner, console.environment)
        } catch {
            console.throttle.end(attempt, isRight: true)
            return try form(
                console, request, target: progress.target, isRoot: isRoot,
                problem: "Too many people are signing in at the moment. Please try again.", status: 503)
        }
        console.throttle.end(attempt, isRight: state != nil)
        guard let owner, let state else {
            try await recordFailure(owner, isRoot: isRoot, console, request)
            await evenOut(since: begun)
            return try form(
                console, request, target: progress.target, isRoot: isRoot, problem: wrong, status: 403)
        }
        guard state != .expiredForGood else {
            try await recordFailure(owner, isRoot: isRoot, console, request)
            return try form(
                console, request, target: progress.target, isRoot: isRoot,
                problem: "Your password has expired. Ask your administrator for another.", status: 403)
        }
        progress.person = SignInProgress.Person(
            accountID: owner.accountID, userID: owner.userName == nil ? nil : owner.id,
            mustChangePassword: state == .mustChange)
        return try await console.proceed(progress, owner, request)
    }

    /// Whom somebody means who does not exist: however it is written, it is one name to guess at.
    private static func typedName(_ request: WebRequest, isRoot: Bool) -> String {
        guard !isRoot else { return (request.form["email"] ?? "").lowercased() }
        let account = (request.form["account"] ?? "").filter { $0 != "-" }
        return (account + " " + (request.form["name"] ?? "")).lowercased()
    }

    /// Waits until the next half second: how long an answer takes must not tell what there was to do.
    static func evenOut(since begun: ContinuousClock.Instant) async {
        let step = Duration.milliseconds(500)
        var end = begun + step
        while end < ContinuousClock.now { end += step }
        try? await Task.sleep(until: end, clock: .continuous)
    }

    private static func rootOwner(_ request: WebRequest, _ console: Console) -> PasswordOwner? {
        guard let email = request.form["email"], let account = console.environment.directory.account(email: email),
            account.isActive
        else { return nil }
        return PasswordOwner(rootOf: account.id)
    }

    private static func user(_ request: WebRequest, _ console: Console) -> PasswordOwner? {
        guard let account = account(request, console), account.isActive, let name = request.form["name"],
            let user = console.environment.directory.user(named: name, in: account.id)
        else { return nil }
        return PasswordOwner(user)
    }

    private static func account(_ request: WebRequest, _ console: Console) -> Account? {
        guard let typed = request.form["account"] else { return nil }
        // People copy numbers with the hyphens that consoles show.
        let digits = typed.filter { $0 != "-" }
        let directory = console.environment.directory
        return directory.account(digits) ?? directory.account(alias: typed)
    }

    /// Where there is an account, its history tells of the attempt.
    private static func recordFailure(
        _ owner: PasswordOwner?, isRoot: Bool, _ console: Console, _ request: WebRequest
    ) async throws(ServiceError) {
        guard let id = owner?.accountID ?? (isRoot ? nil : account(request, console)?.id) else { return }
        let event = SignInEvent(
            name: "ConsoleLogin", identity: owner.map { .owner($0) } ?? .unknownUser, account: id,
            failure: owner == nil ? "No username found in supplied account" : "Failed authentication",
            details: [
                (name: "LoginTo", value: console.address + Console.root),
                (name: "MobileVersion", value: "No"), (name: "MFAUsed", value: "No"),
            ])
        try await event.record(request, console.environment)
    }
}

extension Console {
    /// By what the guesses of a browser are counted in which somebody has signed in before; nil: it is a stranger's.
    func knownDevice(_ request: WebRequest, of owner: PasswordOwner?) -> String? {
        guard let owner, let sealed = request.cookie(KnownDevice.cookie),
            let device = sealer.open(sealed, for: .device, as: KnownDevice.self), device.ownerID == owner.id
        else { return nil }
        return "\(device.ownerID) \(device.passwordDate)"
    }

    /// Goes on after the password, or the second factor, was right: to what is asked next, or into the console.
    func proceed(
        _ progress: SignInProgress, _ owner: PasswordOwner, _ request: WebRequest
    ) async throws(ServiceError) -> Reply {
        if progress.person?.mfaTime == nil, !(try await secondFactors(of: owner, request).devices()).isEmpty {
            return Reply.redirect(to: Self.root + "sign-in/mfa").setting([try SignInPages.cookie(progress, self)])
        }
        if progress.person?.mustChangePassword == true {
            return Reply.redirect(to: Self.root + "sign-in/new-password")
                .setting([try SignInPages.cookie(progress, self)])
        }
        return try await enter(progress, owner, request)
    }

    /// Lets somebody in who has proved everything that is asked.
    private func enter(
        _ progress: SignInProgress, _ owner: PasswordOwner, _ request: WebRequest
    ) async throws(ServiceError) -> Reply {
        let now = environment.now().rounded(.down)
        var session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: owner.accountID, principalKind: owner.userName == nil ? .root : .user, principalID: owner.id,
            issued: now, expires: now + ConsoleSession.lifetime, mfaTime: progress.person?.mfaTime)
        session.isOfConsole = true
        let started = ConsoleSession.start(
            try environment.sessionTokens.seal(session), at: environment.now(), over: request)
        var details = [
            (name: "LoginTo", value: address + progress.target),
            (name: "MobileVersion", value: "No"),
        ]
        if let device = progress.person?.device { details.append((name: "MFAIdentifier", value: device)) }
        details.append((name: "MFAUsed", value: progress.person?.mfaTime == nil ? "No" : "Yes"))
        let event = SignInEvent(
            name: "ConsoleLogin", identity: .owner(owner), account: owner.accountID, details: details)
        try await event.record(request, environment)
        // AWS asks every root user for a second factor. A program that waits is not kept waiting.
        let asks =
            owner.userName == nil && session.mfaTime == nil && !AuthorizePages.isTarget(progress.target)
        let device = KnownDevice(
            ownerID: owner.id, passwordDate: try await ConsolePassword.generation(of: owner, environment) ?? 0)
        let cookies = [
            Cookie(name: SignInProgress.cookie, value: "", lifetime: 0),
            Cookie(
                name: KnownDevice.cookie, value: try sealer.seal(device, for: .device), lifetime: KnownDevice.lifetime),
        ]
        return Reply.redirect(to: asks ? Self.root + "offer-mfa" : progress.target).setting(
            try SessionCookies.set(try sealer.seal(started, for: .session), over: request) + cookies)
    }
}
