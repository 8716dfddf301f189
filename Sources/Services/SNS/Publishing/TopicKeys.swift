import Crypto
import FoundationEssentials
import Ledger
import Platform
import Synchronization

/// The data keys of topics with a KMS key. What KMS has answered to somebody holds for five minutes, as on AWS. Without that, a rule
/// that tells such a topic of what KMS does would have each message bring forth others, without end.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
final class TopicKeys: Projection {
    static let kinds: Set<String> = []
    /// In seconds.
    static let reuse = 300.0
    /// More are not remembered.
    private static let most = 10_000

    /// Who publishes to what.
    struct Publisher: Hashable {
        /// The topic's unique id.
        let topic: String
        /// As the topic names it.
        let key: String
        let caller: String
    }

    /// What has been decrypted for deliveries.
    struct Opened: Hashable {
        let topic: String
        let key: Data
    }

    private struct State {
        var publishing: [Publisher: (key: MessageKey, until: Double)] = [:]
        var opened: [Opened: (secret: SymmetricKey, until: Double)] = [:]
    }

    private let state = Mutex(State())

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { state.withLock { $0 = State() } }

    /// - Parameter now: seconds since 1970.
    func key(of publisher: Publisher, at now: Double) -> MessageKey? {
        state.withLock { $0.publishing[publisher] }.flatMap { $0.until > now ? $0.key : nil }
    }

    func keep(_ key: MessageKey, of publisher: Publisher, at now: Double) {
        state.withLock { state in
            if state.publishing.count >= Self.most {
                state.publishing = state.publishing.filter { $0.value.until > now }
            }
            if state.publishing.count >= Self.most { state.publishing = [:] }
            state.publishing[publisher] = (key, now + Self.reuse)
        }
    }

    func secret(of key: Opened, at now: Double) -> SymmetricKey? {
        state.withLock { $0.opened[key] }.flatMap { $0.until > now ? $0.secret : nil }
    }

    func keep(_ secret: SymmetricKey, of key: Opened, at now: Double) {
        state.withLock { state in
            if state.opened.count >= Self.most { state.opened = state.opened.filter { $0.value.until > now } }
            if state.opened.count >= Self.most { state.opened = [:] }
            state.opened[key] = (secret, now + Self.reuse)
        }
    }
}
