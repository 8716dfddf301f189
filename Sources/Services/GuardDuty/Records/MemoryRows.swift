import Ledger
import ThreatDetection

/// What a detector remembers of its account.
struct AccountMemoryRow: TableRow {
    static let kind = "Gatehouse::GuardDuty::AccountMemory"

    let detectorID: String
    var memory: AccountMemory

    var key: RowKey { RowKey(.text(detectorID)) }
}

/// What a detector remembers of a caller.
struct ActorMemoryRow: TableRow {
    static let kind = "Gatehouse::GuardDuty::ActorMemory"

    let detectorID: String
    /// By what the caller is known.
    let actor: String
    /// When it was last seen, in seconds since 1970, by the day.
    var day: Int64
    var memory: ActorMemory

    var partition: String { detectorID }
    var key: RowKey { RowKey(.text(actor)) }
    var indexes: [RowIndex] { [RowIndex(Self.byDay, RowKey(.number(day)))] }
    static let byDay = "day"
}
