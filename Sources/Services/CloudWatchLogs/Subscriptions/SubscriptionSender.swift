import CloudWatchLogsAPI
import Compression
import Ledger
import LogPatterns
import Platform
import S3API
import Wire

/// Sends rows of events on, and forgets them.
struct SubscriptionSender: Sendable {
    let environment: Environment
    let group: LogGroup
    let route: SubscriptionRoute
    /// The name that messages call the subscription by.
    let filter: String
    let isOfAccount: Bool
    /// nil: it can't be read any more.
    let pattern: FilterPattern?

    /// Sends them, each or all together, as the target wants it. What was sent when an error comes is forgotten already.
    func send(_ rows: [OutgoingEvents]) async throws(ServiceError) {
        switch route.target {
        case .endpoint(let arn, let kind):
            let endpoint = SubscriptionEndpoint(arn: arn.description, of: route.access.roleAccount, kind, environment)
            for row in rows {
                if let message = try await message(of: row) { try await send(message, to: endpoint, kind) }
                try await forget([row])
            }
        case .bucket(let bucket): try await put(rows, into: bucket)
        case .group(let target):
            for row in rows { try await put(row, into: target) }
        case .destination: throw .internalFailure
        }
    }

    private func send(
        _ message: SubscriptionMessage, to endpoint: SubscriptionEndpoint, _ kind: SubscriptionTarget.Endpoint
    ) async throws(ServiceError) {
        if let action = kind.action { try await route.access.check(action, on: endpoint.arn) }
        do throws(ServiceError) { try await endpoint.send(message.json) } catch {
            // It would keep all that comes after it waiting for a day.
            guard SubscriptionEndpoint.isRefusal(error) else { throw error }
            environment.metrics.add(message.events.count, to: .droppedSubscriptionEvents)
        }
    }

    /// The events of a row; nil: they are gone, by retention or with their stream.
    private func message(of row: OutgoingEvents) async throws(ServiceError) -> SubscriptionMessage? {
        let segment = try await environment.read(group.scope) { (records) throws(ServiceError) in
            try records.get(LogSegment.self, row.segmentKey, of: row.group)
        }
        guard let segment else { return nil }
        var events = try SegmentContent.unpack(
            segment, try await environment.projection(LogKeys.self).opening(segment, of: group, environment))
        events = events.filter { row.has($0.place.index) }
        return SubscriptionMessage(
            owner: group.accountID, group: group.name, stream: segment.stream, filter: filter, isOfAccount: isOfAccount,
            events: events, pattern: pattern)
    }

    private func forget(_ rows: [OutgoingEvents]) async throws(ServiceError) {
        try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
            for row in rows { try records.delete(OutgoingEvents.self, row.key, of: row.group) }
        }
    }

    // MARK: Into a bucket

    /// All rows become one object, a message a line.
    private func put(_ rows: [OutgoingEvents], into bucket: String) async throws(ServiceError) {
        guard let gzip = Gzip() else { throw .internalFailure }
        var isEmpty = true
        for row in rows {
            guard let message = try await message(of: row) else { continue }
            gzip.append(message.json + [UInt8(ascii: "\n")])
            isEmpty = false
        }
        guard !isEmpty else { return try await forget(rows) }
        let (body, key) = (gzip.finish(), objectKey(environment.now()))
        let put = try await environment.services(in: group.region).prepare(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = bucket
                $0.key = key
                $0.acl = "bucket-owner-full-control"
                $0.contentType = "application/x-gzip"
                $0.body = BodyStream(body)
            }, as: try await route.access.identity())
        try await complete(put, forgetting: rows)
    }

    /// `AWSLogs/111122223333/CloudWatchLogs/us-east-1/app/2026/11/30/06/15/app_20261130T0615Z_1a2b3c4d.json.gz`
    private func objectKey(_ time: Double) -> String {
        let text = Timestamp(secondsSinceEpoch: time).iso8601.split { "-T:Z.".contains($0) }
        let folder = text.prefix(5).joined(separator: "/")
        let moment = text.prefix(3).joined() + "T" + text.dropFirst(3).prefix(2).joined() + "Z"
        let unique = RequestIDs.make(time: time).suffix(12)
        // A name that begins with a slash would make a folder without a name.
        let name = group.name.drop { $0 == "/" }
        let last = name.split(separator: "/").last.map { String($0) } ?? "logs"
        return "AWSLogs/\(group.accountID)/CloudWatchLogs/\(group.region)/\(name)/\(folder)/"
            + "\(last)_\(moment)_\(unique).json.gz"
    }

    /// In the transaction that makes the object, what was in it is forgotten: each event is in the bucket once.
    private func complete<O: OperationModel>(
        _ call: PreparedCall<O>, forgetting rows: [OutgoingEvents]
    ) async throws(ServiceError) {
        do throws(ServiceError) {
            try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
                for row in rows where try !records.delete(OutgoingEvents.self, row.key, of: row.group) {
                    // Another node has sent it.
                    throw .overtaken
                }
                _ = try call.complete(in: records)
            }
        } catch {
            let isOvertaken = error.code == ServiceError.overtaken.code
            // Where the ledger has failed, nobody can tell whether the transaction was committed.
            if isOvertaken || error.status < 500 { await call.discard() }
            guard !isOvertaken else { return }
            throw error
        }
    }

    // MARK: Into another log group

    private func put(_ row: OutgoingEvents, into target: LogGroupName) async throws(ServiceError) {
        guard let message = try await message(of: row) else { return try await forget([row]) }
        let identity = try await route.access.identity()
        let stream = targetStream(message.stream)
        do throws(ServiceError) {
            try await complete(try await prepare(message, target, stream, identity), forgetting: [row])
        } catch {
            guard error.code == "ResourceNotFoundException" else { throw error }
            try await environment.services(in: target.region).ensure(
                CloudWatchLogs.CreateLogStream.self,
                CloudWatchLogs.CreateLogStream.Input {
                    $0.logGroupName = target.name
                    $0.logStreamName = stream
                }, as: identity)
            try await complete(try await prepare(message, target, stream, identity), forgetting: [row])
        }
    }

    private func prepare(
        _ message: SubscriptionMessage, _ target: LogGroupName, _ stream: String, _ identity: ServiceIdentity
    ) async throws(ServiceError) -> PreparedCall<CloudWatchLogs.PutLogEvents> {
        let events = message.events.map { event in
            CloudWatchLogs.InputLogEvent {
                $0.timestamp = Int(event.place.time)
                $0.message = event.text
            }
        }
        return try await environment.services(in: target.region).prepare(
            CloudWatchLogs.PutLogEvents.self,
            CloudWatchLogs.PutLogEvents.Input {
                $0.logGroupName = target.name
                $0.logStreamName = stream
                $0.logEvents = events
            }, as: identity)
    }

    /// `111122223333_app/web`, or the stream's own name where that would be too long.
    private func targetStream(_ stream: String) -> String {
        let name = "\(group.accountID)_\(group.name)/\(stream)"
        return name.utf8.count <= 512 ? name : stream
    }
}

extension ServiceError {
    /// Another node was first.
    static var overtaken: ServiceError { ServiceError("Overtaken", "Another node was first.", status: 500) }
}
