import Directory
import Ledger
import Platform
import TransportSecurity

extension [ServiceModule] {
    /// Every kind of record that a ledger may have.
    var recordKinds: [any Record.Type] {
        SharedRecords.all + TransportSecurityRecords.all + [Account.self] + flatMap(\.records)
    }
}
