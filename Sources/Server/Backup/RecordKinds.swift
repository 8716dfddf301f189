import Directory
import Ledger
import Platform

extension [ServiceModule] {
    /// Every kind of record that a ledger may have.
    var recordKinds: [any Record.Type] { SharedRecords.all + [Account.self] + flatMap(\.records) }
}
