import Directory
import Ledger
import Platform
import Policy
import SQSAPI
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html>

/// A queue as requests name it.
struct QueueReference: Hashable, Sendable {
    let account: String
    let region: String
    let name: String

    var arn: String { ARN.text("sqs", region, account, "", name) }
    /// Where the queue's record and rows are.
    var scope: Scope { Scope(account: account, region: region) }
    var isFIFO: Bool { name.hasSuffix(".fifo") }

    init(account: String, region: String, name: String) {
        self.account = account
        self.region = region
        self.name = name
    }

    /// What a URL names: whichever host it has, its path ends with the account and the name. The Region is that of the
    /// request. nil for what is no queue's.
    init?(url: String, region: String) {
        var parts = url[...]
        if let scheme = parts.firstRange(of: "://") {
            parts = parts[scheme.upperBound...]
            guard let slash = parts.firstIndex(of: "/") else { return nil }
            parts = parts[slash...]
        }
        let path = parts.split(separator: "/")
        guard path.count == 2, Self.isAccount(path[0]), Self.isName(path[1]) else { return nil }
        self.init(account: String(path[0]), region: region, name: String(path[1]))
    }

    /// nil for what is no queue's ARN.
    init?(arn text: String) {
        guard let arn = ARN(parsing: text), arn.service == "sqs", !arn.region.isEmpty, Self.isAccount(arn.account[...]),
            Self.isName(arn.resource[...])
        else { return nil }
        self.init(account: arn.account, region: arn.region, name: arn.resource)
    }

    private static func isAccount(_ text: Substring) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Whether a queue may have a name: 80 letters, digits, hyphens and underscores, with `.fifo` behind them or not.
    static func isName(_ text: Substring) -> Bool {
        let stem = text.hasSuffix(".fifo") ? text.dropLast(5) : text
        return !stem.isEmpty && text.utf8.count <= 80 && stem.utf8.allSatisfy(\.isNameByte)
    }

    /// The queue's URL as a client knows this server.
    func url(for call: Call) -> String {
        let base =
            call.source.host.map { "\(call.source.isSecureTransport ? "https" : "http")://\($0)" }
            ?? call.environment.publicAddress.url
        return "\(base)/\(account)/\(name)"
    }
}

extension UInt8 {
    /// Whether names of queues, labels and ids of batches may have it.
    var isNameByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

extension Call {
    /// The queue that a request names by its URL.
    /// - Throws: InvalidAddress.
    func queue(_ url: String) throws(ServiceError) -> QueueReference {
        guard let queue = QueueReference(url: url, region: region) else { throw .invalidAddress(url) }
        return queue
    }

    /// The queue of a name in the caller's account.
    func ownQueue(_ name: String) -> QueueReference { QueueReference(account: accountID, region: region, name: name) }

    func queueAccess(
        _ action: String, on queue: QueueReference, _ context: [String: ContextValue] = [:]
    ) -> Access {
        Access("sqs:\(action)", on: queue.arn, resourceAccount: queue.account, context: context)
    }

    /// Refuses what only the account of a queue may do, whatever its policy says.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html>
    func checkOwns(_ queue: QueueReference) throws(ServiceError) {
        guard queue.account == accountID else {
            throw .accessDenied("Access to the resource \(queue.url(for: self)) is denied.")
        }
    }

    var queues: QueueIndex { environment.projection(QueueIndex.self) }
}

/// An operation on the queue that its request names by its URL. The batches of an operation need its permission.
protocol OnQueue: Platform.Operation where InputFields: SQS.WithQueueUrl {}

extension OnQueue {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let action = call.operation.hasSuffix("Batch") ? String(call.operation.dropLast(5)) : call.operation
        return .required(call.queueAccess(action, on: try call.queue(input.queueUrl)))
    }
}

/// An operation that the queue's policy can't open to other accounts.
protocol OnOwnQueue: Platform.Operation where InputFields: SQS.WithQueueUrl {
    /// Condition keys of the request.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnOwnQueue {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let queue = try call.queue(input.queueUrl)
        try call.checkOwns(queue)
        return .required(call.queueAccess(call.operation, on: queue, keys(input)))
    }
}

extension ResourceType {
    /// Queues, with their tags and policies.
    static let queue = ResourceType("sqs", "", hasOwnTagKey: false) { access, _, call in
        call.queues.entry(access.resource).map { entry in
            let isUnlocking = call.caller.isRoot(of: entry.queue.account) && unlocking.contains(access.action)
            return Resource(
                owner: entry.queue.account, tags: entry.queue.tags, policy: isUnlocking ? nil : entry.policy)
        }
    }

    /// What the root user of the queue's account may do even where the queue's policy keeps everybody out, so that somebody can
    /// take it away. <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SQSUnlockQueuePolicy.html>
    private static let unlocking: Set<String> = [
        "sqs:SetQueueAttributes", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
    ]
}

extension Caller {
    fileprivate func isRoot(of account: String) -> Bool {
        if case .root = identity { accountID == account } else { false }
    }
}

extension RecordReading {
    /// The record of a queue.
    /// - Throws: QueueDoesNotExist.
    func queue(_ reference: QueueReference) throws(ServiceError) -> Queue {
        guard let queue = try of(reference.scope).get(Queue.self, reference.name) else { throw .queueDoesNotExist }
        return queue
    }
}
