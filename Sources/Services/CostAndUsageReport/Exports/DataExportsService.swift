import DataExportsAPI
import Ledger
public import Platform

extension ServiceModule {
    /// AWS Data Exports: bills as tables, of which a query takes columns.
    /// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Billing_and_Cost_Management_Data_Exports.html>
    public static let dataExports = ServiceModule(
        DataExports.self, isGlobal: true,
        operations: [
            DataExports.CreateExport.self, DataExports.GetExport.self, DataExports.UpdateExport.self,
            DataExports.DeleteExport.self, DataExports.ListExports.self, DataExports.GetExecution.self,
            DataExports.ListExecutions.self, DataExports.GetTable.self, DataExports.ListTables.self,
            DataExports.TagResource.self, DataExports.UntagResource.self, DataExports.ListTagsForResource.self,
        ],
        events: EventParticulars(source: "bcm-data-exports.amazonaws.com"), records: [StoredExport.self],
        tables: [ExportExecution.self], projections: [ExportTags.self], resourceTypes: [.ofExports],
        jobs: [DeliverExport.self], quotas: [.exports],
        samples: Samples(texts: [
            "ExportArn": StoredExport.arn("daily", "00000000", Samples.account), "Name": "daily",
            "ResourceArn": StoredExport.arn("daily", "00000000", Samples.account), "S3Bucket": "bills",
            "S3Prefix": "cur",
            "S3Region": "us-east-1", "QueryStatement": "SELECT line_item_usage_amount FROM COST_AND_USAGE_REPORT",
            "TableName": "COST_AND_USAGE_REPORT",
        ]))
}

extension Quota {
    /// <https://docs.aws.amazon.com/cur/latest/userguide/dataexports-quotas.html>
    static let exports = Quota("DataExports", 5)
}
