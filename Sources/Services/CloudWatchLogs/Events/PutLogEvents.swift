import CloudWatchLogsAPI
import Crypto
import Ledger
import Platform
import Wire

extension Metric {
    static let refusedDeliveries = Metric(
        "gatehouse_logs_refused_deliveries_total",
        "Events of trails, web ACLs, user pools, rules and subscriptions that their log group did not take: they were too old, "
            + "or too far in the future."
    )
}

/// Events that are packed, and wait for the transaction that gives them their places.
public struct PackedEvents: Sendable {
    struct Part: Sendable {
        let first: Int64
        let last: Int64
        let size: Int64
        let content: [UInt8]
    }

    let group: LogGroup
    let parts: [Part]
    let filtered: FilteredBatch
    let protected: ProtectedBatch
    /// What those who watch are told of.
    let watched: [(session: LiveTailSession, news: LiveTailSession.News)]
    let rejected: CloudWatchLogs.RejectedLogEventsInfo?
    /// How many events these are.
    let rejectedCount: Int
    /// The number of the data key; -1: none.
    let dataKey: Int64
}

/// A batch is taken in one transaction with its event: what is answered is on disk, all of it.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
extension CloudWatchLogs.PutLogEvents: PreparedWriteOperation, OnLogStream {
    public static var secretMembers: Set<String> { ["logEvents"] }
    /// A batch of the largest size, of which JSON may take six bytes for each.
    public static var bodyLimit: Int { 8 << 20 }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PackedEvents {
        let environment = call.environment
        guard let group = environment.projection(LogsIndex.self).group(LogGroupName(input.logGroupName, call)) else {
            throw .noSuchLogGroup
        }
        guard group.logClass != "DELIVERY" else {
            throw .notImplemented("Gatehouse stores no events of log groups of the class DELIVERY.")
        }
        let events = input.logEvents.map { NewEvent(timestamp: Int64($0.timestamp), message: $0.message) }
        let rules = try PutRules(events, of: group, at: call.time)
        let number = group.currentDataKey
        let keys = environment.projection(LogKeys.self)
        var key: SymmetricKey?
        if let number {
            key = try await keys.key(number, of: group, environment)
            guard key != nil else { throw .unreadableEvents }
        }
        let opened = key
        var protection = environment.projection(ProtectionIndex.self).protection(of: group)
        // What is found in reports of findings is masked, and not reported: that would never end.
        if call.isOfAudit { protection?.destinations = [] }
        let protected = ProtectedBatch(rules.hours, protection, of: group, at: call.time)
        let parts = try protected.parts.map { events throws(ServiceError) in
            PackedEvents.Part(
                first: events.first?.timestamp ?? 0, last: events.last?.timestamp ?? 0,
                size: events.reduce(0) { $0 + Int64($1.message.utf8.count + PutRules.overhead) },
                content: try SegmentContent.pack(events, of: group, opened))
        }
        var filters = environment.projection(FilterIndex.self).filters(of: group.reference)
        if call.isOfSubscription {
            filters.subscriptions.removeAll { environment.projection(DestinationIndex.self).isIntoGroup($0.target) }
        }
        let masked = protected.masked
        // What is matched here keeps no other transaction waiting.
        let watched = environment.projection(LiveTails.self).watching(group.uniqueID).compactMap { session in
            session.news(group.uniqueID, input.logStreamName, masked.joined(), at: milliseconds(call.time)).map {
                (session, $0)
            }
        }
        return PackedEvents(
            group: group, parts: parts, filtered: FilteredBatch(filters, masked, at: call.time), protected: protected,
            watched: watched, rejected: rules.rejected,
            rejectedCount: events.count - rules.accepted.count, dataKey: number.map { Int64($0) } ?? -1)
    }

