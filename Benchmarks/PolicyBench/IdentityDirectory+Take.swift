import Directory
import Ledger

extension IdentityDirectory {
    /// Takes made-up changes in, which can all be read.
    func take(_ changes: [Change]) {
        do throws(LedgerError) { try apply(changes) } catch { fatalError("\(error)") }
    }
}
