import Gate
import Pages
import Platform
import Remedies
import Wire

/// Makes the changes of a remedy, and tries the denied call again.
enum RemedyPages {
    static let routes: [Route] = [
        .post("why/{requestID}/remedy") { (visit) throws(ServiceError) in try await make(visit) }
    ]

    private static func make(_ visit: Visit) async throws(ServiceError) -> Reply {
        let readable = try await ReadableEvent(try await ReadableEvent.ofRequest(visit["requestID"], visit), visit)
        let page = "why/\(PercentEncoding.segment(readable.event.requestID))"
        guard readable.isWhole, let denial = RecordedDenial(readable.event) else {
            throw .validation("The policies did not deny this call.")
        }
        let gate = visit.console.gate
        let wanted = visit.form.text("remedy")
        let report = try await gate.remedies(for: denial)
        guard let remedy = report.remedies.first(where: { DrawnRemedies.key($0) == wanted }) else {
            return visit.redirect(
                page, done: "Nothing was changed: the policies have changed since the page was shown. Look again.")
        }
        let actions = remedy.changes.compactMap { RemedyAction($0, in: visit.account) }
        guard actions.count == remedy.changes.count else { throw .validation("No form can make this change.") }
        for action in actions { try await action.perform(visit) }
        let asked = try await gate.asked(denial)
        let decision = asked.decision
        let outcome =
            decision.isAllowed
            ? "it is allowed now." : "it is still denied: \(decision.message(for: asked.request))"
        return visit.redirect(page, done: "\(remedy.title): done. Tried again by simulation, \(outcome)")
    }
}
