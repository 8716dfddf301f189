import Platform
import Wire

/// Somebody in whom another has vouched for, an identity provider or a program with credentials, on the way in.
///
/// The browser comes from another site, and what that sends it to must not sign it in unasked: it might exchange the session
/// that is there for another, unnoticed. So it gets a page that goes on by a form of this site's own, with which the browser
/// sends the cookies that it has.
struct VouchedEntry: Codable, Sendable {
    /// The session token.
    let token: String
    /// Where to go.
    let target: String
    /// Seconds since 1970.
    let made: Double
    /// What the event has besides.
    let details: [String: String]

    /// How long the page may stay open, in seconds.
    private static let lifetime = 600.0

    static let routes: [OpenRoute] = [
        OpenRoute("POST", "enter") { (console, request) throws(ServiceError) in try await enter(console, request) }
    ]

    private static func enter(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        let environment = console.environment
        guard let entry = console.sealer.open(request.form.text("entry"), for: .entry, as: VouchedEntry.self),
            entry.made + lifetime > environment.now(), let opened = environment.sessionTokens.open(entry.token),
            opened.session.expires > environment.now(), let caller = Caller(opened, environment.directory)
        else {
            return console.message(
                "This page had been open for too long", "Go back to where you came from, and come again.", status: 403)
        }
        if let visit = console.visit(request), visit.person.arn != caller.arn {
            return visit.message(
                "You are signed in already",
                "To go on as \(caller.arn), sign out first, in the menu at the top right, and come again.", status: 409)
        }
        try await SignInEvent(
            name: "ConsoleLogin", identity: .session(caller), account: caller.accountID,
            details: [
                (name: "LoginTo", value: console.address + entry.target), (name: "MobileVersion", value: "No"),
                (name: "MFAUsed", value: opened.session.mfaTime == nil ? "No" : "Yes"),
            ] + entry.details.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        ).record(request, environment)
        let started = ConsoleSession.start(entry.token, at: environment.now(), over: request)
        return Reply.redirect(to: entry.target).setting(
            try SessionCookies.set(try console.sealer.seal(started, for: .session), over: request))
    }
}

extension Console {
    /// The page by which somebody comes in whom another has vouched for.
    func welcome(
        _ session: Session, _ caller: Caller, target: String, details: [String: String] = [:]
    ) throws(ServiceError) -> Reply {
        let entry = VouchedEntry(
            token: try environment.sessionTokens.seal(session), target: target, made: environment.now(),
            details: details)
        return page(
            "entered", "Sign in", ["entry": try sealer.seal(entry, for: .entry), "arn": caller.arn])
    }

    /// How browsers reach Gatehouse, without a slash at the end.
    var address: String { environment.publicAddress.url }
}
