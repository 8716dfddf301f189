import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import SNSAPI
import Wire

// Whoever has an endpoint says by a token that he wants what is sent there, and by another that he does not want it to end.
// <https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html>

/// A token that was sent to an endpoint: its subscription's id, and 48 random bytes.
enum ConfirmationToken {
    /// Seconds for which one holds.
    static let lifetime = 2 * 86_400.0

    static func make(for subscriptionID: String) -> String {
        subscriptionID.replacing("-", with: "") + TextHash.hexadecimal(Identifiers.randomBytes(48))
    }

    /// The subscription that a token is for; nil for what is none.
    static func subscriptionID(of token: String) -> String? {
        guard token.utf8.count == 128,
            token.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        var id = ""
        for (place, digit) in token.utf8.prefix(32).enumerated() {
            if [8, 12, 16, 20].contains(place) { id += "-" }
            id.unicodeScalars.append(UnicodeScalar(digit))
        }
        return id
    }
}

extension MutableRecords {
    /// Sends an endpoint what it can confirm its subscription with. The subscription is still to be put.
    func askForConfirmation(
        _ subscription: inout Subscription, _ kind: MessageContent.Kind, of topic: Topic, at time: Double,
        _ environment: Environment
    ) throws(ServiceError) {
        let token = ConfirmationToken.make(for: subscription.id)
        subscription.tokenHash = Data(TextHash.bytes(token))
        subscription.tokenExpires = time + ConfirmationToken.lifetime
        let text =
            kind == .subscriptionConfirmation
            ? "You have chosen to subscribe to the topic \(topic.arn).\nTo confirm the subscription, visit the SubscribeURL "
                + "included in this message."
            : "You have chosen to deactivate subscription \(subscription.arn).\nTo cancel this operation and restore the "
                + "subscription, visit the SubscribeURL included in this message."
        let content = MessageContent(kind: kind, id: RequestIDs.make(time: time), time: time, text: text, token: token)
        if subscription.transport.isMail {
            let signer = try environment.knownSigner(in: topic.region)
            try send(MailMessage(MessageWriter(content, topic, signer, environment), subscription), at: time)
        } else {
            try put(StoredMessage(topicID: topic.uniqueID, id: content.id, content: content))
            try enqueue([subscription.id], content, of: topic, at: time)
        }
        try schedule(ForgetSubscription(), id: subscription.id, at: subscription.tokenExpires)
    }
}

/// Deletes a subscription that nobody has confirmed in time.
struct ForgetSubscription: Job {
    static let kind = "SNS::ForgetSubscription"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (id, now) = (context.id, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            guard let subscription = try records.get(Subscription.self, id), subscription.state != .confirmed,
                subscription.tokenExpires <= now + 1
            else { return }
            try records.forget(subscription)
        }
    }
}

extension SNS.ConfirmSubscription: WriteOperation {
    public static var secretMembers: Set<String> { ["Token"] }

    /// Whoever signs the request needs permission by his own account's policies. The token is what the topic's side asks for, and
    /// by it anybody may confirm, as with the address that the endpoint was sent.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var access = call.access(on: try TopicName(input.topicArn))
        access.resourceAccount = call.accountID
        if call.caller.isAnonymous { access.verdict = .allowed }
        return .required(access)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let (topic, own) = try records.topic(try TopicName(input.topicArn), call)
        guard let id = ConfirmationToken.subscriptionID(of: input.token),
            var subscription = try own.get(Subscription.self, id), subscription.topicID == topic.uniqueID,
            let hash = subscription.tokenHash, TextHash.isHash(hash, of: input.token)
        else { throw .invalidParameter("Token") }
        guard call.time < subscription.tokenExpires else { throw .invalidParameter("Token Reason: Token expired") }
        if subscription.state != .confirmed {
            let needsSignature = input.authenticateOnUnsubscribe?.lowercased() == "true"
            guard !needsSignature || !call.caller.isAnonymous else {
                throw .unauthorized("AuthenticateOnUnsubscribe needs a signed request")
            }
            subscription.state = .confirmed
            subscription.wasConfirmedWithSignature = !call.caller.isAnonymous
            subscription.needsSignatureToEnd = needsSignature
            try own.put(subscription)
            try own.cancel(ForgetSubscription.self, id: subscription.id)
        }
        return Output { $0.subscriptionArn = subscription.arn }
    }
}

extension SNS.Unsubscribe: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try SubscriptionName(input.subscriptionArn)
        guard call.caller.isAnonymous else { return call.accessToAll }
        // The address for it is in every message; whether that is enough, the subscription says.
        var access = call.access(on: name.topic)
        access.verdict = .allowed
        return .required(access)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        _ = try await call.environment.signer(in: try SubscriptionName(input.subscriptionArn).topic.region)
    }

    public static func handle(
        _ input: Input, _: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = try SubscriptionName(input.subscriptionArn)
        try call.checkRegion(of: name.topic, "SubscriptionArn")
        let own = records.of(name.topic.scope)
        // What is not there has ended already.
        guard let topic = try own.get(Topic.self, name.topic.name),
            var subscription = try own.get(Subscription.self, name.id), subscription.topicID == topic.uniqueID
        else { return Output() }
        let isOwner = call.accountID == subscription.owner || call.accountID == subscription.accountID
        if !call.caller.isAnonymous, isOwner {
            guard subscription.state != .pending else {
                throw .invalidParameter(
                    "SubscriptionArn Reason: A pending subscription can't be deleted; it ends by itself")
            }
            try own.forget(subscription)
            return Output()
        }
        guard !subscription.needsSignatureToEnd else {
            throw .unauthorized("Only the owner of the subscription or the topic can end it")
        }
        guard subscription.state == .confirmed else { return Output() }
        subscription.state = .deleted
        try own.askForConfirmation(&subscription, .unsubscribeConfirmation, of: topic, at: call.time, call.environment)
        try own.put(subscription)
        return Output()
    }
}
