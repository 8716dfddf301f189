import IAMAPI
import Ledger
import Platform
import Wire

/// The page that shows for this installation which duty is whose, each with its state.
enum ResponsibilityPages {
    static let routes: [Route] = [
        .get("responsibility") { (visit) throws(ServiceError) in try await show(visit) }
    ]

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let summary = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.GetAccountSummary.self).summaryMap ?? [:]
        }
        let account = await SecuritySteps.all(visit, summary).map { Duty($0) }
        let own = try await gatehouse(visit)
        let machine = visit.isOperator ? MachineDuties.all : MachineDuties.all.map(\.hidden)
        let parts: [(id: String, heading: String, text: String, duties: [Duty])] = [
            (
                "account", "Yours, who administer the account",
                "As on AWS: whom you let in, what you keep, and what you look at.", account
            ),
            (
                "gatehouse", "Gatehouse's",
                "On AWS these are AWS's. Here the program does them, as this installation is set up.", own
            ),
            (
                "machine", "The machine's, and of those who keep it",
                "On AWS these are AWS's as well. Here they are the operator's: Gatehouse can't do them, and sees few of them.",
                machine
            ),
        ]
        return visit.page(
            "responsibility", "Shared responsibility",
            [
                "parts": parts.map { part -> [String: Any] in
                    [
                        "id": part.id, "heading": part.heading, "text": part.text, "duties": part.duties.map(\.shown),
                        "open": part.duties.count { $0.state == .open },
                    ]
                }
            ])
    }

    /// What Gatehouse does, and whether it can as it is set up.
    private static func gatehouse(_ visit: Visit) async throws(ServiceError) -> [Duty] {
        let environment = visit.environment
        let changes = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
            try records.lastSequence()
        }
        let isEncrypted = environment.publicAddress.url.hasPrefix("https://")
        return [
            Duty(
                "Every request is decided by policies, and recorded", .done,
                "There is one way in, and it can't be gone around: see the event history.",
                link: ("Event history", "events")),
            Duty(
                "What is kept is sealed, and changes can be proved", .done,
                "Records are encrypted, and \(changes) changes are in the journal, which gatehouse verify proves."),
            Duty(
                "The root key is out of reach", environment.token == nil ? .open : .done,
                environment.token == nil
                    ? "The root key is with Gatehouse's data. A hardware token can keep it."
                    : "A hardware token keeps the root key."),
            Duty(
                "Connections are encrypted", isEncrypted ? .done : .open,
                isEncrypted
                    ? "Gatehouse is reached at \(environment.publicAddress.url)."
                    : "Gatehouse is reached at \(environment.publicAddress.url): whoever is on the way reads along."),
            Duty(
                "It goes on when a machine fails", environment.ledger.isShared ? .done : .open,
                environment.ledger.isShared
                    ? "Several servers can work on one database."
                    : "There is one server, and it is down when its machine is."),
        ]
    }
}

extension Duty {
    /// As it is shown to those who do not run this Gatehouse.
    fileprivate var hidden: Duty { Duty(title, .unseen, "Only the operator sees this.") }
}
