import CloudTrailAPI
import Ledger
import Platform
import S3API
import SNSAPI
import Wire

/// Delivers a trail's events to its bucket.
///
/// The files, how far the trail is, what was counted of data events, and what the next digest will say of the files are
/// committed together. So each event is in one file, once, even if the process ends at any point in between.
struct Delivery: Sendable {
    let environment: Environment
    let trail: Trail
    let sessionID: String

    /// JSON, in bytes: a pass makes files of about so much, together. AWS's files have 50 MB at most, compressed.
    private static let most = 32 << 20

    private var access: BucketAccess { BucketAccess(environment: environment, trail: trail) }

    /// What a pass has found.
    private struct Found {
        var files: [LogPlace: LogFile] = [:]
        var counts = AggregatedCounts()
        /// How far it has come.
        var cursor: Int64
    }

    /// Delivers what this node has recorded so far, and what is on disk of the others'.
    /// - Throws: why the bucket does not take it. Then the trail's status says so, and nothing is lost.
    func run() async throws(ServiceError) {
        let end = try await HistoryWalk(environment: environment).end()
        // What is recorded of this delivery is for the next.
        while try await pass(through: end) {}
    }

    /// - Returns: whether there may be more.
    private func pass(through end: Int64) async throws(ServiceError) -> Bool {
        guard let session = try await session(), session.cursor < end else { return false }
        let found = try await find(session, through: end)
        guard !found.files.isEmpty else {
            if HistoryWalk.isFar(found.cursor, from: session.cursor) {
                try await move(from: session.cursor, to: found.cursor) { _, _, _ in }
            }
            return false
        }
        do throws(ServiceError) {
            try await deliver(found, from: session.cursor)
        } catch {
            // Another node, or another job of this one, was first.
            if error.code == ServiceError.overtaken.code { return true }
            try await note(error)
            throw error
        }
        return found.cursor < end
    }

    private func session() async throws(ServiceError) -> LogSession? {
        try await environment.read(trail.scope) { [sessionID] (records) throws(ServiceError) in
            try records.get(LogSession.self, sessionID)
        }
    }

    // MARK: Finding

    private func find(_ session: LogSession, through end: Int64) async throws(ServiceError) -> Found {
        let window = HistoryWindow(
            account: trail.accountID, organizationID: trail.organizationID, start: session.start, end: session.end)
        var files: [LogPlace: LogFile] = [:]
        var counts = AggregatedCounts()
        let cursor = try await HistoryWalk(environment: environment).pass(
            from: session.cursor, through: end, upTo: Self.most
        ) { (event) throws(ServiceError) in
            let recorded = RecordedEvent(event)
            guard let place = trail.place(of: event, recorded, in: window, environment) else { return 0 }
            let file: LogFile
            if let open = files[place] { file = open } else { file = try LogFile() }
            files[place] = file
            file.append(event.standardRecord, at: event.time)
            counts.add(recorded, at: event.time, in: place, of: sessionID, by: trail.templates(at: event.time))
            return event.body.count
        }
        return Found(files: files, counts: counts, cursor: cursor)
    }

    // MARK: Delivering

    private func deliver(_ found: Found, from start: Int64) async throws(ServiceError) {
        let now = environment.now()
        var files = DeliveredFiles()
        do throws(ServiceError) {
            for (place, file) in found.files.sorted(by: { $0.key.chain < $1.key.chain }) {
                try await files.add(file, .events, of: place, access, at: now)
            }
        } catch {
            await files.discard()
            throw error
        }
        let (delivered, counts) = (files, found.counts)
        // A topic that takes nothing keeps no file from its place.
        var (notifications, refusal): ([PreparedCall<SNS.Publish>], String?) = ([], nil)
        do throws(ServiceError) {
            notifications = try await TopicAccess(environment: environment, trail: trail).notifications(of: files.keys)
        } catch {
            refusal = error.code
        }
        let (told, untold) = (notifications, refusal)
        try await move(from: start, to: found.cursor, discarding: delivered.calls) {
            (session, status, records) throws(ServiceError) in
            for call in told { _ = try call.complete(in: records) }
            if !told.isEmpty || untold != nil {
                (status.notificationAttempted, status.notificationError) = (now, untold)
            }
            if !told.isEmpty { status.notified = now }
            try counts.keep(for: session, in: records)
            try delivered.complete(in: records) { session.note($0, at: $1) }
            (status.delivered, status.attempted, status.deliveryError) = (now, now, nil)
        }
    }

