import CertificateIssuing
import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// An authority as requests are decided by it.
final class AuthorityEntry: Sendable {
    let authority: CertificateAuthority
    /// Its policy and the permissions of services, in one; nil: it has neither.
    let policy: CompiledPolicy?
    /// Answers about certificates that were given lately, by whoever asks without a nonce.
    let answers = RecentAnswers()

    init(_ authority: CertificateAuthority) {
        self.authority = authority
        policy = authority.compiledPolicy
    }
}

/// The authorities of all accounts, for what must not read the ledger: policies that ask for tags, and paths that name an
/// authority alone.
final class AuthorityIndex: Projection {
    static let kinds: Set<String> = [CertificateAuthority.kind]

    private let entries = Mutex<[String: AuthorityEntry]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let entry = try change.decodeAfter(CertificateAuthority.self).map { AuthorityEntry($0) }
            entries.withLock { $0[change.id] = entry }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        entries.withLock { $0 = [:] }
        try apply(changes)
    }

    func entry(_ id: String) -> AuthorityEntry? { entries.withLock { $0[id] } }

    /// Those of a Region that are not of an account, in the order of their ARNs.
    func entries(in region: String, except account: String) -> [AuthorityEntry] {
        entries.withLock { entries in
            entries.values.filter { $0.authority.region == region && $0.authority.accountID != account }
        }.sorted { $0.authority.arn < $1.authority.arn }
    }

    /// How many there are.
    var count: Int { entries.withLock { $0.count } }
}

extension ResourceType {
    /// An authority, and the certificates below it.
    static let certificateAuthority = ResourceType(
        "acm-pca", AuthorityName.prefix, hasOwnTagKey: false
    ) { access, arn, call in
        let id = arn.resource.dropFirst(AuthorityName.prefix.count).prefix { $0 != "/" }
        guard let entry = call.environment.projection(AuthorityIndex.self).entry(String(id)),
            entry.authority.accountID == arn.account, entry.authority.region == arn.region
        else { return nil }
        let proposed = access.learnt as? ProposedPolicy
        return Resource(
            owner: entry.authority.accountID, tags: entry.authority.tags,
            policy: proposed.map(\.policy) ?? entry.policy)
    }
}

/// A policy that an authority does not have yet: what would it say?
struct ProposedPolicy: Sendable {
    let policy: CompiledPolicy?
}
