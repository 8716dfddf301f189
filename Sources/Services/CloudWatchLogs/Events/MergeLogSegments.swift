import Crypto
import Ledger
import Platform
import Wire

extension Metric {
    static let mergedSegments = Metric(
        "gatehouse_logs_merged_segments_total", "Small segments of log events that were merged into larger ones.")
}

/// Makes one segment of the small ones that a stream has in a minute: clients that put a line at a time leave thousands of rows,
/// which take more room than what is in them, and time to read.
///
/// Events keep their places, so that their ids and the tokens of readers stay good.
struct MergeLogSegments: RecurringJob {
    static let kind = "Logs::MergeSegments"
    static let interval = 600.0
    /// Seconds for which a minute is left alone after its end.
    private static let rest = 600.0
    private static let portion = 128

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let end = (milliseconds(environment.now() - Self.rest)) / SmallSegments.span
        var last: RowKey?
        var failure: ServiceError?
        walk: while true {
            let after = last
            let rows = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
                try records.list(SmallSegments.self, RowRange(after: after.map { .key($0) }), limit: Self.portion)
            }
            for row in rows {
                guard row.minute < end else { break walk }
                do throws(ServiceError) {
                    guard try await merge(row, environment) else { continue }
                } catch {
                    // What is wrong with one stream's segments is no matter of the others.
                    failure = error
                    continue
                }
                try await environment.write(Scope(account: ""), requestID: "") { (records) throws(ServiceError) in
                    _ = try records.delete(row)
                }
            }
            guard rows.count == Self.portion else { break }
            last = rows.last?.key
        }
        if let failure { throw failure }
    }

    /// - Returns: false where it can't be done yet.
    private func merge(_ row: SmallSegments, _ environment: Environment) async throws(ServiceError) -> Bool {
        let name = LogGroupName(account: row.account, region: row.region, name: row.name)
        guard let group = environment.projection(LogsIndex.self).group(name), group.uniqueID == row.group else {
            return true
        }
        let start = row.minute * SmallSegments.span
        var after: (value: RowKey, key: RowKey) = (
            RowKey(.number(row.stream), .number(start - 1), .number(.max)), RowKey(.number(.max))
        )
        while true {
            let place = after
            let found = try await environment.read(group.scope) { (records) throws(ServiceError) in
                try records.list(
                    LogSegment.self, by: LogSegment.byFirst, of: row.group,
                    RowIndexRange(RowPrefix(.number(row.stream)), after: place), limit: Self.portion)
            }
            let inside = found.prefix { $0.first < start + SmallSegments.span }
            let small = inside.filter {
                $0.size <= SmallSegments.mostBytes && $0.last < start + SmallSegments.span && $0.members.isEmpty
            }
            for part in Self.parts(small) where part.count > 1 {
                guard try await merge(part, of: group, environment) else { return false }
            }
            guard inside.count == Self.portion, let last = inside.last else { return true }
            after = (
                RowKey(.number(last.streamNumber), .number(last.first), .number(last.number)), last.key
            )
        }
    }

    /// Segments that become one each: of one data key, and not too large.
    private static func parts(_ segments: [LogSegment]) -> [[LogSegment]] {
        var parts: [[LogSegment]] = []
        var size: Int64 = 0
        for segment in segments {
            if let first = parts.last?.first, first.dataKey == segment.dataKey,
                size + segment.size <= SmallSegments.mostMerged
            {
                parts[parts.count - 1].append(segment)
                size += segment.size
            } else {
                parts.append([segment])
                size = segment.size
            }
        }
        return parts
    }

    /// - Returns: false where subscriptions have yet to read them.
    func merge(
        _ segments: [LogSegment], of group: LogGroup, _ environment: Environment
    ) async throws(ServiceError) -> Bool {
        guard let head = segments.first else { return true }
        let key: SymmetricKey?
        do throws(ServiceError) {
            key = try await environment.projection(LogKeys.self).opening(head, of: group, environment)
        } catch {
            // A key that is disabled comes back, or never does.
            guard error.status < 500 else { throw error }
            return true
        }
        let merged = try Self.merged(segments, head, key)
        return try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
            guard try records.list(OutgoingEvents.self, of: group.uniqueID, limit: 1).isEmpty else { return false }
            for segment in segments where try !records.delete(segment) {
                // Its stream was deleted meanwhile, or it has expired.
                throw .overtaken
            }
            try records.put(merged)
            try SegmentMerge.note(merged, at: milliseconds(environment.now()), in: records)
            records.afterwards { environment.metrics.add(segments.count, to: .mergedSegments) }
            return true
        }
    }

    private static func merged(
        _ segments: [LogSegment], _ head: LogSegment, _ key: SymmetricKey?
    ) throws(ServiceError) -> LogSegment {
        var (events, members): ([KeptEvent], [LogSegment.Member]) = ([], [])
        for segment in segments {
            let own = try SegmentContent.unpack(segment, key)
            events += own
            members.append(
                LogSegment.Member(number: segment.number, count: Int64(own.count), ingestion: segment.ingestion))
        }
        var merged = LogSegment(
            group: head.group, stream: head.stream, streamNumber: head.streamNumber, number: head.number,
            first: head.first, last: segments.reduce(head.last) { max($0, $1.last) }, ingestion: head.ingestion,
            dataKey: head.dataKey, size: segments.reduce(0) { $0 + $1.size },
            content: try SegmentContent.pack(events, from: head.first, of: head.group, key))
        merged.members = members
        return merged
    }
}
