import CostExplorerAPI
import Ledger
import Metering
public import Platform
import Wire

extension ServiceModule {
    /// AWS Cost Explorer: what calls have cost, and what they will. What it answers is metered by ``MeterCalls``, its job.
    /// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Cost_Explorer_Service.html>
    public static let costExplorer = ServiceModule(
        CostExplorer.self, isGlobal: true,
        operations: [
            CostExplorer.GetCostAndUsage.self, CostExplorer.GetCostAndUsageWithResources.self,
            CostExplorer.GetDimensionValues.self, CostExplorer.GetTags.self, CostExplorer.GetCostForecast.self,
            CostExplorer.GetUsageForecast.self, CostExplorer.ListCostAllocationTags.self,
            CostExplorer.UpdateCostAllocationTagsStatus.self,
        ],
        events: EventParticulars(source: "ce.amazonaws.com"),
        records: [MeterCursor.self, MeterTidied.self, CostTag.self],
        tables: [MeteredRow.self], projections: [PriceBook.self], jobs: [MeterCalls.self, MeterRetention.self],
        samples: Samples(texts: ["Start": "2026-11-01", "End": "2026-12-01", "Metric": "UNBLENDED_COST"]))
}

/// An operation whose action has no resources.
protocol OnAllCosts: Platform.Operation {}

extension OnAllCosts {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("ce:\(call.operation)", on: "*"))
    }
}

extension ServiceError {
    /// What Cost Explorer says of inputs that break its rules; its model does not declare it.
    static func costs(_ message: String) -> ServiceError { ServiceError("ValidationException", message, status: 400) }
}
