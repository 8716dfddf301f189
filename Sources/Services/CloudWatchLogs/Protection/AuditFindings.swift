import CloudWatchLogsAPI
import Ledger
import LogMasking
import Platform
import S3API
import Wire

/// Reports of findings of one batch that wait to be sent to where the policies of the group say.
struct AuditFindings: TableRow {
    static let kind = "Gatehouse::Logs::AuditFindings"
    /// Who sends them.
    static let service = "delivery.logs.amazonaws.com"
    /// Where they go is a stream of this name.
    static let stream = "data-protection-audit"
    /// Bytes of reports that one row has at least before another is begun, and how many there are in it at most.
    static let bytes = 256 << 10
    static let most = 500

    /// The ``LogGroup/uniqueID`` of the group.
    let group: String
    /// A UUID of version 7.
    let id: String
    /// Milliseconds since 1970.
    let time: Int64
    let reports: [String]

    var partition: String { group }
    var key: RowKey { RowKey(.text(id)) }
}

/// Sends reports of findings to log groups and buckets: at least once, in the order in which they came. What is refused is tried again
/// for a day.
struct DeliverAuditFindings: Job {
    static let kind = "Logs::DeliverAuditFindings"
    /// Seconds.
    private static let patience = 86_400.0

    /// The group's name, and its ``LogGroup/uniqueID``.
    let group: String
    let groupID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, groupID) = (context.environment, context.scope, groupID)
        let name = LogGroupName(account: scope.account, region: scope.region, name: group)
        while true {
            let found = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.list(AuditFindings.self, of: groupID, RowRange(), limit: 1)
            }
            guard let row = found.first else { break }
            let group = environment.projection(LogsIndex.self).group(name)
            let protection = group.flatMap { environment.projection(ProtectionIndex.self).protection(of: $0) }
            do throws(ServiceError) {
                for destination in protection?.destinations ?? [] {
                    try await send(row, to: destination, from: name, environment)
                }
            } catch {
                guard environment.now() - Double(row.time) / 1000 > Self.patience else { throw error }
            }
            try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                _ = try records.delete(row)
            }
        }
        let again = self
        try await context.finish { (records) throws(ServiceError) in
            // What came meanwhile found the schedule taken.
            guard try !records.list(AuditFindings.self, of: groupID, RowRange(), limit: 1).isEmpty else { return }
            try records.schedule(again, id: groupID, at: environment.now())
        }
    }

    private func send(
        _ row: AuditFindings, to destination: DataProtectionPolicy.Destinations, from name: LogGroupName,
        _ environment: Environment
    ) async throws(ServiceError) {
        let identity = ServiceIdentity.own(AuditFindings.service, for: "\(name.arn):*", in: name.account)
        let services = environment.services(in: name.region)
        if let bucket = destination.bucket {
            let time = Timestamp(secondsSinceEpoch: Double(row.time) / 1000).iso8601.split { "-T:Z".contains($0) }
            let folder = time.prefix(3).joined(separator: "/")
            let key = "AWSLogs/\(name.account)/CloudWatchLogs/\(name.region)/\(folder)/audit-findings_\(row.id).json"
            let lines = row.reports.joined(separator: "\n") + "\n"
            _ = try await services.call(
                S3.PutObject.self,
                S3.PutObject.Input {
                    $0.bucket = bucket
                    $0.key = key
                    $0.acl = "bucket-owner-full-control"
                    $0.body = BodyStream(Array(lines.utf8))
                }, as: identity)
        }
        guard let target = destination.logGroup else { return }
        let put = CloudWatchLogs.PutLogEvents.Input {
            $0.logGroupName = target
            $0.logStreamName = AuditFindings.stream
            $0.logEvents = row.reports.map { report in
                CloudWatchLogs.InputLogEvent {
                    $0.timestamp = Int(row.time)
                    $0.message = report
                }
            }
        }
        do throws(ServiceError) {
            _ = try await services.call(CloudWatchLogs.PutLogEvents.self, put, as: identity)
        } catch {
            guard error.code == "ResourceNotFoundException" else { throw error }
            do throws(ServiceError) {
                _ = try await services.call(
                    CloudWatchLogs.CreateLogStream.self,
                    CloudWatchLogs.CreateLogStream.Input {
                        $0.logGroupName = target
                        $0.logStreamName = AuditFindings.stream
                    }, as: identity)
            } catch {
                guard error.code == "ResourceAlreadyExistsException" else { throw error }
            }
            _ = try await services.call(CloudWatchLogs.PutLogEvents.self, put, as: identity)
        }
    }
}

extension MutableRecords {
    /// Has reports of findings sent.
    func send(_ reports: [String], of group: LogGroup, at time: Double) throws(ServiceError) {
        guard !reports.isEmpty else { return }
        var (row, size): ([String], Int) = ([], 0)
        for (number, report) in reports.enumerated() {
            row.append(report)
            size += report.utf8.count
            guard size >= AuditFindings.bytes || row.count == AuditFindings.most || number == reports.count - 1 else {
                continue
            }
            try put(
                AuditFindings(
                    group: group.uniqueID, id: RequestIDs.make(time: time), time: milliseconds(time), reports: row))
            (row, size) = ([], 0)
        }
        guard try scheduledTime(of: DeliverAuditFindings.self, id: group.uniqueID) == nil else { return }
        try schedule(DeliverAuditFindings(group: group.name, groupID: group.uniqueID), id: group.uniqueID, at: time)
    }
}
