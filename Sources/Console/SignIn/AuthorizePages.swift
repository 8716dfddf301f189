import FoundationEssentials
import Pages
import Platform
import SigninService
import Wire

/// The page on which somebody lets a program have credentials: `aws login` opens it.
/// <https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_AuthorizeOAuth2Access.html>
enum AuthorizePages {
    static let routes: [Route] = [
        .post("authorize") { (visit) throws(ServiceError) in try await answer(visit) }
    ]

    private static let longestTarget = 2048

    /// Whether an address of this server's leads here: sign-in comes back to it.
    static func isTarget(_ path: String) -> Bool {
        path.hasPrefix(AuthorizationRequest.path + "?") && path.utf8.count <= longestTarget
    }

    /// Shows who asks for what. The request is looked at before anybody signs in for it.
    static func ask(_ console: Console, _ request: WebRequest) throws(ServiceError) -> Reply {
        let asked = try AuthorizationRequest({ request.query[$0] }, at: [request.origin, console.address])
        guard let visit = console.visit(request) else { return SignInPages.before(request) }
        do throws(ServiceError) {
            return try form(asked, visit)
        } catch {
            return visit.failure(error)
        }
    }

    private static func form(_ asked: AuthorizationRequest, _ visit: Visit) throws(ServiceError) -> Reply {
        var reply = visit.page(
            "authorize", "Let a program act as you?",
            [
                "asked": try visit.console.sealer.seal(asked, for: .authorization), "program": asked.origin,
                "isElsewhere": asked.origin == nil,
                "end": visit.moment(Timestamp(secondsSinceEpoch: visit.session.started + ConsoleSession.lifetime))
                    .momentText,
            ])
        reply.formOrigin = asked.origin
        return reply
    }

    private static func answer(_ visit: Visit) async throws(ServiceError) -> Reply {
        guard
            let asked = visit.console.sealer.open(
                visit.form.text("asked"), for: .authorization, as: AuthorizationRequest.self)
        else { throw .validation("The page is not one of this server's. Start again where you came from.") }
        guard visit.form["answer"] == "allow" else {
            guard asked.origin != nil else { return visit.redirect("home", done: "Nothing was allowed.") }
            return lead(to: asked, [("error", "access_denied")])
        }
        let session = visit.session
        let login = ConsoleLogin(
            session: session.id, started: session.started, person: session.token, role: session.role?.token)
        // Programs redeem codes without a signature, which would say where.
        let code = try await visit.perform(
            AuthorizationRequest.operation, of: .signin, in: visit.environment.region
        ) { (call) throws(ServiceError) in try await asked.authorize(login, call) }
        guard asked.origin == nil else { return lead(to: asked, [("code", code)]) }
        // What `aws login --remote` asks for.
        let text = Data(query([("code", code)], asked).utf8).base64EncodedString()
        return visit.page("authorize-code", "Authorization code", ["code": text])
    }

    /// Sends the browser to the program, which listens on this machine.
    private static func lead(to asked: AuthorizationRequest, _ values: [(String, String)]) -> Reply {
        let target = asked.redirectURI + "?" + query(values, asked)
        return Reply(status: 303, headers: [(name: "location", value: target)], body: [])
    }

    private static func query(_ values: [(String, String)], _ asked: AuthorizationRequest) -> String {
        (values + (asked.state.map { [("state", $0)] } ?? []))
            .map { "\($0.0)=\(PercentEncoding.queryValue($0.1))" }.joined(separator: "&")
    }
}
