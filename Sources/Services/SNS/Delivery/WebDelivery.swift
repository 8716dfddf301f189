import Fetch
import Platform
import Wire

/// Brings a message to an HTTP endpoint.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html>
struct WebDelivery: Sendable {
    enum Outcome: Sendable, Equatable {
        case delivered
        case retryable
        case failed
    }

    /// For so long an endpoint may think.
    private static let patience = Duration.seconds(15)

    private let subscription: Subscription
    private let topic: Topic
    private let environment: Environment

    init(_ subscription: Subscription, _ topic: Topic, _ environment: Environment) {
        self.subscription = subscription
        self.topic = topic
        self.environment = environment
    }

    /// - Throws: InternalFailure where the message can't be signed.
    func send(_ writer: MessageWriter) async throws(ServiceError) -> Outcome {
        let content = writer.content
        let servers = environment.outsideServers
        // The operator may have taken its place away: he can give it back.
        guard let place = servers.subscriberPlace(of: subscription.endpoint) else { return .retryable }
        let isRaw = subscription.isRaw && content.kind == .notification
        let policy = EffectiveDelivery(topic: topic.deliveryPolicy, subscription: subscription.deliveryPolicy)
        var headers = [
            (name: "Content-Type", value: policy.contentType),
            (name: "x-amz-sns-message-type", value: content.kind.rawValue),
            (name: "x-amz-sns-message-id", value: content.id), (name: "x-amz-sns-topic-arn", value: topic.arn),
        ]
        if content.kind != .subscriptionConfirmation {
            headers.append((name: "x-amz-sns-subscription-arn", value: subscription.arn))
        }
        if isRaw { headers.append((name: "x-amz-sns-rawdelivery", value: "true")) }
        let body = isRaw ? content.text(for: subscription.transport) : try writer.document(for: subscription)
        var limits = Fetch.Limits()
        limits.time = Self.patience
        do throws(FetchError) {
            let answer = try await servers.fetch(place, limits: limits).send(
                Fetch.Request("POST", place.address, headers: headers, body: Array(body.utf8)))
            return Self.outcome(of: answer.status)
        } catch {
            return .retryable
        }
    }

    /// <https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html>
    static func outcome(of status: Int) -> Outcome {
        switch status {
        case 200..<300: .delivered
        case 429, 500...: .retryable
        default: .failed
        }
    }
}
