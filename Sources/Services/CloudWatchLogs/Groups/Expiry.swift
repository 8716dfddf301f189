import Ledger
import Platform
import Wire

// What takes events away whose group or stream is gone, or that have been kept long enough.

/// Rows that one transaction deletes.
private let portion = 64

/// Deletes the streams and events of a group that is gone.
struct EmptyLogGroup: Job {
    static let kind = "Logs::EmptyLogGroup"

    /// The ``LogGroup/uniqueID``.
    let group: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let group = group
        var isEmpty = false
        while !isEmpty {
            isEmpty = try await context.environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) in
                let segments = try records.deleteAll(LogSegment.self, of: group, limit: portion)
                let streams = try records.deleteAll(LogStream.self, of: group, limit: portion)
                let outgoing = try records.deleteAll(OutgoingEvents.self, of: group, limit: portion)
                let merges = try records.deleteAll(SegmentMerge.self, of: group, limit: portion)
                let late = try records.deleteAll(LateSegment.self, of: group, limit: portion)
                return segments < portion && streams < portion && outgoing < portion && merges < portion
                    && late < portion
            }
        }
    }
}

/// Deletes the events of a stream that is gone.
struct EmptyLogStream: Job {
    static let kind = "Logs::EmptyLogStream"

    let group: String
    let stream: Int64

    func run(_ context: JobContext) async throws(ServiceError) {
        let (group, stream) = (group, stream)
        var isEmpty = false
        while !isEmpty {
            isEmpty = try await context.environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) in
                let segments = try records.list(
                    LogSegment.self, by: LogSegment.byFirst, of: group, RowIndexRange(RowPrefix(.number(stream))),
                    limit: portion)
                for segment in segments { try records.delete(LogSegment.self, segment.key, of: group) }
                try LateSegment.forget(stream, of: group, in: records)
                return segments.count < portion
            }
        }
    }
}

/// Deletes what retention no longer keeps. Nobody has seen it since it expired.
struct ExpireLogEvents: RecurringJob {
    static let kind = "Logs::ExpireLogEvents"
    static let interval = 3600.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        var failure: ServiceError?
        for group in environment.projection(LogsIndex.self).expiring {
            // What is wrong with one group is no matter of the others.
            do throws(ServiceError) { try await expire(group, environment) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func expire(_ group: LogGroup, _ environment: Environment) async throws(ServiceError) {
        var isDone = false
        while !isDone {
            isDone = try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
                // The retention may have changed meanwhile.
                guard let group = try records.get(LogGroup.self, group.name) else { return true }
                let first = group.firstKept(at: environment.now())
                let segments = try records.list(LogSegment.self, of: group.uniqueID, limit: portion)
                let begun = segments.prefix { $0.first < first }
                let expired = begun.filter { $0.last < first }
                for segment in expired { try records.delete(LogSegment.self, segment.key, of: group.uniqueID) }
                // What is still partly kept is at most an hour's.
                return expired.count < portion
            }
        }
    }
}
