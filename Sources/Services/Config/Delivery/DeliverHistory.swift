import Ledger
import Platform
import Posture
import S3API
import Wire

/// Delivers every six hours what has been recorded since, one file for each type of resource.
/// <https://docs.aws.amazon.com/config/latest/developerguide/how-does-config-work.html#delivery-channel>
struct DeliverHistory: Job {
    static let kind = "Config::DeliverHistory"
    /// Seconds.
    static let interval = 6.0 * 3600
    /// Lines of the log that one run takes.
    private static let most = 5_000
    private static let tries = 3

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        let most = Self.most
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            let progress = try records.get(RecorderProgress.self, RecorderProgress.name) ?? RecorderProgress()
            let range = RowRange(after: .key(RowKey(.number(progress.delivered))))
            let lines = try records.list(ItemLine.self, range, limit: most)
            var items: [String: [StoredItem]] = [:]
            for line in lines {
                let key = RowKey(.number(line.captured), .number(line.number))
                let past = try records.get(PastItem.self, key, of: PastItem.partition(line.type, line.id))
                if let item = past?.item { items[line.type, default: []].append(item) }
            }
            return Found(
                channel: try records.list(DeliveryChannel.self, limit: 1).first,
                recorder: try records.ownRecorder(), items: items, start: progress.delivered,
                end: lines.last?.number ?? progress.delivered, isLast: lines.count < most)
        }
        guard let channel = found.channel else {
            try await context.finish { (records) throws(ServiceError) in
                guard found.recorder != nil else { return }
                try records.schedule(DeliverHistory(), id: Self.kind, at: now + Self.interval)
            }
            return
        }
        let access = ChannelAccess(environment, channel, found.recorder?.roleARN)
        var files: [(type: String, key: String, call: PreparedCall<S3.PutObject>)] = []
        var failure: ServiceError?
        do throws(ServiceError) {
            for (type, items) in found.items.sorted(by: { $0.key < $1.key }) {
                var file = try ItemFile(id: RequestIDs.make(time: now))
                for item in items { file.append(item) }
                let times = items.map(\.captured)
                let (first, last) = (Double(times.min() ?? 0) / 1000, Double(times.max() ?? 0) / 1000)
                let key = access.key(
                    "ConfigHistory",
                    "\(type)_\(ChannelAccess.stamp(first))_\(ChannelAccess.stamp(last))_\(found.end)", at: now)
                files.append((type, key, try await access.put(file.finish(), at: key)))
            }
        } catch {
            for file in files { await file.call.discard() }
            files = []
            guard context.attempts + 1 >= Self.tries else { throw error }
            failure = error
        }
        let (done, error) = (files, failure)
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                try Self.complete(done, error, found, channel, now, records, environment)
            }
        } catch {
            for file in done { await file.call.discard() }
            throw error
        }
    }

    private struct Found: Sendable {
        let channel: DeliveryChannel?
        let recorder: Recorder?
        let items: [String: [StoredItem]]
        let start: Int64
        let end: Int64
        let isLast: Bool
    }

    private static func complete(
        _ files: [(type: String, key: String, call: PreparedCall<S3.PutObject>)], _ error: ServiceError?,
        _ found: Found, _ channel: DeliveryChannel, _ now: Double, _ records: MutableRecords, _ environment: Environment
    ) throws(ServiceError) {
        for file in files {
            _ = try file.call.complete(in: records)
            try records.notify(
                "[AWS Config:\(channel.region)] Configuration History Delivery Completed for Account"
                    + " \(channel.accountID)",
                .members([
                    "s3ObjectKey": .string(file.key), "s3Bucket": .string(channel.bucket),
                    "notificationCreationTime": .time(now),
                    "messageType": .string("ConfigurationHistoryDeliveryCompleted"), "recordVersion": .string("1.1"),
                ]), id: "history \(file.type) \(found.end)", environment)
        }
        if error == nil {
            var progress = try records.get(RecorderProgress.self, RecorderProgress.name) ?? RecorderProgress()
            progress.delivered = max(progress.delivered, found.end)
            try records.put(progress)
        }
        if !files.isEmpty || error != nil {
            var status = try records.get(ChannelStatus.self, channel.name) ?? ChannelStatus(id: channel.name)
            status.history = ChannelStatus.Delivery(error, at: now, before: status.history)
            try records.put(status)
        }
        // What the bucket refused is delivered the next time.
        let isDone = found.isLast || error != nil
        guard found.recorder != nil || !isDone else { return }
        try records.schedule(DeliverHistory(), id: kind, at: isDone ? now + interval : now)
    }
}
