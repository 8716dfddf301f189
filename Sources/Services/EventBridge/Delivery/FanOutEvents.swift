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
    /// As a delivery's; behind that of any that waits since the same time.
    let order: Int64
    let event: BusEvent
    /// The ARNs of the rules whose targets are yet to get it.
    var rules: [String]
    /// When it was to be delivered first, in seconds since 1970; not before what already waits.
    let accepted: Double

    var partition: String { bus }
    var key: RowKey { RowKey(.number(RequestIDs.milliseconds(accepted)), .number(order), .text(id)) }

    /// Whether so many copies of an event are too much for one transaction.
    static func isMuch(_ targets: Int, of event: BusEvent) -> Bool {
        targets > 1 && !Room().has(targets, of: event)
    }

    /// What one transaction puts down, and how much more it may.
    struct Room {
        static let most = (targets: 64, bytes: 1 << 20)

        private var targets = 0
        private var bytes = 0

        func has(_ copies: Int, of event: BusEvent) -> Bool {
            copies <= Self.most.targets - targets && copies <= (Self.most.bytes - bytes) / max(1, event.size)
        }

        /// - Returns: whether so many copies go in. The first always do: a rule's targets are seen to together.
        mutating func take(_ copies: Int, of event: BusEvent) -> Bool {
            guard targets == 0 || has(copies, of: event) else { return false }
            targets += copies
            bytes += copies * event.size
            return true
        }
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
        let isWaiting = try own.count(EventFanOut.self, of: bus.arn) > 0
        guard isWaiting || EventFanOut.isMuch(targets, of: event) else {
            for rule in rules { try own.deliver(event, to: rule, at: time) }
            return
        }
        // Nodes' clocks differ: it is behind what waits all the same. What can't be read must not keep it from being taken in.
        let last =
            isWaiting
            ? try? own.list(EventFanOut.self, of: bus.arn, RowRange(isReversed: true), limit: 1).first : nil
        let accepted = max(time, last?.accepted ?? time)
        var order = EventDelivery.nextOrder()
        if let last, RequestIDs.milliseconds(last.accepted) == RequestIDs.milliseconds(accepted) {
            order = max(order, last.order &+ 1)
        }
        try own.put(
            EventFanOut(
                bus: bus.arn, id: RequestIDs.make(time: time), order: order, event: event, rules: rules.map(\.arn),
                accepted: accepted))
        if let known = try own.scheduledTime(of: FanOutEvents.self, id: bus.arn), known <= time { return }
        try own.schedule(FanOutEvents(bus: bus.arn), id: bus.arn, at: time)
    }
}

/// Puts events of a bus down for their targets, some targets in each transaction, and one event after another.
struct FanOutEvents: Job {
    static let kind = "EventBridge::FanOutEvents"
    static let concurrency = 8
    static let share = 4
    private static let patience = Duration.seconds(2)

    let bus: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (start, bus, job) = (ContinuousClock.now, bus, self)
        repeat {
            guard try await step(context) else { break }
        } while ContinuousClock.now - start < Self.patience && !Task.isCancelled
        let now = context.environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard try records.count(EventFanOut.self, of: bus) > 0 else { return }
            try records.schedule(job, id: bus, at: now)
        }
    }

    /// Puts down what one transaction may, be it of one event or of many.
    /// - Returns: whether there may be more.
    func step(_ context: JobContext) async throws(ServiceError) -> Bool {
        let (environment, bus) = (context.environment, bus)
        let now = environment.now()
        return try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            var room = EventFanOut.Room()
            for number in 0..<EventFanOut.Room.most.targets {
                let next: EventFanOut?
                do throws(ServiceError) { next = try records.list(EventFanOut.self, of: bus, limit: 1).first } catch {
                    // What came before it is kept.
                    if number > 0 { return true }
                    guard context.hasFailedLong, error.isUnreadable else { throw error }
                    _ = try records.deleteAll(EventFanOut.self, of: bus, limit: 1)
                    records.afterwards {
                        context.report("an event that can't be read is not delivered", ["error": error.logText])
                    }
                    return true
                }
                guard var row = next else { return false }
                var rest = row.rules[...]
                while let arn = rest.first {
                    // What is gone meanwhile has no targets.
                    if let rule = try Self.rule(arn, records, context) {
                        guard room.take(rule.targets.count, of: row.event) else { break }
                        try records.deliver(row.event, to: rule, at: now, accepted: row.accepted, order: row.order)
                    }
                    rest = rest.dropFirst()
                }
                guard rest.isEmpty else {
                    if rest.count < row.rules.count {
                        row.rules = Array(rest)
                        try records.put(row)
                    }
                    return true
                }
                _ = try records.delete(row)
            }
            return true
        }
    }

    /// The rule of an ARN; nil: it is gone, or nobody can read it.
    private static func rule(
        _ arn: String, _ records: MutableRecords, _ context: JobContext
    ) throws(ServiceError) -> StoredRule? {
        guard let id = StoredRule.id(ofARN: arn) else { return nil }
        do throws(ServiceError) { return try records.get(StoredRule.self, id) } catch {
            guard context.hasFailedLong, error.isUnreadable else { throw error }
            let (environment, scope) = (context.environment, context.scope)
            records.afterwards {
                context.report(
                    "an event is not delivered to a rule that can't be read", ["rule": arn, "error": error.logText])
                guard let slash = id.lastIndex(of: "/") else { return }
                let bus = BusReference(account: scope.account, region: scope.region, name: String(id[..<slash]))
                environment.metricCounts.count(
                    ["FailedInvocations"], ofRule: String(id[slash...].dropFirst()), on: bus, at: environment.now())
            }
            return nil
        }
    }
}

extension ServiceError {
    /// Whether it may be that something in the ledger is of no use to this program, and not that the ledger is away.
    fileprivate var isUnreadable: Bool { code == ServiceError.internalFailure.code }
}
