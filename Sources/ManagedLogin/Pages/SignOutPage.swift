import CognitoIDPService
import Pages
import Platform
import Wire

/// The endpoint that signs out: the browser forgets who signed in, and is led to an address of the application's, or back to the
/// sign-in page.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html>
enum SignOutPage {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/logout", event: "Logout") { (visit) throws(ServiceError) in try await signOut(visit) }
    ]

    private static func signOut(_ visit: LoginVisit) async throws(ServiceError) -> LoginReply {
        guard let id = visit.query["client_id"] else { return visit.error(.noClientID) }
        guard let client = visit.domain.client(id, visit.environment) else { return visit.error(.noSuchClient) }
        let target: String
        if let address = visit.query["logout_uri"] {
            guard client.isLogoutAddress(address) else { return visit.error(.logoutMismatch) }
            target = address
        } else {
            guard visit.query["redirect_uri"] != nil else { return visit.error(.logoutMismatch) }
            // What can't be taken is refused before anything is done.
            do throws(AuthorizeRequest.Problem) {
                _ = try AuthorizeRequest(visit.query.all, at: visit.domain, visit.environment)
            } catch {
                if case .shown(let problem) = error { return visit.error(problem) }
            }
            target = visit.address("/login")
        }
        var reply = LoginReply.redirect(to: target)
        if let ticket = visit.cookie(LoginCookie.session) {
            if let elsewhere = try await FederationPages.signOut(ticket, target: target, visit) { reply = elsewhere }
            try await visit.call.endSession(ticket, of: visit.domain)
        }
        return reply.setting(
            LoginCookie(name: LoginCookie.session, value: "", lifetime: 0))
    }
}
