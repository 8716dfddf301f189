import Ledger
import Platform
import Wire

/// The mail that Gatehouse would have sent. It has codes of all accounts in it: it is the operator's, as
/// `/_gatehouse/outbox` is, so for the root user of the first account alone, in a session of his own.
enum OutboxPages {
    static let routes: [Route] = [
        .get("outbox") { (visit) throws(ServiceError) in try await show(visit) }
    ]

    private static let pageSize = 100

    private struct Message {
        let sentAt: String
        let recipient: String
        let subject: String
        let mailAccount: String
        let mailText: String
    }

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        guard visit.isOperator else {
            throw .accessDenied(
                "The outbox is for the root user of this Gatehouse's first account: the mail of all accounts is there.")
        }
        let mail: [Mail]
        do throws(LedgerError) {
            mail = try await Outbox.mail(in: visit.environment.ledger)
        } catch {
            throw ServiceError(error)
        }
        let skipped = visit.query.number("skip") ?? 0
        let shown = mail.reversed().dropFirst(skipped).prefix(pageSize)
        let hasMore = mail.count - min(skipped, mail.count) > pageSize
        return visit.page(
            "outbox", "Outbox",
            [
                "messages": shown.map {
                    Message(
                        sentAt: Timestamp(secondsSinceEpoch: $0.time).reading, recipient: $0.recipient,
                        subject: $0.subject, mailAccount: $0.accountID, mailText: $0.text)
                },
                "isEmpty": shown.isEmpty,
                "next": hasMore ? "\(Console.root)outbox?skip=\(skipped + pageSize)" : nil,
            ])
    }
}

extension Visit {
    /// Whether the caller runs this Gatehouse: the root user of its first account. A session of AssumeRoot is somebody else's, for
    /// one task.
    var isOperator: Bool {
        guard case .root = caller.identity else { return false }
        return caller.session?.taskPolicyARN == nil && account == environment.directory.firstAccount?.id
    }
}