    /// Moves the trail on, if it is still where it was.
    /// - Parameter puts: what is not to be, if that fails.
    private func move(
        from start: Int64, to end: Int64, discarding puts: [PreparedCall<S3.PutObject>] = [],
        _ body:
            @escaping @Sendable (
                inout LogSession, inout TrailStatus, MutableRecords
            ) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let (trailID, sessionID) = (trail.uniqueID, sessionID)
        try await environment.commit(puts, in: trail.scope) { (records) throws(ServiceError) in
            guard var session = try records.get(LogSession.self, sessionID), session.cursor == start else {
                throw .overtaken
            }
            session.cursor = end
            let old = try records.get(TrailStatus.self, trailID)
            var status = old ?? TrailStatus(id: trailID)
            try body(&session, &status, records)
            try records.put(session)
            if status != old { try records.put(status) }
        }
    }

    private func note(_ error: ServiceError) async throws(ServiceError) {
        let now = environment.now()
        try await environment.noteStatus(of: trail) { status in
            (status.attempted, status.deliveryError) = (now, error.code)
        }
    }
}

extension Trail {
    /// Where an event goes; nil: nowhere.
    func place(
        of event: Event, _ recorded: RecordedEvent, in window: HistoryWindow, _ environment: Environment
    ) -> LogPlace? {
        guard window.contains(event, environment) else { return nil }
        let region = recorded.region
        guard isMultiRegion || region == homeRegion else { return nil }
        if !includesGlobalServices, environment.isGlobal(recorded) { return nil }
        return selection.selects(recorded) ? LogPlace(account: event.account, region: region) : nil
    }
}

extension Environment {
    /// Whether an event is of a service that has no Regions.
    fileprivate func isGlobal(_ event: RecordedEvent) -> Bool {
        let source = event.value(of: .eventSource)
        return modules.contains { $0.isGlobal && $0.events.source == source }
    }
}

extension ServiceError {
    /// Another node, or another job of this one, was first. Nobody outside gets to know.
    static let overtaken = ServiceError("Overtaken", "somebody else has delivered that", status: 500)
}

extension LogSession {
    /// Keeps in mind a file that the next digest has to have.
    mutating func note(_ file: File, at place: LogPlace) {
        guard let start = digestsSince else { return }
        chains[place.chain, default: Chain(start: start)].files.append(file)
    }
}

extension Environment {
    /// Changes what is told of a trail's deliveries.
    func noteStatus(
        of trail: Trail, _ change: @escaping @Sendable (inout TrailStatus) -> Void
    ) async throws(ServiceError) {
        try await write(trail.scope, requestID: "") { (records) throws(ServiceError) in
            var status = try records.get(TrailStatus.self, trail.uniqueID) ?? TrailStatus(id: trail.uniqueID)
            change(&status)
            try records.put(status)
        }
    }

    /// Makes a change with the files that belong to it. If it is refused, they are discarded; if the ledger fails, nobody
    /// knows, and what was not made use of is swept up.
    func commit(
        _ puts: [PreparedCall<S3.PutObject>], in scope: Scope,
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let outcome = Outcome()
        do throws(ServiceError) {
            try await write(scope, requestID: "") { (records) throws(ServiceError) in
                outcome.isRefused = true
                try body(records)
                outcome.isRefused = false
            }
        } catch {
            if outcome.isRefused { for put in puts { await put.discard() } }
            throw error
        }
    }
}
