import Ledger
import LogMasking
import Platform
import Synchronization

/// What data protection policies say of a group's events: what is masked in them, and where findings go.
struct Protection: Sendable {
    let data: SensitiveData
    var destinations: [DataProtectionPolicy.Destinations]
}

/// The data protection policies of accounts, and all policies compiled.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html>
final class ProtectionIndex: Projection {
    static let kinds: Set<String> = [AccountPolicy.kind]
    /// Policies that are kept compiled.
    private static let most = 16

    private struct State {
        /// By the ids of policies.
        var ofAccounts: [Scope: [String: String]] = [:]
        var compiled: [[String]: Protection] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let policy = try change.decodeAfter(AccountPolicy.self)
            let document = policy?.subject == .dataProtection ? policy?.document : nil
            state.withLock { $0.ofAccounts[change.scope, default: [:]][change.id] = document }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0.ofAccounts = [:] }
        try apply(changes)
    }

    /// nil: no policy is about the group.
    func protection(of group: LogGroup) -> Protection? {
        guard group.logClass == "STANDARD" else { return nil }
        var documents = group.dataProtection.map { [$0.document] } ?? []
        documents += state.withLock { $0.ofAccounts[group.scope]?.values.sorted() ?? [] }
        guard !documents.isEmpty else { return nil }
        if let known = state.withLock({ $0.compiled[documents] }) { return known }
        // They could be read when they were put.
        let policies = documents.compactMap { try? DataProtectionPolicy(parsing: $0, for: .logs) }
        let protection = Protection(
            data: SensitiveData(Self.identifiers(of: policies)), destinations: policies.map(\.destinations))
        state.withLock { state in
            if state.compiled.count >= Self.most { state.compiled = [:] }
            state.compiled[documents] = protection
        }
        return protection
    }

    /// Those of AWS once each, and all own ones: two policies may mean other things by the same name.
    private static func identifiers(of policies: [DataProtectionPolicy]) -> [DataIdentifier] {
        var managed: Set<String> = []
        return policies.flatMap(\.identifiers).filter { identifier in
            DataIdentifier.managed(identifier.name) == nil || managed.insert(identifier.name).inserted
        }
    }
}
