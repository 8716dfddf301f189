import Directory
import EventBridgeAPI
import Ledger
import Platform
import Wire

// Replays. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>

extension Quota {
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
    static let concurrentReplays = Quota("ConcurrentReplays", 10)
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    fileprivate func replay(_ name: String) throws(ServiceError) -> StoredReplay {
        guard let replay = try get(StoredReplay.self, name) else {
            throw .notFound("Replay \(name) does not exist.")
        }
        return replay
    }
}

/// An operation on the replay that its request names.
protocol OnReplay: Platform.Operation where InputFields: EventBridge.WithReplayName {}

extension OnReplay {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess(call.eventsARN("replay/", input.replayName)))
    }
}

extension EventBridge.StartReplay: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.eventsAccess(input.eventSourceArn), call.eventsAccess(input.destination.arn),
            call.eventsAccess(call.eventsARN("replay/", input.replayName)),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard try records.get(StoredReplay.self, input.replayName) == nil else {
            throw .alreadyThere("Replay \(input.replayName) already exists.")
        }
        let archive = try records.archive(ARN(parsing: input.eventSourceArn)?.lastPart ?? "")
        guard archive.arn == input.eventSourceArn else {
            throw .notFound("Archive \(input.eventSourceArn) does not exist.")
        }
        // Events go back to where they came from.
        guard input.destination.arn == archive.source else {
            throw .invalidEvents(
                "Parameter Destination.Arn is not valid. Reason: Must contain an ARN of the event bus of the archive.")
        }
        let (from, to) = (input.eventStartTime.secondsSinceEpoch, input.eventEndTime.secondsSinceEpoch)
        guard from < to else {
            throw .invalidEvents(
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
        }
        let running = try records.referrerCount(StoredReplay.isRunning, to: call.accountID)
        guard running < call.quotas[.concurrentReplays] else { throw .tooManyInEvents }
        let replay = StoredReplay(
            name: input.replayName, accountID: call.accountID, region: call.region, description: input.description,
            source: archive.arn, archive: archive.uniqueID, destination: archive.source,
            rules: input.destination.filterArns ?? [], from: from, to: to, started: call.time)
        try records.put(replay)
        try records.schedule(RunReplay(replay: replay.name), id: replay.name, at: call.time)
        return Output {
            $0.replayArn = replay.arn
            $0.state = replay.state.rawValue
            $0.replayStartTime = Timestamp(secondsSinceEpoch: replay.started)
        }
    }
}

extension EventBridge.CancelReplay: WriteOperation, OnReplay {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var replay = try records.replay(input.replayName)
        guard !replay.state.isOver else {
            throw EventBridge.Failure.illegalStatusException(
                "Replay \(replay.name) is not in a valid state for this operation.")
        }
        try records.cancel(RunReplay.self, id: replay.name)
        replay.state = .cancelled
        replay.ended = call.time
        try records.put(replay)
        try records.forget(replay, after: call.time)
        return Output {
            $0.replayArn = replay.arn
            $0.state = replay.state.rawValue
        }
    }
}

