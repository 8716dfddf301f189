import Ledger
import Platform
import Wire

/// An event that is on its way to very many targets, or a large one to several, and how far it is: each target has an own copy of it,
/// and one transaction for all of them would keep every other writer waiting.
struct EventFanOut: TableRow, Equatable {
    static let kind = "AWS::Events::FanOut"

    /// The bus's ARN.
    let bus: String
    /// A UUID.
    let id: String
    /// As a delivery's.
    let order: Int64
    let event: BusEvent
    /// The ARNs of the rules whose targets are yet to get it.
    var rules: [String]
    /// When it was to be delivered first, in seconds since 1970.
    let accepted: Double

    var partition: String { bus }
    var key: RowKey { RowKey(.number(RequestIDs.milliseconds(accepted)), .number(order), .text(id)) }

    /// What one transaction may put down of an event, in targets and in bytes.
    private static let most = (targets: 64, bytes: 1 << 20)

    /// Whether so many copies of an event are too much for one transaction.
    static func isMuch(_ targets: Int, of event: BusEvent) -> Bool {
        targets > 1 && (targets > most.targets || targets > most.bytes / max(1, event.size))
    }
}

extension MutableRecords {
    /// Has an event delivered to the targets of all rules that match: at once, or where that is much, or much is still on its way that
    /// came before, by a job.
    /// - Parameters:
    ///   - rules: of one bus.
    ///   - time: seconds since 1970.
    func deliver(_ event: BusEvent, to rules: [StoredRule], at time: Double) throws(ServiceError) {
        guard let bus = rules.first?.reference else { return }
        let own = of(bus.scope)
        let targets = rules.reduce(0) { $0 + $1.targets.count }
        let isWaiting = try !own.list(EventFanOut.self, of: bus.arn, limit: 1).isEmpty
        guard isWaiting || EventFanOut.isMuch(targets, of: event) else {
            for rule in rules { try own.deliver(event, to: rule, at: time) }
            return
        }
        try own.put(
            EventFanOut(
                bus: bus.arn, id: RequestIDs.make(time: time), order: EventDelivery.nextOrder(), event: event,
                rules: rules.map(\.arn), accepted: time))
        if let known = try own.scheduledTime(of: FanOutEvents.self, id: bus.arn), known <= time { return }
        try own.schedule(FanOutEvents(bus: bus.arn), id: bus.arn, at: time)
    }
}

/// Puts events of a bus down for their targets, some targets in each transaction, and one event after another.
struct FanOutEvents: Job {
    static let kind = "EventBridge::FanOutEvents"
    static let concurrency = 8
    private static let patience = Duration.seconds(2)

    let bus: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (start, bus, job) = (ContinuousClock.now, bus, self)
        repeat {
            guard try await step(context) else { break }
        } while ContinuousClock.now - start < Self.patience && !Task.isCancelled
        let now = context.environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard try !records.list(EventFanOut.self, of: bus, limit: 1).isEmpty else { return }
            try records.schedule(job, id: bus, at: now)
        }
    }

    /// - Returns: whether there may be more.
    private func step(_ context: JobContext) async throws(ServiceError) -> Bool {
        let (environment, bus) = (context.environment, bus)
        let now = environment.now()
        return try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard var row = try records.list(EventFanOut.self, of: bus, limit: 1).first else { return false }
            var (targets, rest) = (0, row.rules[...])
            while let arn = rest.first {
                // What is gone meanwhile has no targets.
                let rule = try StoredRule.id(ofARN: arn).flatMap { (id) throws(ServiceError) in
                    try records.get(StoredRule.self, id)
                }
                targets += rule?.targets.count ?? 0
                guard targets == rule?.targets.count || !EventFanOut.isMuch(targets, of: row.event) else { break }
                rest = rest.dropFirst()
                guard let rule else { continue }
                try records.deliver(row.event, to: rule, at: now, accepted: row.accepted, order: row.order)
            }
            guard rest.isEmpty else {
                row.rules = Array(rest)
                try records.put(row)
                return true
            }
            _ = try records.delete(row)
            return true
        }
    }
}
