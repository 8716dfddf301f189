import CostAndUsageReportAPI
import Directory
import Ledger
import Platform
import Wire

extension CostAndUsageReport.ReportDefinition {
    var isParquet: Bool { format == "Parquet" }

    /// - Throws: ValidationException for what does not fit together; NotImplemented for what Gatehouse can't write.
    func checked() throws(ServiceError) -> CostAndUsageReport.ReportDefinition {
        guard (format == "Parquet") == (compression == "Parquet") else {
            throw .invalidReport("The format \(format) can't have the compression \(compression).")
        }
        guard compression != "ZIP" else {
            throw .notImplemented("Gatehouse writes reports with the compression GZIP, or as Parquet.")
        }
        if let artifact = additionalArtifacts?.first {
            throw .notImplemented("Gatehouse writes no artifacts for \(artifact).")
        }
        if let element = additionalSchemaElements.first(where: { $0 != "RESOURCES" }) {
            throw .notImplemented("Gatehouse's bills have nothing for the schema element \(element).")
        }
        guard billingViewArn == nil else { throw .notImplemented("Gatehouse has no billing views yet.") }
        guard !reportName.isEmpty, !s3Bucket.isEmpty else { throw .invalidReport("A report has a name and a bucket.") }
        guard !s3Prefix.hasPrefix("/"), !s3Prefix.hasSuffix("/") else {
            throw .invalidReport("The prefix must neither begin nor end with a slash.")
        }
        var definition = self
        definition.reportVersioning = reportVersioning ?? "CREATE_NEW_REPORT"
        definition.refreshClosedReports = refreshClosedReports ?? false
        definition.reportStatus = nil
        return definition
    }
}

extension TagRules {
    static let ofReports = TagRules(
        keys: .exact, most: 50, duplicate: .invalidReport("Tag keys must be unique."),
        reserved: { .invalidReport("The tag key \($0) is reserved for AWS.") },
        tooMany: .invalidReport("A report can have 50 tags at most."))
}

extension CostAndUsageReport.PutReportDefinition: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let arn = ReportDefinition.arn(input.reportDefinition.reportName, call.accountID)
        var accesses = [Access("cur:PutReportDefinition", on: arn)]
        if let tags = input.tags, !tags.isEmpty {
            accesses.append(Access("cur:TagResource", on: arn, context: requestTags(tags)))
        }
        return .required(accesses)
    }

    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> CostAndUsageReport.ReportDefinition {
        let definition = try input.reportDefinition.checked()
        if definition.isParquet { try await call.environment.parquetProgram.check() }
        try await ReportBucket(definition, call.accountID, call.environment).check()
        return definition
    }

    public static func handle(
        _ input: Input, _ preparation: CostAndUsageReport.ReportDefinition, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = preparation.reportName
        guard try records.get(ReportDefinition.self, name) == nil else {
            throw CostAndUsageReport.Failure.duplicateReportNameException(
                "A report with the name \(name) already exists in the account.")
        }
        let quota = call.quotas[.reports]
        guard try records.count(ReportDefinition.self) < quota else {
            throw CostAndUsageReport.Failure.reportLimitReachedException(
                "An account can have \(quota) reports at most.")
        }
        var report = ReportDefinition(
            id: name, accountID: call.accountID, definition: preparation.structure.json)
        report.tags = try TagRules.ofReports.new(input.tags)
        report.created = call.time
        try records.put(report)
        try records.schedule(DeliverReport(), id: name, at: call.time)
        return Output()
    }
}

extension CostAndUsageReport.ModifyReportDefinition: PreparedWriteOperation, OnReport {
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> CostAndUsageReport.ReportDefinition {
        let definition = try input.reportDefinition.checked()
        guard definition.reportName == input.reportName else {
            throw .invalidReport("The name of a report can't be changed.")
        }
        if definition.isParquet { try await call.environment.parquetProgram.check() }
        try await ReportBucket(definition, call.accountID, call.environment).check()
        return definition
    }

    public static func handle(
        _ input: Input, _ preparation: CostAndUsageReport.ReportDefinition, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var report = try records.get(ReportDefinition.self, input.reportName) else {
            throw .invalidReport("The report \(input.reportName) does not exist.")
        }
        report.definition = preparation.structure.json
        try records.put(report)
        try records.schedule(DeliverReport(), id: report.id, at: call.time)
        return Output()
    }
}

extension CostAndUsageReport.DeleteReportDefinition: WriteOperation, OnReport {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let report = try records.get(ReportDefinition.self, input.reportName) else {
            throw .invalidReport("The report \(input.reportName) does not exist.")
        }
        try records.cancel(DeliverReport.self, id: report.id)
        try records.delete(report)
        return Output { $0.responseMessage = "Successfully deleted report definition" }
    }
}

extension CostAndUsageReport.DescribeReportDefinitions: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("cur:DescribeReportDefinitions", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let paging = try? Paging(marker: input.nextToken, maxItems: input.maxResults ?? 5) else {
            throw .invalidReport("The next token is invalid.")
        }
        let page = try records.page(ReportDefinition.self, paging)
        let reports = try page.items.map { (report) throws(ServiceError) in
            var view = try report.view()
            view.reportStatus = CostAndUsageReport.ReportStatus {
                $0.lastDelivery = report.delivered.map { time in
                    Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601.filter { $0 != "-" && $0 != ":" }
                }
                $0.lastStatus = report.status
            }
            return view
        }
        return Output {
            $0.reportDefinitions = reports
            $0.nextToken = page.marker
        }
    }
}

extension CostAndUsageReport.TagResource: WriteOperation, OnReport {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "cur:TagResource", on: ReportDefinition.arn(input.reportName, call.accountID),
                context: requestTags(input.tags)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var report = try records.report(input.reportName)
        report.tags = try TagRules.ofReports.merge(input.tags, into: report.tags)
        try records.put(report)
        return Output()
    }
}

extension CostAndUsageReport.UntagResource: WriteOperation, OnReport {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "cur:UntagResource", on: ReportDefinition.arn(input.reportName, call.accountID),
                context: ["aws:tagkeys": .many(input.tagKeys)]))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var report = try records.report(input.reportName)
        report.tags = TagRules.ofReports.remove(input.tagKeys, from: report.tags)
        try records.put(report)
        return Output()
    }
}

extension CostAndUsageReport.ListTagsForResource: ReadOperation, OnReport {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.report(input.reportName).tags
        return Output { $0.tags = tags.map { CostAndUsageReport.Tag($0) } }
    }
}
