import Ledger
import Platform
import Posture
import S3API
import Wire

/// Delivers all current items of a scope, on request or as often as the channel says.
/// <https://docs.aws.amazon.com/config/latest/developerguide/deliver-snapshot-cli.html>
struct DeliverSnapshot: Job {
    static let kind = "Config::DeliverSnapshot"
    /// The id of the one that recurs.
    static let recurring = "recurring"

    /// nil: of one that recurs.
    var snapshotID: String?

    private static let atOnce = 256
    /// How often what the bucket refuses is tried again.
    private static let tries = 3

    /// Seconds between two.
    static func interval(_ frequency: String) -> Double {
        switch frequency {
        case "One_Hour": 3600
        case "Three_Hours": 3 * 3600
        case "Six_Hours": 6 * 3600
        case "Twelve_Hours": 12 * 3600
        default: 24 * 3600
        }
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let (channel, recorder) = try await environment.read(context.scope) { (records) throws(ServiceError) in
            (try records.list(DeliveryChannel.self, limit: 1).first, try records.ownRecorder())
        }
        guard let channel else { return }
        let now = environment.now()
        let id = snapshotID ?? RequestIDs.make(time: now)
        let access = ChannelAccess(environment, channel, recorder?.roleARN)
        let key = access.key("ConfigSnapshot", "\(ChannelAccess.stamp(now))_\(id)", at: now)
        var put: PreparedCall<S3.PutObject>?
        var failure: ServiceError?
        do throws(ServiceError) {
            put = try await access.put(try await file(id, context), at: key)
        } catch {
            guard context.attempts + 1 >= Self.tries else { throw error }
            failure = error
        }
        let (done, error, isRecurring) = (put, failure, snapshotID == nil)
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                if let done { _ = try done.complete(in: records) }
                var status = try records.get(ChannelStatus.self, channel.name) ?? ChannelStatus(id: channel.name)
                status.snapshot = ChannelStatus.Delivery(error, at: now, before: status.snapshot)
                try records.put(status)
                if error == nil {
                    try records.notify(
                        "[AWS Config:\(channel.region)] Configuration Snapshot Delivery Completed for Account"
                            + " \(channel.accountID)",
                        .members([
                            "configSnapshotId": .string(id), "s3ObjectKey": .string(key),
                            "s3Bucket": .string(channel.bucket), "notificationCreationTime": .time(now),
                            "messageType": .string("ConfigurationSnapshotDeliveryCompleted"),
                            "recordVersion": .string("1.1"),
                        ]), id: "snapshot \(id) completed", environment)
                }
                if isRecurring, let frequency = channel.snapshotFrequency {
                    try records.schedule(
                        DeliverSnapshot(), id: Self.recurring, at: now + Self.interval(frequency))
                }
            }
        } catch {
            if let done { await done.discard() }
            throw error
        }
    }

    private func file(_ id: String, _ context: JobContext) async throws(ServiceError) -> [UInt8] {
        var file = try ItemFile(id: id)
        var after: RowKey?
        while true {
            let last = after
            let rows = try await context.environment.read(context.scope) { (records) throws(ServiceError) in
                try records.list(CurrentItem.self, RowRange(after: last.map { .key($0) }), limit: Self.atOnce)
            }
            for row in rows { file.append(row.item) }
            guard rows.count == Self.atOnce, let end = rows.last else { break }
            after = end.key
            await Task.yield()
        }
        return file.finish()
    }
}
