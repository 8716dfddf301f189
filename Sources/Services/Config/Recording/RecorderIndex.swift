import Ledger
import Platform
import Synchronization

/// Where there are recorders: so that nothing is followed where there is none.
final class RecorderIndex: Projection {
    static let kinds: Set<String> = [Recorder.kind]

    private let recorders = Mutex<[Scope: [String: Recorder]]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let recorder = try change.decodeAfter(Recorder.self)
            recorders.withLock { all in
                all[change.scope, default: [:]][change.id] = recorder
                if all[change.scope]?.isEmpty == true { all[change.scope] = nil }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        recorders.withLock { $0 = [:] }
        try apply(changes)
    }

    /// Whether any account has one.
    var isEmpty: Bool {
        recorders.withLock { !$0.values.contains { $0.values.contains { $0.servicePrincipal == nil } } }
    }

    /// The recorders of customers, in no order.
    var all: [Recorder] {
        recorders.withLock { all in all.values.flatMap(\.values).filter { $0.servicePrincipal == nil } }
    }

    /// Those of an account.
    func recorders(of account: String) -> [Recorder] {
        recorders.withLock { all in
            all.filter { $0.key.account == account }.flatMap(\.value.values).filter { $0.servicePrincipal == nil }
        }
    }

    /// The account's own in a Region; nil: there is none.
    func recorder(in scope: Scope) -> Recorder? {
        recorders.withLock { $0[scope]?.values.first { $0.servicePrincipal == nil } }
    }
}
