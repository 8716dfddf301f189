import CloudTrailAPI
import Ledger
import Platform
import Wire

// Switching trails on and off.

extension CloudTrail.StartLogging: PreparedWriteOperation, OnTrail {
    /// - Returns: the last segment of events: what comes after it may be the trail's.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await call.lastEventSegment()
    }

    public static func handle(
        _ input: Input, _ last: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = try call.administered(TrailName(input.name, call))
        let records = records.of(name.scope)
        guard var trail = try records.get(Trail.self, name.name) else { throw .unknownTrail(name, call) }
        guard !trail.isLogging else { return Output() }
        let session = LogSession(
            id: call.requestID, trailID: trail.uniqueID, start: RequestIDs.milliseconds(call.time), cursor: last)
        (trail.sessionID, trail.started) = (session.id, call.time)
        try records.put(session)
        try records.setInsights(of: &trail, call)
        try records.put(trail)
        try records.setLogGroup(of: trail, after: last)
        try records.setDigests(of: trail, at: call.time)
        return Output()
    }
}

extension CloudTrail.StopLogging: TrailChange {
    static func change(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let session = trail.sessionID else { return Output() }
        var trail = trail
        (trail.sessionID, trail.stopped) = (nil, call.time)
        try records.setInsights(of: &trail, call)
        try records.put(trail)
        try records.end(session, of: trail, call)
        return Output()
    }
}

extension MutableRecords {
    /// Begins a chain of digests, or ends it, as the trail says now.
    func setDigests(of trail: Trail, at time: Double) throws(ServiceError) {
        guard let id = trail.sessionID, var session = try get(LogSession.self, id) else { return }
        session.chains = [:]
        let start = time.rounded(.down)
        session.digestsSince = trail.isValidated ? start : nil
        if trail.isValidated {
            // There is one of the home Region even when nothing happens.
            let place = LogPlace(account: trail.accountID, region: trail.homeRegion)
            session.chains[place.chain] = LogSession.Chain(start: start)
            try schedule(DeliverDigests(trail: trail.name), id: id, at: start + Digests.hour)
        } else {
            try cancel(DeliverDigests.self, id: id)
        }
        try put(session)
    }

    /// Ends a session: what is left of it, and its last digest, are delivered at once.
    func end(_ id: String, of trail: Trail, _ call: Call) throws(ServiceError) {
        guard var session = try get(LogSession.self, id) else { return }
        session.end = RequestIDs.milliseconds(call.time)
        try put(session)
        try cancel(DeliverDigests.self, id: id)
        // Other nodes write their events within a second.
        let pause = call.environment.ledger.isShared ? 2.0 : 0
        try schedule(FinishLogging(trail: trail, end: call.time), id: id, at: call.time + pause)
    }
}

extension CloudTrail.GetTrailStatus: TrailRead {
    static func answer(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        let status = try records.get(TrailStatus.self, trail.uniqueID)
        func date(_ time: Double?) -> Timestamp? { time.map { Timestamp(secondsSinceEpoch: $0) } }
        func text(_ time: Double?) -> String { date(time)?.iso8601 ?? "" }
        return Output {
            $0.isLogging = trail.isLogging
            $0.latestDeliveryError = status?.deliveryError
            $0.latestNotificationError = status?.notificationError
            $0.latestNotificationTime = date(status?.notified)
            $0.latestNotificationAttemptTime = text(status?.notificationAttempted)
            $0.latestNotificationAttemptSucceeded = text(status?.notified)
            $0.latestDeliveryTime = date(status?.delivered)
            $0.startLoggingTime = date(trail.started)
            $0.stopLoggingTime = date(trail.stopped)
            $0.latestDigestDeliveryTime = date(status?.digestDelivered)
            $0.latestDigestDeliveryError = status?.digestError
            $0.latestCloudWatchLogsDeliveryTime = date(status?.logGroupDelivered)
            $0.latestCloudWatchLogsDeliveryError = status?.logGroupError
            $0.latestDeliveryAttemptTime = text(status?.attempted)
            $0.latestDeliveryAttemptSucceeded = text(status?.delivered)
            $0.timeLoggingStarted = text(trail.started)
            $0.timeLoggingStopped = text(trail.stopped)
        }
    }
}
