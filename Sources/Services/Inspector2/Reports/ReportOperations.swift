import Directory
import FoundationEssentials
import Inspector2API
import Ledger
import Platform
import Policy
import Wire

// Reports of findings, and bills of materials, written into buckets.
// <https://docs.aws.amazon.com/inspector/latest/user/findings-managing-exporting-reports.html>
// <https://docs.aws.amazon.com/inspector/latest/user/sbom-export.html>

extension MutableRecords {
    /// Begins a report.
    /// - Returns: its id.
    fileprivate func begin(
        _ kind: String, _ format: String, _ destination: Inspector2.Destination, _ criteria: Structure?, _ call: Call
    ) throws(ServiceError) -> String {
        guard let arn = ARN(parsing: destination.kmsKeyArn), arn.service == "kms", arn.resource.hasPrefix("key/") else {
            throw .invalidField("s3Destination.kmsKeyArn", "The ARN \(destination.kmsKeyArn) is not that of a KMS key.")
        }
        guard !destination.bucketName.isEmpty else {
            throw .invalidField("s3Destination.bucketName", "The name of a bucket is needed.")
        }
        let settings = try inspectorSettings()
        guard settings.isEnabled else {
            throw .inspectorDenied("Amazon Inspector is not enabled for account \(call.accountID).")
        }
        // As at AWS, one report is written at a time.
        let latest = try list(
            StoredReport.self, by: StoredReport.byTime, of: kind, RowIndexRange(isReversed: true), limit: 1)
        guard latest.first?.status != .running else {
            throw .invalidInspection("A report is already in progress. Wait until it is written, or cancel it.")
        }
        let report = StoredReport(
            partition: kind, id: UUID().uuidString.lowercased(), format: format, bucket: destination.bucketName,
            prefix: destination.keyPrefix, kmsKey: destination.kmsKeyArn, criteria: criteria?.json, created: call.time)
        try put(report)
        try schedule(WriteInspectorReport(kind: kind, report: report.id), id: report.id, at: call.time)
        return report.id
    }

    /// Stops a report that is being written.
    fileprivate func cancel(_ kind: String, _ id: String) throws(ServiceError) {
        var report = try report(kind, id)
        guard report.status == .running else {
            throw .invalidField("reportId", "The report \(id) is not in progress.")
        }
        report.status = .cancelled
        try put(report)
        try cancel(WriteInspectorReport.self, id: id)
    }
}

extension RecordReading {
    fileprivate func report(_ kind: String, _ id: String) throws(ServiceError) -> StoredReport {
        guard let report = try get(StoredReport.self, RowKey(.text(id)), of: kind) else {
            throw .inspectorNotFound("The report \(id) does not exist.")
        }
        return report
    }
}

extension StoredReport {
    fileprivate var destination: Inspector2.Destination {
        Inspector2.Destination {
            $0.bucketName = bucket
            $0.keyPrefix = prefix
            $0.kmsKeyArn = kmsKey
        }
    }
}

extension Inspector2.CreateFindingsReport: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let criteria = input.filterCriteria { try FindingMatch.check(criteria) }
        let id = try records.begin(
            StoredReport.findings, input.reportFormat, input.s3Destination, input.filterCriteria?.structure, call)
        return Output { $0.reportId = id }
    }
}

extension Inspector2.CancelFindingsReport: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.cancel(StoredReport.findings, input.reportId)
        return Output { $0.reportId = input.reportId }
    }
}

extension Inspector2.GetFindingsReportStatus: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let report: StoredReport
        if let id = input.reportId {
            report = try records.report(StoredReport.findings, id)
        } else {
            // Without an id, that of the latest.
            let latest = try records.list(
                StoredReport.self, by: StoredReport.byTime, of: StoredReport.findings,
                RowIndexRange(isReversed: true), limit: 1)
            guard let found = latest.first else { throw .inspectorNotFound("There is no report.") }
            report = found
        }
        let criteria = try report.criteria.map { json throws(ServiceError) in
            Inspector2.FilterCriteria(try Structure(json: json, of: Inspector2.FilterCriteria.shape))
        }
        return Output {
            $0.reportId = report.id
            $0.status = report.status.rawValue
            $0.errorCode = report.errorCode
            $0.errorMessage = report.errorMessage
            $0.destination = report.destination
            $0.filterCriteria = criteria
        }
    }
}

extension Inspector2.CreateSbomExport: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = try records.begin(
            StoredReport.materials, input.reportFormat, input.s3Destination, input.resourceFilterCriteria?.structure,
            call)
        return Output { $0.reportId = id }
    }
}

extension Inspector2.CancelSbomExport: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.cancel(StoredReport.materials, input.reportId)
        return Output { $0.reportId = input.reportId }
    }
}

extension Inspector2.GetSbomExport: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let report = try records.report(StoredReport.materials, input.reportId)
        let criteria = try report.criteria.map { json throws(ServiceError) in
            Inspector2.ResourceFilterCriteria(try Structure(json: json, of: Inspector2.ResourceFilterCriteria.shape))
        }
        return Output {
            $0.reportId = report.id
            $0.format = report.format
            $0.status = report.status.rawValue
            $0.errorCode = report.errorCode
            $0.errorMessage = report.errorMessage
            $0.s3Destination = report.destination
            $0.filterCriteria = criteria
        }
    }
}
