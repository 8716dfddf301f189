import CloudWatchLogsAPI
import Ledger
import LogMasking
import Platform
import S3API
import Wire

/// Reports of findings of one batch that wait to be sent to one of the places that the policies of the group name.
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
    let target: Target

    var partition: String { group }
    var key: RowKey { RowKey(.text(target.text), .text(id)) }

    /// All that wait for a target.
    static func range(_ target: Target) -> RowRange { RowRange(RowPrefix(.text(target.text))) }

    /// Where reports go.
    enum Target: Codable, Sendable, Hashable {
        case bucket(String)
        case group(String)

        /// Each once, though several policies may name it.
        static func all(of destinations: [DataProtectionPolicy.Destinations]) -> Set<Target> {
            Set(
                destinations.flatMap { one in
                    (one.bucket.map { [.bucket($0)] } ?? []) + (one.logGroup.map { [.group($0)] } ?? [])
                })
        }

        var text: String {
            switch self {
            case .bucket(let name): "s3:\(name)"
            case .group(let name): "logs:\(name)"
            }
        }
    }
}

/// Sends reports of findings to one log group or bucket: at least once, in the order in which they came. What is refused is tried again
/// for a day, and keeps no other target waiting.
struct DeliverAuditFindings: Job {
    static let kind = "Logs::DeliverAuditFindings"
    /// Seconds.
    private static let patience = 86_400.0

    /// The group's name, and its ``LogGroup/uniqueID``.
    let group: String
    let groupID: String
    let target: AuditFindings.Target

    var id: String { "\(groupID):\(target.text)" }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, groupID, target) = (context.environment, context.scope, groupID, target)
        let name = LogGroupName(account: scope.account, region: scope.region, name: group)
        while true {
            let found = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.list(AuditFindings.self, of: groupID, AuditFindings.range(target), limit: 1)
            }
            guard let row = found.first else { break }
            do throws(ServiceError) { try await send(row, from: name, environment) } catch {
                guard environment.now() - Double(row.time) / 1000 > Self.patience else { throw error }
            }
            try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                _ = try records.delete(row)
            }
        }
        let again = self
        try await context.finish { (records) throws(ServiceError) in
            // What came meanwhile found the schedule taken.
            guard try !records.list(AuditFindings.self, of: groupID, AuditFindings.range(target), limit: 1).isEmpty
            else { return }
            try records.schedule(again, id: again.id, at: environment.now())
        }
    }

    private func send(
        _ row: AuditFindings, from name: LogGroupName, _ environment: Environment
    ) async throws(ServiceError) {
        let identity = ServiceIdentity.own(AuditFindings.service, for: "\(name.arn):*", in: name.account)
        let services = environment.services(in: name.region)
        switch target {
        case .bucket(let bucket): try await put(row, into: bucket, from: name, services, identity)
        case .group(let group): try await put(row, into: group, services, identity)
        }
    }

    private func put(
        _ row: AuditFindings, into bucket: String, from name: LogGroupName, _ services: ServiceCalls,
        _ identity: ServiceIdentity
    ) async throws(ServiceError) {
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

    private func put(
        _ row: AuditFindings, into target: String, _ services: ServiceCalls, _ identity: ServiceIdentity
    ) async throws(ServiceError) {
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
            try await services.ensure(
                CloudWatchLogs.CreateLogStream.self,
                CloudWatchLogs.CreateLogStream.Input {
                    $0.logGroupName = target
                    $0.logStreamName = AuditFindings.stream
                }, as: identity)
            _ = try await services.call(CloudWatchLogs.PutLogEvents.self, put, as: identity)
        }
    }
}

extension MutableRecords {
    /// Has reports of findings sent to each target.
    func send(
        _ reports: [String], to targets: Set<AuditFindings.Target>, of group: LogGroup, at time: Double
    ) throws(ServiceError) {
        guard !reports.isEmpty else { return }
        for target in targets {
            var (row, size): ([String], Int) = ([], 0)
            for (number, report) in reports.enumerated() {
                row.append(report)
                size += report.utf8.count
                guard size >= AuditFindings.bytes || row.count == AuditFindings.most || number == reports.count - 1
                else { continue }
                try put(
                    AuditFindings(
                        group: group.uniqueID, id: RequestIDs.make(time: time), time: milliseconds(time), reports: row,
                        target: target))
                (row, size) = ([], 0)
            }
            let job = DeliverAuditFindings(group: group.name, groupID: group.uniqueID, target: target)
            guard try scheduledTime(of: DeliverAuditFindings.self, id: job.id) == nil else { continue }
            try schedule(job, id: job.id, at: time)
        }
    }
}
