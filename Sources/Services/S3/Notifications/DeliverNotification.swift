import Directory
import Fetch
import Platform
import Wire

/// Brings a message to the server that stands for its destination: at least once. One that was taken with any status of
/// success is done; until then it is tried again for a day. Topics and queues for which no server stands are Gatehouse's own.
struct DeliverNotification: Job {
    static let kind = "S3::DeliverNotification"
    /// With pauses that grow to five minutes, about a day.
    private static let mostAttempts = 300
    private static let mostRefusals = 5
    private static let patience = Duration.seconds(5)

    let destination: String
    /// JSON.
    let body: String
    /// Of which bucket it tells, and whose that is; nil in what was scheduled before topics and queues were there.
    var bucket: String?
    var account: String?

    func run(_ context: JobContext) async throws(ServiceError) {
        let servers = context.environment.outsideServers
        if let bucket, let account, servers.eventDestination(destination, for: account) == nil,
            let service = NotifiedService(destination, bucket: bucket, account: account, context.environment)
        {
            return try await tell(service, context)
        }
        do throws(ServiceError) {
            try await deliver(servers)
        } catch {
            guard context.attempts >= Self.mostAttempts else { throw error }
        }
        try await context.finish { (_) throws(ServiceError) in }
    }

    /// What is refused may have been refused by a policy that is mended soon.
    private func tell(_ service: NotifiedService, _ context: JobContext) async throws(ServiceError) {
        let send: @Sendable (MutableRecords) throws(ServiceError) -> Void
        do throws(ServiceError) {
            send = try await service.prepare(body)
        } catch {
            guard context.attempts >= (error.status < 500 ? Self.mostRefusals : Self.mostAttempts) else {
                throw failure("\(error.code): \(error.message)")
            }
            return try await context.finish { (_) throws(ServiceError) in }
        }
        try await context.finish(send)
    }

    private func deliver(_ servers: OutsideServers) async throws(ServiceError) {
        guard let address = server(servers) else {
            throw failure("no server stands for it: name one with --event-destination")
        }
        var limits = Fetch.Limits()
        limits.time = Self.patience
        let answer: Fetch.Answer
        do throws(FetchError) {
            answer = try await Fetch(trust: servers.trust, limits: limits).send(
                Fetch.Request(
                    "POST", address,
                    headers: [
                        (name: "Content-Type", value: "application/json"),
                        (name: "X-Gatehouse-Destination", value: destination),
                    ], body: Array(body.utf8)))
        } catch {
            throw failure("\(error)")
        }
        guard (200...299).contains(answer.status) else { throw failure("the server answered \(answer.status)") }
    }

    private func server(_ servers: OutsideServers) -> WebAddress? {
        guard let owner = account ?? ARN(parsing: destination)?.account else { return nil }
        return servers.eventDestination(destination, for: owner)
    }

    private func failure(_ reason: String) -> ServiceError {
        var error = ServiceError.internalFailure
        error.cause = "a message to \(destination) could not be delivered: \(reason)"
        return error
    }
}
