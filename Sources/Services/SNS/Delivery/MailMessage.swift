import Ledger
import Platform
import Wire

/// A message as somebody gets it by e-mail. Gatehouse sends none itself: it lies in the outbox.
struct MailMessage: Sendable {
    let subject: String
    let text: String
    let recipient: String
    let accountID: String
    let id: String

    /// - Throws: InternalFailure where JSON can't be signed.
    init(_ writer: MessageWriter, _ subscription: Subscription) throws(ServiceError) {
        let (content, topic, address) = (writer.content, writer.topic, writer.address)
        recipient = subscription.endpoint
        accountID = topic.accountID
        id = "\(content.id) \(subscription.id)"
        if subscription.transport == .emailJSON {
            subject = content.subject ?? Self.usualSubject
            text = try writer.document(for: subscription)
            return
        }
        switch content.kind {
        case .notification:
            subject = content.subject ?? Self.usualSubject
            text = """
                \(content.text(for: subscription.transport))

                --
                If you wish to stop receiving notifications from this topic, please click or visit the link below to \
                unsubscribe:
                \(SubscriptionAddress.unsubscribe(subscription.arn, at: address))
                """
        case .subscriptionConfirmation:
            subject = "AWS Notification - Subscription Confirmation"
            text = """
                You have chosen to subscribe to the topic:
                \(topic.arn)

                To confirm this subscription, click or visit the link below (If this was in error no action is necessary):
                \(SubscriptionAddress.confirm(topic.arn, token: content.token ?? "", at: address))
                """
        case .unsubscribeConfirmation:
            subject = "AWS Notification - Unsubscribe Confirmation"
            text = """
                Your subscription to the topic below has been deactivated:
                \(topic.arn)

                If this was in error or you wish to resubscribe, click or visit the link below:
                \(SubscriptionAddress.confirm(topic.arn, token: content.token ?? "", at: address))
                """
        }
    }

    private static let usualSubject = "AWS Notification Message"
}

extension MutableRecords {
    /// Leaves a message in the outbox.
    func send(_ mail: MailMessage, at time: Double) throws(ServiceError) {
        try send(
            Mail(
                requestID: mail.id, at: time, about: mail.accountID, to: mail.recipient, subject: mail.subject,
                text: mail.text))
    }
}
