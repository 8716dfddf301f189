import Directory
import Ledger
import Platform
import Shield
import Synchronization

/// The attacks that go on, at whichever node they were told, and what was found to be done about them.
final class OngoingAttacks: Projection {
    static let kinds: Set<String> = [StoredAttack.kind]

    /// By the ARNs of what is attacked.
    private let open = Mutex<[String: StoredAttack]>([:])
    /// Those that had attacks, whether or not they still have applications, or any are here.
    private let attacked = Mutex<Set<String>>([])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let attack = try change.decodeAfter(StoredAttack.self)
            attacked.withLock { _ = $0.insert(change.scope.account) }
            open.withLock { open in
                if let attack, attack.report.end == nil {
                    open[attack.resourceARN] = attack
                } else {
                    open = open.filter { $0.value.id != change.id }
                }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        open.withLock { $0 = [:] }
        attacked.withLock { $0 = [] }
        try apply(changes)
    }

    /// The attack on a thing; nil: there is none.
    func attack(on arn: String) -> StoredAttack? { open.withLock { $0[arn] } }

    /// What the requests of a thing's attack have in common.
    func rules(of arn: String) -> [MitigationRule] { attack(on: arn)?.rules ?? [] }

    /// The accounts that had any attack.
    var accounts: Set<String> { attacked.withLock { $0 } }

    /// All of them.
    var all: [StoredAttack] { open.withLock { Array($0.values) } }
}