    public static func handle(
        _ input: Input, _ packed: PackedEvents, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let group = try records.logGroup(packed.group.reference)
        guard group.uniqueID == packed.group.uniqueID else { throw .noSuchLogGroup }
        var stream = try records.logStream(input.logStreamName, of: group)
        let now = milliseconds(call.time)
        let last = stream.lastEvent ?? .min
        for (number, part) in packed.parts.enumerated() {
            for outgoing in packed.filtered.outgoing where outgoing.part == number {
                try records.send(outgoing, part.first, stream, of: group, at: call.time)
            }
            let segment = LogSegment(
                group: group.uniqueID, stream: stream.name, streamNumber: stream.number, number: stream.segments,
                first: part.first, last: part.last, ingestion: now, dataKey: packed.dataKey, size: part.size,
                content: part.content)
            try records.put(segment)
            if part.first < last { try LateSegment.note(segment, in: records) }
            try records.mark(part, in: &stream, of: group)
            stream.segments += 1
            stream.firstEvent = min(part.first, stream.firstEvent ?? part.first)
            stream.lastEvent = max(part.last, stream.lastEvent ?? part.last)
            stream.lastIngestion = now
        }
        if !packed.parts.isEmpty { try records.put(stream) }
        try records.publish(packed.filtered.data + packed.protected.data, call.environment)
        try records.send(packed.protected.reports, to: packed.protected.targets, of: group, at: call.time)
        let sum = LogTraffic.Sum(
            events: packed.protected.parts.reduce(0) { $0 + $1.count },
            bytes: packed.parts.reduce(0) { $0 + Int($1.size) })
        let traffic = call.environment.projection(LogTraffic.self)
        records.afterwards { traffic.add(sum, to: group.reference, at: call.time) }
        let (refused, metrics) = (packed.rejectedCount, call.environment.metrics)
        // A service has nobody to tell.
        if refused > 0, call.isOfService { records.afterwards { metrics.add(refused, to: .refusedDeliveries) } }
        let watched = packed.watched
        if !watched.isEmpty {
            records.afterwards { for (session, news) in watched { session.tell(news) } }
        }
        return Output {
            $0.nextSequenceToken = stream.sequenceToken
            $0.rejectedLogEventsInfo = packed.rejected
        }
    }
}

extension MutableRecords {
    /// Notes the minute of a small segment that is not the first one there, so that they are merged later.
    fileprivate func mark(
        _ part: PackedEvents.Part, in stream: inout LogStream, of group: LogGroup
    ) throws(ServiceError) {
        let minute = part.first / SmallSegments.span
        guard part.size <= SmallSegments.mostBytes, part.last / SmallSegments.span == minute else { return }
        guard stream.smallMinute == minute else {
            (stream.smallMinute, stream.isMinuteMarked) = (minute, false)
            return
        }
        guard stream.isMinuteMarked != true else { return }
        stream.isMinuteMarked = true
        try shared.put(
            SmallSegments(
                minute: minute, group: group.uniqueID, stream: stream.number, account: group.accountID,
                region: group.region, name: group.name))
    }

    /// Has events of the segment that is about to be added to a stream sent on.
    fileprivate func send(
        _ outgoing: FilteredBatch.Outgoing, _ first: Int64, _ stream: LogStream, of group: LogGroup, at time: Double
    ) throws(ServiceError) {
        let subscription = outgoing.subscription
        try put(
            OutgoingEvents(
                group: group.uniqueID, subscription: subscription.id, first: first,
                stream: stream.number, segment: stream.segments, ingestion: milliseconds(time), runs: outgoing.runs))
        let id = DeliverSubscription.id(group.uniqueID, subscription.id)
        guard try scheduledTime(of: DeliverSubscription.self, id: id) == nil else { return }
        try schedule(
            DeliverSubscription(group: group.name, groupID: group.uniqueID, subscription: subscription.id), id: id,
            at: time + subscription.target.delay)
    }
}

extension Call {
    /// Whether it brings reports of what data protection has found.
    fileprivate var isOfAudit: Bool {
        if case .service(let service) = caller.identity { service.name == AuditFindings.service } else { false }
    }

    /// Whether a service of Gatehouse's brings them, in its own name or by a role.
    fileprivate var isOfService: Bool {
        if case .service = caller.identity { return true }
        return source.principal != nil
    }

    /// Whether the events that it brings were sent on from another group: they go to no third one, so that they never go round.
    fileprivate var isOfSubscription: Bool {
        if case .service(let service) = caller.identity { return service.name == SubscriptionAccess.service }
        return source.principal?.name == SubscriptionAccess.service
    }
}
