import Directory
import Ledger
import Platform
import Policy
import Synchronization

/// A place for log events of other accounts: what is behind it, and who may send to it.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Destination.html>
struct LogDestination: Record {
    static let kind = "AWS::Logs::Destination"

    let name: String
    let targetARN: String
    let roleARN: String
    var accessPolicy: String?
    /// Milliseconds since 1970.
    let created: Int
    var tags: [Tag] = []

    var id: String { name }
}

/// Destinations, in memory: policies are asked of them, and events take their way by them.
final class DestinationIndex: Projection {
    static let kinds: Set<String> = [LogDestination.kind]

    private let state = Mutex<[LogDestinationName: (destination: LogDestination, policy: CompiledPolicy?)]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let name = LogDestinationName(
                account: change.scope.account, region: change.scope.region, name: change.id)
            let destination = try change.decodeAfter(LogDestination.self)
            let policy = destination?.accessPolicy.map { Self.compiled($0) }
            state.withLock { $0[name] = destination.map { ($0, policy) } }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = [:] }
        try apply(changes)
    }

    /// One that can't be read denies everything.
    private static func compiled(_ text: String) -> CompiledPolicy {
        let source = PolicySource(type: .resource, name: "access policy")
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }

    /// nil: there is none.
    func destination(_ name: LogDestinationName) -> LogDestination? { state.withLock { $0[name]?.destination } }

    /// Whether what is sent there comes into a log group.
    func isIntoGroup(_ target: SubscriptionTarget) -> Bool {
        switch target {
        case .group: return true
        case .endpoint, .bucket: return false
        case .destination(let name):
            if case .group? = destination(name).flatMap({ SubscriptionTarget($0.targetARN) }) { return true }
            return false
        }
    }

    func resource(_ name: LogDestinationName) -> Resource? {
        state.withLock { state in
            state[name].map { Resource(owner: name.account, tags: $0.destination.tags, policy: $0.policy) }
        }
    }
}

extension ResourceType {
    /// Destinations: what their access policies say.
    static let logDestination = ResourceType("logs", LogDestinationName.prefix, hasFreeNames: true) { access, _, call in
        LogDestinationName(arn: access.resource).flatMap {
            call.environment.projection(DestinationIndex.self).resource($0)
        }
    }
}
