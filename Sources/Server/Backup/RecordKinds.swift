import Directory
import Ledger
import Platform
import TransportSecurity
import Upstreams

extension [ServiceModule] {
    /// The types of all records that a ledger may contain.
    var recordKinds: [any Record.Type] {
        SharedRecords.all + TransportSecurityRecords.all + UpstreamRecords.all + [Account.self] + flatMap(\.records)
    }

    /// The types of all rows of tables that a ledger may contain.
    var tableKinds: [any TableRow.Type] { flatMap(\.tables) }
}
