import ArtifactAPI
import Ledger
public import Platform
import Wire

extension ServiceModule {
    /// AWS Artifact: reports about this installation.
    /// <https://docs.aws.amazon.com/artifact/latest/ug/what-is-aws-artifact.html>
    public static let artifact = ServiceModule(
        Artifact.self,
        operations: [
            Artifact.ListReports.self, Artifact.ListReportVersions.self, Artifact.GetReportMetadata.self,
            Artifact.GetTermForReport.self, Artifact.GetReport.self, Artifact.ListCustomerAgreements.self,
            Artifact.GetAccountSettings.self, Artifact.PutAccountSettings.self,
        ],
        records: [ArtifactSettings.self], tables: [StoredReport.self, FetchedTerms.self, DocumentLink.self],
        projections: [OperatorPapers.self], paths: [.documents],
        samples: Samples(texts: ["reportId": "report-buildjson0000000"]))
}
