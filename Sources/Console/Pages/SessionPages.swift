import Platform
import Wire

/// What somebody does with the session itself: signs out, chooses a region.
enum SessionPages {
    static let routes: [Route] = [
        .post("sign-out") { (visit) throws(ServiceError) in try await signOut(visit) },
        .get("offer-mfa") { (visit) throws(ServiceError) in visit.page("offer-mfa", "Secure your root user") },
        .post("region") { (visit) throws(ServiceError) in try chooseRegion(visit) },
    ]

    private static func signOut(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (person, requestID) = (visit.person, visit.request.arrival.requestID)
        let id = person.signInID
        if visit.form["where"] == "everywhere" {
            try await visit.environment.signOutEverywhere(id, in: person.accountID, requestID: requestID)
        } else {
            try await visit.environment.signOut(visit.session, of: id, in: person.accountID, requestID: requestID)
        }
        return Reply.redirect(to: Console.root + "sign-in").setting(SessionCookies.clear(visit.request))
    }

    private static func chooseRegion(_ visit: Visit) throws(ServiceError) -> Reply {
        guard let region = visit.form["region"], Regions.needsOptIn(region) != nil,
            visit.environment.isRegionOpen(region, to: visit.account, at: visit.environment.now())
        else { throw .validation("There is no such region, or your account has not opted in to it.") }
        var session = visit.session
        session.region = region
        return try visit.replacing(session, thenTo: visit.form.text("here"))
    }
}

extension Visit {
    /// Goes on with a session that has changed.
    func replacing(_ session: ConsoleSession, thenTo path: String) throws(ServiceError) -> Reply {
        Reply.redirect(to: path).setting(
            try SessionCookies.set(try console.sealer.seal(session, for: .session), over: request))
    }
}
