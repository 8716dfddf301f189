import Compression
import Fetch
import FoundationEssentials
import Platform
import Wire

/// The server that stands for a function, a stream or a Firehose stream (`--event-destination ARN=URL`).
///
/// For a function it gets what the function would get; for a stream the record, compressed as AWS's are.
struct SubscriptionEndpoint: Sendable {
    let arn: String
    /// Whose rule, or whose destination, names it.
    private let account: String
    private let kind: SubscriptionTarget.Endpoint
    private let environment: Environment

    private static let patience = Duration.seconds(10)

    init(arn: String, of account: String, _ kind: SubscriptionTarget.Endpoint, _ environment: Environment) {
        (self.arn, self.account, self.kind, self.environment) = (arn, account, kind, environment)
    }

    /// - Throws: InternalFailure: no server stands for it.
    func address() throws(ServiceError) -> WebAddress {
        guard let address = environment.outsideServers.eventDestination(arn, for: account) else {
            throw failure("no server stands for it: name one with --event-destination")
        }
        return address
    }

    func sendControl() async throws(ServiceError) {
        try await send(SubscriptionMessage.control(at: environment.now()))
    }

    /// - Throws: InternalFailure where it may take it later; ``isRefusal(_:)`` tells what it will never take.
    func send(_ message: [UInt8]) async throws(ServiceError) {
        guard let packed = Gzip.compress(message) else { throw .internalFailure }
        var body = packed
        var type = "application/octet-stream"
        if kind == .function {
            var writer = JSONWriter(capacity: packed.count * 2)
            writer.beginObject()
            writer.key("awslogs")
            writer.beginObject()
            writer.member("data", Data(packed).base64EncodedString())
            writer.endObject()
            writer.endObject()
            (body, type) = (writer.bytes, "application/json")
        }
        var limits = Fetch.Limits()
        limits.time = Self.patience
        var headers = [(name: "Content-Type", value: type), (name: "X-Gatehouse-Destination", value: arn)]
        if kind == .function { headers.append((name: "X-Amz-Invocation-Type", value: "Event")) }
        let request = Fetch.Request("POST", try address(), headers: headers, body: body)
        let answer: Fetch.Answer
        do throws(FetchError) {
            answer = try await Fetch(trust: environment.outsideServers.trust, limits: limits).send(request)
        } catch {
            throw failure("\(error)")
        }
        switch answer.status {
        case 200...299: return
        case 408, 425, 429: throw failure("the server answered \(answer.status)")
        case 400...499:
            throw ServiceError(Self.refusal, "The server of \(arn) answered \(answer.status).", status: answer.status)
        default: throw failure("the server answered \(answer.status)")
        }
    }

    private static let refusal = "Refused"

    /// Whether the server has said that it will never take a message.
    static func isRefusal(_ error: ServiceError) -> Bool { error.code == refusal }

    private func failure(_ reason: String) -> ServiceError {
        var error = ServiceError.internalFailure
        error.cause = "log events could not be delivered to \(arn): \(reason)"
        return error
    }
}
