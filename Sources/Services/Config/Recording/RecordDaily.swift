import Ledger
import Platform
import Posture
import Wire

/// What is done once a day for a recorder: it records what is not to be recorded more often, and forgets what was kept for long
/// enough.
struct RecordDaily: Job {
    static let kind = "Config::RecordDaily"
    /// Seconds.
    static let interval = 86_400.0
    private static let atOnce = 64

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        try await context.finish { (records) throws(ServiceError) in
            let pending = try Self.record(records, environment)
            let old = try Self.forget(records, environment)
            let wait = max(pending, old) == Self.atOnce ? 0 : Self.interval
            if wait > 0, try records.ownRecorder() == nil,
                try records.list(ItemLine.self, limit: 1).isEmpty
            {
                return
            }
            try records.schedule(RecordDaily(), id: Self.kind, at: environment.now() + wait)
        }
    }

    /// - Returns: how many there were, of those that are taken at once.
    private static func record(
        _ records: MutableRecords, _ environment: Environment
    ) throws(ServiceError) -> Int {
        guard let recorder = try records.ownRecorder(), recorder.isRecording else { return 0 }
        let rows = try records.list(PendingItem.self, limit: atOnce)
        for row in rows {
            if let type = environment.configuredResources[row.type],
                recorder.records(row.type, isGlobal: type.isGlobal)
            {
                let resource = ConfiguredResource(
                    row.type, row.record, account: recorder.accountID, region: row.region)
                try records.look(at: resource, type, recorder, environment, isDue: true)
            }
            try records.delete(PendingItem.self, row.key)
        }
        return rows.count
    }

    private static func forget(
        _ records: MutableRecords, _ environment: Environment
    ) throws(ServiceError) -> Int {
        let days = try records.get(Retention.self, Retention.name)?.days ?? Retention.usual
        let latest = Int64(exactly: ((environment.now() - Double(days) * 86_400) * 1000).rounded()) ?? 0
        let lines = try records.list(ItemLine.self, limit: atOnce).prefix { $0.captured < latest }
        for line in lines {
            let key = RowKey(.number(line.captured), .number(line.number))
            let partition = PastItem.partition(line.type, line.id)
            try records.delete(ItemLine.self, line.key)
            // The last item of a resource that is there stays, however old it is: until there is a newer one as old.
            for before in try records.list(PastItem.self, of: partition, limit: atOnce)
            where before.number < line.number && before.item.captured < latest {
                try records.delete(PastItem.self, before.key, of: partition)
            }
            let last = try records.list(PastItem.self, of: partition, RowRange(isReversed: true), limit: 1).first
            if let last, last.number == line.number, last.item.status.isRecorded { continue }
            try records.delete(PastItem.self, key, of: partition)
            if last?.number == line.number { try records.delete(DeletedItem.self, CurrentItem.key(line.type, line.id)) }
        }
        return lines.count
    }
}
