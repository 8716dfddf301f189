import EventPatterns
import Ledger
import Platform
import Wire

/// Where an event goes: found before the transaction that accepts it, and put there with it.
struct RoutedEvent: Sendable {
    let event: BusEvent
    /// The rules that match.
    let rules: [StoredRule]
    /// The archives that keep it.
    let archives: [StoredArchive]
    fileprivate let counts: MetricCounts

    var isWanted: Bool { !rules.isEmpty || !archives.isEmpty }

    /// Finds where an event goes.
    /// - Parameters:
    ///   - bus: where it is put.
    ///   - only: the ARNs of the rules that may have it; nil: all.
    ///   - isReadOnly: whether it is of a call that changed nothing, which only rules get that ask for those.
    init(
        _ event: BusEvent, on bus: BusReference, only: Set<String>? = nil, isReadOnly: Bool = false,
        _ environment: Environment
    ) {
        self.event = event
        counts = environment.metricCounts
        let index = environment.projection(BusIndex.self)
        var (rules, archives): ([StoredRule], [StoredArchive]) = ([], [])
        if index.isListened(bus), let value = try? JSONValue(parsing: Array(event.json.utf8), depthLimit: 1_000) {
            for listener in index.listeners(to: bus, EventDocument(value)) {
                switch listener {
                case .rule(let arn):
                    guard only?.contains(arn) ?? true, let rule = index.rule(arn) else { continue }
                    guard !isReadOnly || rule.state == .withAllManagementEvents else { continue }
                    rules.append(rule)
                case .archive(let arn):
                    // What comes out of an archive goes into none.
                    guard event.replay == nil, !isReadOnly, let archive = index.archive(arn) else { continue }
                    archives.append(archive)
                }
            }
        }
        (self.rules, self.archives) = (rules, archives)
    }
}

extension MutableRecords {
    /// Accepts an event: what is to be delivered and kept of it is on disk with the transaction.
    func accept(_ routed: RoutedEvent, at time: Double) throws(ServiceError) {
        try deliver(routed.event, to: routed.rules, at: time)
        if !routed.rules.isEmpty {
            afterwards {
                for rule in routed.rules {
                    rule.count(["MatchedEvents", "TriggeredRules"], at: time, in: routed.counts)
                }
            }
        }
        for archive in routed.archives {
            try of(Scope(account: archive.accountID, region: archive.region)).put(
                ArchivedEvent(archive: archive.uniqueID, event: routed.event))
        }
    }

    /// Has an event delivered to the targets of a rule.
    /// - Parameters:
    ///   - time: when it is put down, in seconds since 1970.
    ///   - accepted: when it was accepted; nil: then.
    ///   - order: see `EventDelivery.order`; nil: behind all others.
    func deliver(
        _ event: BusEvent, to rule: StoredRule, at time: Double, accepted: Double? = nil, order: Int64? = nil
    ) throws(ServiceError) {
        let accepted = accepted ?? time
        for target in rule.targets {
            let delivery = EventDelivery(
                id: RequestIDs.make(time: time), order: order ?? EventDelivery.nextOrder(), ruleARN: rule.arn,
                targetID: target.id,
                event: event, accepted: accepted, due: RequestIDs.milliseconds(accepted))
            try put(delivery)
            let id = delivery.partition
            // Scheduling anew would undo the work of a job that is under way. It looks for more before it ends.
            if let scheduled = try scheduledTime(of: DeliverEvents.self, id: id), scheduled <= time { continue }
            try schedule(DeliverEvents(ruleARN: rule.arn, targetID: target.id), id: id, at: time)
        }
    }

    /// Notes that somebody listens to a default bus, from where on the event history is then followed.
    /// - Parameter end: where the event history was before this transaction.
    func listen(to bus: BusReference, from end: Int64, _ environment: Environment) throws(ServiceError) {
        guard bus.isDefault else { return }
        let own = of(bus.scope)
        if try own.get(ListenedBus.self, ListenedBus.id) == nil { try own.put(ListenedBus()) }
        // What happened while nobody listened is nobody's.
        if !environment.projection(BusIndex.self).isListening { try move(FollowHistory.self, to: end) }
    }

    /// Takes the note back once nobody listens to a default bus.
    func endListening(to bus: BusReference) throws(ServiceError) {
        guard bus.isDefault else { return }
        let own = of(bus.scope)
        guard try own.rules(on: bus, limit: 1).isEmpty,
            try own.list(StoredArchive.self).contains(where: { $0.source == bus.arn }) == false,
            let listened = try own.get(ListenedBus.self, ListenedBus.id)
        else { return }
        try own.delete(listened)
    }
}
