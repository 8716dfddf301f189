import Ledger
import Platform
import Shield
import Wire

// What is known of the traffic of applications, kept for other nodes and for the next start. It is in tables, which have no
// journal: it changes all the time, and nobody asks what it was.

/// What a minute has brought to an application at one node.
struct StoredMinute: TableRow, Equatable {
    static let kind = "Gatehouse::Shield::Minute"

    /// The application's ARN.
    let application: String
    /// Since 1970.
    let minute: Int
    /// Of the process.
    let node: String
    let traffic: MinuteSummary

    var key: RowKey { RowKey(.number(Int64(minute)), .text(application), .text(node)) }
}

/// What is known of an application, or of a protection group, from the minutes of all nodes.
struct StoredAssessment: TableRow, Equatable {
    static let kind = "Gatehouse::Shield::Assessment"

    /// The ARN of the application or the protection group.
    let id: String
    var assessment: Assessment

    var key: RowKey { RowKey(.text(id)) }

    /// Where all that is known of traffic is.
    static let scope = Scope(account: "")

    /// Forgets what was learnt of a group that is another now, or gone. An attack on it is over with the next minute.
    static func forget(_ arn: String, _ records: MutableRecords) throws(ServiceError) {
        let shared = records.of(scope)
        try shared.delete(StoredAssessment.self, RowKey(.text(arn)))
        try shared.delete(StoredUsual.self, RowKey(.text(arn)))
    }
}

/// Samples of what is usual for an application.
struct StoredUsual: TableRow, Equatable {
    static let kind = "Gatehouse::Shield::Usual"

    /// The application's ARN.
    let id: String
    var usual: UsualRequests

    var key: RowKey { RowKey(.text(id)) }
}

/// What was last written into a rule group, so that it is written only when it changes, whichever node does.
struct WrittenRules: TableRow, Equatable {
    static let kind = "Gatehouse::Shield::WrittenRules"
    static let scope = Scope(account: "")

    /// The rule group's ARN.
    let ruleGroup: String
    let contents: MitigationContents
    /// Whom rules have named of late, in CIDR notation, and when last: seconds since 1970.
    var offenders: [String: Double] = [:]

    /// For how long an address is known for an attack, in seconds: somebody else may have it by then.
    private static let memory = 86_400.0

    var key: RowKey { RowKey(.text(ruleGroup)) }

    /// Whether somebody is to be forgotten.
    func isOutdated(at time: Double) -> Bool { offenders.values.contains { $0 < time - Self.memory } }

    /// What there is to know of offenders once contents are written.
    /// - Parameter most: how many there are at most: those that were named last.
    func offenders(with contents: MitigationContents, at time: Double, most: Int) -> [String: Double] {
        var all = offenders.filter { $0.value >= time - Self.memory }
        for address in contents.entries.flatMap({ $0.rule.addresses ?? [] }) { all[address] = time }
        guard all.count > most else { return all }
        let last = all.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(most)
        return Dictionary(last.map { ($0.key, $0.value) }) { first, _ in first }
    }
}
