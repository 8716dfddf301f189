import Fetch
import Platform
import Wire

/// Brings a message to the operator's server: at least once. One that was taken is done; until then it is tried again, for
/// about as long as its codes hold.
///
/// The HTTP endpoint gets all messages, and takes them with any status of success; without one, the mail server gets those
/// by e-mail.
struct DeliverMessage: Job {
    static let kind = "CognitoIDP::DeliverMessage"
    /// With pauses that grow to five minutes, about a day.
    private static let mostAttempts = 300
    static let patience = Duration.seconds(5)

    let medium: Message.Medium
    let recipient: String
    let subject: String
    let text: String
    let poolID: String
    /// `EmailConfiguration` of the pool: who it is from.
    var sender: String?
    var replyTo: String?

    func run(_ context: JobContext) async throws(ServiceError) {
        do throws(ServiceError) {
            try await deliver(context)
        } catch {
            let (poolID, details) = (poolID, error.cause ?? error.message)
            if context.attempts == 0 {
                let now = context.environment.now()
                try await context.environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                    try records.deliver(failure: details, ofMessageOf: poolID, at: now)
                }
            }
            guard context.attempts >= Self.mostAttempts else { throw error }
        }
        try await context.finish { (_) throws(ServiceError) in }
    }

    private func deliver(_ context: JobContext) async throws(ServiceError) {
        let servers = context.environment.outsideServers
        if let endpoint = servers.messages.endpoint {
            try await post(to: endpoint, servers, id: context.id)
        } else if let server = servers.messages.mailServer, medium == .email {
            try await mail(by: server, context)
        }
    }

    private func mail(by server: MailServer, _ context: JobContext) async throws(ServiceError) {
        let text = MailText(
            from: sender ?? server.sender, to: recipient, replyTo: replyTo, subject: subject, html: text,
            id: context.id, at: context.environment.clock.now)
        // An address that is none gets nothing, however often it is tried.
        guard let text else { return }
        do throws(MailClient.Failure) {
            try await MailClient(server).send(from: text.sender, to: recipient, text.bytes)
        } catch {
            throw failure(error.description)
        }
    }

    private func post(
        to endpoint: WebAddress, _ servers: OutsideServers, id: String
    ) async throws(ServiceError) {
        var limits = Fetch.Limits()
        limits.time = Self.patience
        let answer: Fetch.Answer
        do throws(FetchError) {
            answer = try await Fetch(trust: servers.trust, limits: limits).send(
                Fetch.Request(
                    "POST", endpoint, headers: [(name: "Content-Type", value: "application/json")],
                    body: json(id: id)))
        } catch {
            throw failure("\(error)")
        }
        guard (200...299).contains(answer.status) else { throw failure("the server answered \(answer.status)") }
    }

    private func json(id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", id)
        writer.member("medium", medium.rawValue)
        writer.member("recipient", recipient)
        if medium == .email { writer.member("subject", subject) }
        writer.member("text", text)
        writer.member("userPoolId", poolID)
        writer.member("from", sender)
        writer.member("replyTo", replyTo)
        writer.endObject()
        return writer.bytes
    }

    /// Without the recipient: it is for the log.
    private func failure(_ reason: String) -> ServiceError {
        var error = ServiceError.internalFailure
        error.cause = "a message of user pool \(poolID) could not be delivered: \(reason)"
        return error
    }
}