extension EventBridge.DescribeReplay: ReadOperation, OnReplay {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let replay = try records.replay(input.replayName)
        return Output {
            $0.replayName = replay.name
            $0.replayArn = replay.arn
            $0.description = replay.description
            $0.state = replay.state.rawValue
            $0.stateReason = replay.reason
            $0.eventSourceArn = replay.source
            $0.destination = EventBridge.ReplayDestination {
                $0.arn = replay.destination
                if !replay.rules.isEmpty { $0.filterArns = replay.rules }
            }
            $0.eventStartTime = Timestamp(secondsSinceEpoch: replay.from)
            $0.eventEndTime = Timestamp(secondsSinceEpoch: replay.to)
            $0.eventLastReplayedTime = replay.last.map { Timestamp(secondsSinceEpoch: $0) }
            $0.replayStartTime = Timestamp(secondsSinceEpoch: replay.started)
            $0.replayEndTime = replay.ended.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}

extension EventBridge.ListReplays: ReadOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.namePrefix ?? ""
        let page = try records.page(StoredReplay.self, try EventsPage.paging(input.nextToken, input.limit)) { one in
            one.name.hasPrefix(prefix) && (input.state.map { $0 == one.state.rawValue } ?? true)
                && (input.eventSourceArn.map { $0 == one.source } ?? true)
        }
        return Output {
            $0.replays = page.items.map { replay in
                EventBridge.Replay {
                    $0.replayName = replay.name
                    $0.eventSourceArn = replay.source
                    $0.state = replay.state.rawValue
                    $0.stateReason = replay.reason
                    $0.eventStartTime = Timestamp(secondsSinceEpoch: replay.from)
                    $0.eventEndTime = Timestamp(secondsSinceEpoch: replay.to)
                    $0.eventLastReplayedTime = replay.last.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.replayStartTime = Timestamp(secondsSinceEpoch: replay.started)
                    $0.replayEndTime = replay.ended.map { Timestamp(secondsSinceEpoch: $0) }
                }
            }
            $0.nextToken = page.marker
        }
    }
}

/// Puts an archive's events on its bus again, some at a time: what was put there, and how far the replay is, are one
/// transaction, so that nothing is replayed twice.
struct RunReplay: Job {
    static let kind = "EventBridge::RunReplay"
    private static let part = 128

    let replay: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, name, job) = (context.environment, replay, self)
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            guard let replay = try records.get(StoredReplay.self, name), !replay.state.isOver else {
                return nil as (StoredReplay, [ArchivedEvent])?
            }
            let after = replay.cursor.map { RowKey(bytes: $0) } ?? Self.key(before: replay.from)
            let rows = try records.list(
                ArchivedEvent.self, of: replay.archive, RowRange(after: .key(after)), limit: Self.part)
            return (replay, rows)
        }
        guard let (replay, rows) = found, let bus = BusReference(arn: replay.destination) else { return }
        try await environment.catchUpWithOtherNodes()
        let end = RequestIDs.milliseconds(replay.to)
        let wanted = rows.prefix { RequestIDs.milliseconds($0.event.ingested) < end }
        let only = replay.rules.isEmpty ? nil : Set(replay.rules)
        let now = environment.now()
        let events = wanted.map { row in
            var event = row.event
            event.replay = name
            event.ingested = now
            return RoutedEvent(event, on: bus, only: only, environment)
        }
        let isLast = wanted.count < Self.part
        let (last, cursor) = (wanted.last?.event.ingested, wanted.last?.key.bytes)
        try await context.finish { (records) throws(ServiceError) in
            guard var replay = try records.get(StoredReplay.self, name), !replay.state.isOver else { return }
            for event in events { try records.accept(event, at: now) }
            replay.state = isLast ? .completed : .running
            replay.last = last ?? replay.last
            replay.cursor = cursor ?? replay.cursor
            if isLast {
                replay.ended = now
                try records.forget(replay, after: now)
            }
            try records.put(replay)
            if !isLast { try records.schedule(job, id: name, at: now) }
        }
    }

    /// Less than the keys of all events from a time on.
    private static func key(before time: Double) -> RowKey {
        RowKey(.number(RequestIDs.milliseconds(time) - 1), .text("\u{10FFFF}"))
    }
}

/// Deletes a replay that is long over, whose name may then be another's.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>
struct ForgetReplay: Job {
    static let kind = "EventBridge::ForgetReplay"
    /// In seconds: 90 days.
    static let keptSeconds = 90 * 86_400.0

    let replay: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let name = replay
        try await context.finish { (records) throws(ServiceError) in
            guard let replay = try records.get(StoredReplay.self, name), replay.state.isOver else { return }
            try records.delete(replay)
        }
    }
}

extension MutableRecords {
    fileprivate func forget(_ replay: StoredReplay, after time: Double) throws(ServiceError) {
        try schedule(ForgetReplay(replay: replay.name), id: replay.name, at: time + ForgetReplay.keptSeconds)
    }
}
