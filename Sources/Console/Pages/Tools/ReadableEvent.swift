import CloudTrailAPI
import Ledger
import Platform
import Wire

/// An event, with as much of it as whoever is signed in may see.
///
/// Whole, with the decision, it is for those who find it with cloudtrail:LookupEvents, which is asked for as any call is. The
/// event history of an account has no data events; somebody's own are shown whole, too, if LookupEvents is theirs.
///
/// Who may not look events up sees a denial of their own all the same: what AWS answered to the call, and the encoded
/// authorization message that AWS hands out with it, which takes sts:DecodeAuthorizationMessage to be read. That gives nobody
/// more than they had: both were, or at AWS would have been, in the answer to this very call. Their own is what was called with
/// the credentials of this browser's session: no name counts, which somebody else may bear later, but the id of the session's
/// access key, which is of no other session.
///
/// Whether an event is missing, is another account's, or is somebody else's makes no difference in what is answered.
struct ReadableEvent {
    let event: Event
    /// Whether the record and the decision may be seen, too.
    let isWhole: Bool
    /// Why it is not whole.
    let problem: Problem?

    /// - Parameter event: the one that was asked for, if it is in the account's history.
    /// - Throws: AccessDenied for who may not see it; NotFound when it isn't there.
    init(_ event: Event?, _ visit: Visit) async throws(ServiceError) {
        let event = event.flatMap { $0.account == visit.account ? $0 : nil }
        let isOwn = event.map { Self.isOwn($0, visit) } ?? false
        do throws(ServiceError) {
            let found = try await visit.call(
                CloudTrail.LookupEvents.self,
                .init {
                    $0.lookupAttributes = [
                        .init {
                            $0.attributeKey = "EventId"
                            $0.attributeValue = event?.id ?? visit.request.arrival.requestID
                        }
                    ]
                })
            guard let event, isOwn || found.events?.contains(where: { $0.eventId == event.id }) == true else {
                throw ServiceError(
                    "NotFound", "There is no such event in this account's event history of the last 90 days.",
                    status: 404)
            }
            self.event = event
            isWhole = true
            problem = nil
        } catch {
            guard let event, isOwn, Problem.isDenial(error.code), DeniedAnswer(event) != nil else { throw error }
            self.event = event
            isWhole = false
            problem = visit.problem(error)
        }
    }

    private static func isOwn(_ event: Event, _ visit: Visit) -> Bool {
        [visit.caller.accessKeyID, visit.person.accessKeyID].contains { key in
            !key.isEmpty && event.attributes.contains(EventAttribute("AccessKeyId", key))
        }
    }

    /// The event of a request in an account's history; nil: there is none.
    static func ofRequest(_ requestID: String, _ visit: Visit) async throws(ServiceError) -> Event? {
        let ledger = visit.environment.ledger
        do throws(LedgerError) {
            // It may have been answered just now.
            try await ledger.flushEvents()
            let event = try await ledger.event(requestID: requestID)
            guard let event, event.account != visit.account else { return event }
            // The caller's account has the decision; that of the resource has an event of its own.
            let near = try await ledger.events(
                EventQuery(account: visit.account, from: event.time, to: event.time, limit: 1000))
            return near.events.first { $0.requestID == requestID }
        } catch {
            throw ServiceError(error)
        }
    }

    /// The event of an id in an account's history; nil: there is none.
    static func ofID(_ eventID: String, _ visit: Visit) async throws(ServiceError) -> Event? {
        let ledger = visit.environment.ledger
        do throws(LedgerError) {
            try await ledger.flushEvents()
            return try await ledger.events(
                EventQuery(account: visit.account, attribute: EventAttribute("EventId", eventID), limit: 1)
            ).events.first
        } catch {
            throw ServiceError(error)
        }
    }
}

/// What a denied call was answered.
struct DeniedAnswer {
    let code: String
    let text: String

    /// nil: the event's call was not denied.
    init?(_ event: Event) {
        guard let record = try? JSONValue(parsing: event.body), let code = record["errorCode"]?.text,
            Problem.isDenial(code)
        else { return nil }
        self.code = code
        text = record["errorMessage"]?.text ?? code
    }
}
