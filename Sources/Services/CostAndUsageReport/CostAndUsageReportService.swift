import CostAndUsageReportAPI
import Ledger
public import Platform

extension ServiceModule {
    /// AWS Cost and Usage Report: bills as files in buckets.
    /// <https://docs.aws.amazon.com/cur/latest/APIReference/API_Operations_AWS_Cost_and_Usage_Report_Service.html>
    public static let costAndUsageReport = ServiceModule(
        CostAndUsageReport.self, isGlobal: true,
        operations: [
            CostAndUsageReport.PutReportDefinition.self, CostAndUsageReport.DescribeReportDefinitions.self,
            CostAndUsageReport.ModifyReportDefinition.self, CostAndUsageReport.DeleteReportDefinition.self,
            CostAndUsageReport.TagResource.self, CostAndUsageReport.UntagResource.self,
            CostAndUsageReport.ListTagsForResource.self,
        ],
        events: EventParticulars(source: "cur.amazonaws.com"), records: [ReportDefinition.self],
        projections: [ReportTags.self, ParquetPlace.self], resourceTypes: [.ofReports], jobs: [DeliverReport.self],
        quotas: [.reports],
        samples: Samples(texts: [
            "ReportName": "daily", "S3Bucket": "bills", "S3Prefix": "cur", "S3Region": "us-east-1",
        ]))
}

extension Quota {
    /// <https://docs.aws.amazon.com/cur/latest/userguide/cur-limits.html>
    static let reports = Quota("CostAndUsageReports", 10)
}
