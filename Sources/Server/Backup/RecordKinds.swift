import Directory
import Ledger
import Platform
import TransportSecurity

extension [ServiceModule] {
    /// The types of all records that a ledger may contain.
    var recordKinds: [any Record.Type] {
        SharedRecords.all + TransportSecurityRecords.all + [Account.self] + flatMap(\.records)
    }
}
