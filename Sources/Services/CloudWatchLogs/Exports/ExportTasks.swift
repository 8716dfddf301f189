import CloudWatchLogsAPI
import Ledger
import Platform
import Wire

// Exports into buckets. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html>

extension CloudWatchLogs.CreateExportTask: PreparedWriteOperation, OnLogGroup {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedExport {
        let name = LogGroupName(input.logGroupName, call)
        guard let group = call.environment.projection(LogsIndex.self).group(name) else { throw .noSuchLogGroup }
        guard input.from < input.to else {
            throw .invalidParameter("The specified time range is not valid: from has to be before to.")
        }
        let prefix = input.destinationPrefix ?? "exportedlogs"
        try await ExportBucket(environment: call.environment, group: name, bucket: input.destination).check(
            prefix: prefix)
        return PreparedExport(
            task: ExportTask(
                id: RequestIDs.make(time: call.time), name: input.taskName, group: group.name, groupID: group.uniqueID,
                streamPrefix: input.logStreamNamePrefix, from: Int64(input.from), to: Int64(input.to),
                bucket: input.destination, prefix: prefix, created: Int(milliseconds(call.time))))
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedExport, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let task = prepared.task
        guard try records.logGroup(LogGroupName(task.group, call)).uniqueID == task.groupID else {
            throw .noSuchLogGroup
        }
        // An account has one at a time.
        guard try records.scheduled(RunExportTask.self, id: RunExportTask.id) == nil else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        try records.put(task)
        try records.schedule(RunExportTask(task: task.id), id: RunExportTask.id, at: call.time)
        return Output { $0.taskId = task.id }
    }
}

/// An export whose bucket takes objects.
public struct PreparedExport: Sendable {
    let task: ExportTask
}

extension CloudWatchLogs.DescribeExportTasks: ReadOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.taskId == nil || input.statusCode == nil else {
            throw .invalidParameter("taskId and statusCode can't be specified both.")
        }
        let page = try records.page(ExportTask.self, try LogsPage.paging(input)) { task in
            (input.taskId.map { $0 == task.id } ?? true)
                && (input.statusCode.map { $0 == task.status.rawValue } ?? true)
        }
        return Output {
            $0.exportTasks = page.items.map { $0.view }
            $0.nextToken = page.marker
        }
    }
}

extension ExportTask {
    fileprivate var view: CloudWatchLogs.ExportTask {
        CloudWatchLogs.ExportTask {
            $0.taskId = id
            $0.taskName = name
            $0.logGroupName = group
            $0.from = Int(from)
            $0.to = Int(to)
            $0.destination = bucket
            $0.destinationPrefix = prefix
            $0.status = CloudWatchLogs.ExportTaskStatus {
                $0.code = status.rawValue
                $0.message = message
            }
            $0.executionInfo = CloudWatchLogs.ExportTaskExecutionInfo {
                $0.creationTime = created
                $0.completionTime = completed
            }
        }
    }
}

extension CloudWatchLogs.CancelExportTask: WriteOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard var task = try records.get(ExportTask.self, input.taskId) else {
            throw CloudWatchLogs.Failure.resourceNotFoundException("The specified export task does not exist.")
        }
        switch task.status {
        case .pending:
            try records.cancel(RunExportTask.self, id: RunExportTask.id)
            (task.status, task.message) = (.cancelled, "Cancelled by user")
            task.completed = Int(milliseconds(call.time))
        case .running: task.status = .pendingCancel
        case .pendingCancel: break
        case .cancelled, .completed, .failed:
            throw CloudWatchLogs.Failure.invalidOperationException(
                "The specified export task has already finished: it is \(task.status.rawValue).")
        }
        try records.put(task)
        return Output()
    }
}
