import Pages
import Platform
import Synchronization
import Wire

/// A request of somebody who is signed in: who it is, and what there is to answer with.
///
/// ```swift
/// let summary = await visit.attempt { () throws(ServiceError) in
///     try await visit.call(IAM.GetAccountSummary.self).summaryMap ?? [:]
/// }
/// …
/// return visit.page(
///     "home", "Home",
/// ```
final class Visit: Sendable {
    let console: Console
    let request: WebRequest
    let session: ConsoleSession
    /// As whom everything is done: whoever signed in, or the role that was switched to.
    let caller: Caller
    /// Whoever signed in.
    let person: Caller
    private let parameters: [String: String]
    /// The request of the last call that failed, by which its event is found.
    private let failed = Mutex<String?>(nil)

    init(
        _ console: Console, _ request: WebRequest, _ session: ConsoleSession, caller: Caller, person: Caller,
        parameters: [String: String] = [:]
    ) {
        self.console = console
        self.request = request
        self.session = session
        self.caller = caller
        self.person = person
        self.parameters = parameters
    }

    func with(_ parameters: [String: String]) -> Visit {
        Visit(console, request, session, caller: caller, person: person, parameters: parameters)
    }

    /// The value of a parameter of the route's pattern.
    subscript(_ name: String) -> String { parameters[name] ?? "" }

    var environment: Environment { console.environment }
    var account: String { caller.accountID }
    var form: FormFields { request.form }
    var query: FormFields { request.query }
    /// The region that was chosen in the top bar.
    var region: String { session.region ?? environment.region }

    // MARK: Calls

    /// Calls an operation as whoever is signed in: policies decide, and the event history has it.
    /// - Parameter region: where; nil: in the one that was chosen.
    /// - Throws: the error that the operation answers, AccessDenied among them.
    func call<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input = O.Input(), in region: String? = nil
    ) async throws(ServiceError) -> O.Output {
        let requestID = RequestIDs.make(time: environment.now())
        do throws(ServiceError) {
            return try await environment.call(
                operation, input, by: caller, from: request.source, in: region ?? self.region, requestID: requestID)
        } catch {
            failed.withLock { $0 = requestID }
            throw error
        }
    }

    /// Does something that the API has not in this form, as whoever is signed in: policies decide, and the event history has it.
    /// - Parameters:
    ///   - operation: the name that events and policies have of it.
    ///   - region: where; nil: in the one that was chosen.
    func perform<T>(
        _ operation: String, of module: ServiceModule, in region: String? = nil,
        _ body: (Call) async throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        let time = environment.now()
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time, caller: caller,
            module: module, operation: operation, region: module.region(signedFor: region ?? self.region),
            source: request.source)
        do throws(ServiceError) {
            return try await body(call)
        } catch {
            failed.withLock { $0 = call.requestID }
            throw error
        }
    }

    /// Does something of which a page can do without: a denial is shown in its place.
    func attempt<T: Sendable>(_ body: () async throws(ServiceError) -> T) async -> Attempted<T> {
        do throws(ServiceError) {
            return Attempted(value: try await body(), problem: nil)
        } catch {
            return Attempted(value: nil, problem: problem(error))
        }
    }

    // MARK: Answers

    /// A page with the frame that all have.
    /// - Parameters:
    ///   - template: the name of its template.
    ///   - content: what the template shows; nil: what is not there.
    func page(_ template: String, _ title: String, _ content: [String: Any?] = [:], status: Int = 200) -> Reply {
        var content = content.compactMapValues { $0 }
        frame(&content)
        var cookies: [Cookie] = []
        if let sealed = request.cookie("notice") {
            cookies = [Cookie(name: "notice", value: "", lifetime: 0)]
            content["notice"] = console.sealer.open(sealed, for: .notice, as: String.self)
        }
        return console.page(template, title, content, status: status).setting(cookies)
    }

    /// Goes on to another page after something was done, which that page tells.
    /// - Parameter path: below ``Console/root``.
    func redirect(_ path: String, done: String? = nil) -> Reply {
        let reply = Reply.redirect(to: Console.root + path)
        guard let done, let sealed = try? console.sealer.seal(done, for: .notice) else { return reply }
        return reply.setting([Cookie(name: "notice", value: sealed, lifetime: 60)])
    }

    func message(_ title: String, _ text: String, status: Int) -> Reply {
        page("message", title, ["text": text], status: status)
    }

    /// The page that tells of an error, with the way to its cause.
    func failure(_ error: ServiceError) -> Reply {
        if error.fault == .receiver {
            return message(
                "Something went wrong", "It was not you: the server's log has the cause.", status: error.status)
        }
        let problem = problem(error)
        return page(
            "message", problem.isDenial ? "You may not do this" : "This did not work",
            ["problem": problem], status: error.status)
    }

    func problem(_ error: ServiceError) -> Problem {
        let isDenial = Problem.isDenial(error.code)
        let requestID = failed.withLock { $0 }
        return Problem(
            code: error.code, text: error.message.isEmpty ? error.code : error.message, isDenial: isDenial,
            why: isDenial ? requestID.map { Console.root + "why/" + $0 } : nil)
    }
}

/// Why something could not be done, as templates show it.
struct Problem: Sendable {
    let code: String
    let text: String
    let isDenial: Bool
    /// Where the cause is shown; nil for what has none.
    let why: String?

    /// Whether an error's code says that the policies denied the call.
    static func isDenial(_ code: String) -> Bool {
        ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"]
            .contains(code)
    }
}

/// What came of something that a page can do without.
struct Attempted<T: Sendable>: Sendable {
    let value: T?
    let problem: Problem?
}

extension Console {
    /// Who sends a request; nil: nobody is signed in.
    func visit(_ request: WebRequest) -> Visit? {
        guard let sealed = SessionCookies.find(request),
            let session = sealer.open(sealed, for: .session, as: ConsoleSession.self),
            session.started + ConsoleSession.lifetime > environment.now(), session.isSecure == request.isSecure,
            let person = caller(session.token),
            !environment.projection(SignedOutSessions.self).contains(
                session.id, started: session.started, of: person.signInID)
        else { return nil }
        guard let role = session.role else {
            return Visit(self, request, session, caller: person, person: person)
        }
        guard let caller = caller(role.token) else {
            // The role's session is over, or the role is gone: back to who signed in.
            var session = session
            session.role = nil
            return Visit(self, request, session, caller: person, person: person)
        }
        return Visit(self, request, session, caller: caller, person: person)
    }

    /// The caller of credentials that are still good.
    private func caller(_ token: String) -> Caller? {
        guard let opened = environment.sessionTokens.open(token), opened.session.expires > environment.now(),
            let caller = Caller(opened, environment.directory),
            environment.directory.isActive(account: caller.accountID)
        else { return nil }
        return caller
    }
}
