import CloudTrailAPI
import CloudWatchLogsAPI
import Ledger
import Platform
import Wire

/// Delivers a trail's events to its log group, each as one event there.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html>
struct LogGroupDelivery: Sendable {
    let environment: Environment
    let trail: Trail
    let sessionID: String

    /// Bytes of events that a pass takes, about.
    private static let most = 4 << 20
    /// What a batch of PutLogEvents has at most: bytes, events, and milliseconds between the first and the last.
    private static let mostInBatch = (bytes: 1_048_576, events: 10_000, span: 86_400_000)
    /// Bytes that PutLogEvents counts for an event besides its message.
    private static let overhead = 26

    private struct Found {
        var events: [(time: Int, message: String)] = []
        var cursor: Int64
    }

    /// Delivers what this node has recorded so far, and what is on disk of the others'.
    ///
    /// What has become older than a log group takes, or keeps, is passed over: PutLogEvents counts it.
    /// - Throws: why the log group does not take it. Then the trail's status says so, and nothing is lost.
    func run() async throws(ServiceError) {
        guard let access = LogGroupAccess(environment, trail) else { return }
        let end = try await HistoryWalk(environment: environment).end()
        do throws(ServiceError) {
            while try await pass(access, through: end) {}
        } catch {
            if error.code == ServiceError.overtaken.code { return }
            try await environment.noteStatus(of: trail) { $0.logGroupError = error.code }
            throw error
        }
    }

    /// - Returns: whether there may be more.
    private func pass(_ access: LogGroupAccess, through end: Int64) async throws(ServiceError) -> Bool {
        let id = sessionID
        let (session, progress) = try await environment.read(trail.scope) { (records) throws(ServiceError) in
            (try records.get(LogSession.self, id), try records.get(LogGroupProgress.self, id))
        }
        guard let session, let start = progress?.cursor, start < end else { return false }
        let found = try await find(session, from: start, through: end)
        guard !found.events.isEmpty else {
            if HistoryWalk.isFar(found.cursor, from: start) {
                try await move(from: start, to: found.cursor, putting: [])
            }
            return false
        }
        let identity = try await access.assume()
        do throws(ServiceError) {
            try await deliver(found, from: start, access, identity)
        } catch {
            // The stream may have been deleted; without its group, making it anew fails as well.
            guard error.code == "ResourceNotFoundException" else { throw error }
            try await access.makeStream(identity)
            try await deliver(found, from: start, access, identity)
        }
        return found.cursor < end
    }

    private func find(
        _ session: LogSession, from start: Int64, through end: Int64
    ) async throws(ServiceError) -> Found {
        let window = HistoryWindow(
            account: trail.accountID, organizationID: trail.organizationID, start: session.start, end: session.end)
        var events: [(time: Int, message: String)] = []
        let cursor = try await HistoryWalk(environment: environment).pass(from: start, through: end, upTo: Self.most) {
            (event) throws(ServiceError) in
            guard trail.place(of: event, RecordedEvent(event), in: window, environment) != nil else { return 0 }
            let message = event.standardRecord
            events.append((Int(event.time), String(decoding: message, as: UTF8.self)))
            return message.count
        }
        events.sort { $0.time < $1.time }
        return Found(events: events, cursor: cursor)
    }

    private func deliver(
        _ found: Found, from start: Int64, _ access: LogGroupAccess, _ identity: ServiceIdentity
    ) async throws(ServiceError) {
        var puts: [PreparedCall<CloudWatchLogs.PutLogEvents>] = []
        for batch in Self.batches(found.events) { puts.append(try await access.put(batch, identity)) }
        try await move(from: start, to: found.cursor, putting: puts)
    }

    /// Events in the order of their times, as PutLogEvents takes them.
    private static func batches(_ events: [(time: Int, message: String)]) -> [[CloudWatchLogs.InputLogEvent]] {
        var batches: [[CloudWatchLogs.InputLogEvent]] = []
        var (bytes, first) = (0, 0)
        for event in events {
            let size = event.message.utf8.count + overhead
            // No record of CloudTrail's is so large.
            guard size <= mostInBatch.bytes else { continue }
            let view = CloudWatchLogs.InputLogEvent {
                $0.timestamp = event.time
                $0.message = event.message
            }
            if let count = batches.last?.count, count < mostInBatch.events, bytes + size <= mostInBatch.bytes,
                event.time - first <= mostInBatch.span
            {
                batches[batches.count - 1].append(view)
                bytes += size
            } else {
                batches.append([view])
                (bytes, first) = (size, event.time)
            }
        }
        return batches
    }

    /// Moves the trail on, with what it puts, if it is still where it was.
    private func move(
        from start: Int64, to end: Int64, putting puts: [PreparedCall<CloudWatchLogs.PutLogEvents>]
    ) async throws(ServiceError) {
        let (id, trailID, now) = (sessionID, trail.uniqueID, environment.now())
        try await environment.write(trail.scope, requestID: "") { (records) throws(ServiceError) in
            guard var progress = try records.get(LogGroupProgress.self, id), progress.cursor == start else {
                throw .overtaken
            }
            for put in puts { _ = try put.complete(in: records) }
            progress.cursor = end
            try records.put(progress)
            guard !puts.isEmpty else { return }
            var status = try records.get(TrailStatus.self, trailID) ?? TrailStatus(id: trailID)
            (status.logGroupDelivered, status.logGroupError) = (now, nil)
            try records.put(status)
        }
    }
}

extension MutableRecords {
    /// Has the events of a session that come from now on go to the trail's log group, if it has one, and to none otherwise.
    /// - Parameter last: the last segment of events.
    func setLogGroup(of trail: Trail, after last: Int64) throws(ServiceError) {
        guard let id = trail.sessionID else { return }
        if trail.logGroupARN != nil {
            guard try get(LogGroupProgress.self, id) == nil else { return }
            try put(LogGroupProgress(id: id, cursor: last))
        } else {
            try forgetLogGroup(ofSession: id)
        }
    }

    func forgetLogGroup(ofSession id: String) throws(ServiceError) {
        if let progress = try get(LogGroupProgress.self, id) { try delete(progress) }
    }
}
