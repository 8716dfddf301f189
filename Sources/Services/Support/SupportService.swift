public import Platform
import SupportAPI
import TrustedAdvisorAPI
import Wire

extension ServiceModule {
    /// AWS Support: cases, and Trusted Advisor's checks by the older interface.
    /// <https://docs.aws.amazon.com/awssupport/latest/APIReference/Welcome.html>
    public static let support = ServiceModule(
        Support.self, isGlobal: true, operations: caseOperations + checkOperations,
        events: EventParticulars(source: "support.amazonaws.com"),
        records: [
            SupportCase.self, CaseCommunication.self, StoredAttachmentSet.self, StoredAttachment.self,
            AdvisorRefresh.self, AdvisorExclusion.self, AdvisorLifecycle.self,
        ],
        jobs: [ForgetAttachmentSet.self], quotas: [.openCases], samples: supportSamples)

    /// AWS Trusted Advisor: checks, recommendations, and what is excluded of them.
    /// <https://docs.aws.amazon.com/trustedadvisor/latest/APIReference/Welcome.html>
    public static let trustedAdvisor = ServiceModule(
        TrustedAdvisor.self, isGlobal: true, operations: recommendationOperations,
        events: EventParticulars(source: "trustedadvisor.amazonaws.com"), samples: advisorSamples)

    private static let caseOperations: [any Platform.Operation.Type] = [
        Support.CreateCase.self, Support.DescribeCases.self, Support.ResolveCase.self,
        Support.AddCommunicationToCase.self, Support.DescribeCommunications.self, Support.AddAttachmentsToSet.self,
        Support.DescribeAttachment.self, Support.DescribeServices.self, Support.DescribeSeverityLevels.self,
        Support.DescribeSupportedLanguages.self, Support.DescribeCreateCaseOptions.self,
    ]

    private static let checkOperations: [any Platform.Operation.Type] = [
        Support.DescribeTrustedAdvisorChecks.self, Support.DescribeTrustedAdvisorCheckResult.self,
        Support.DescribeTrustedAdvisorCheckSummaries.self, Support.DescribeTrustedAdvisorCheckRefreshStatuses.self,
        Support.RefreshTrustedAdvisorCheck.self,
    ]

    private static let recommendationOperations: [any Platform.Operation.Type] = [
        TrustedAdvisor.ListChecks.self, TrustedAdvisor.ListRecommendations.self,
        TrustedAdvisor.GetRecommendation.self, TrustedAdvisor.ListRecommendationResources.self,
        TrustedAdvisor.UpdateRecommendationLifecycle.self,
        TrustedAdvisor.BatchUpdateRecommendationResourceExclusion.self,
        TrustedAdvisor.ListOrganizationRecommendations.self, TrustedAdvisor.GetOrganizationRecommendation.self,
        TrustedAdvisor.ListOrganizationRecommendationAccounts.self,
        TrustedAdvisor.ListOrganizationRecommendationResources.self,
        TrustedAdvisor.UpdateOrganizationRecommendationLifecycle.self,
    ]
}

/// An operation whose action has no resources: all of AWS Support, and of Trusted Advisor.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssupport.html>
protocol OnAllOfSupport: Platform.Operation {}

extension OnAllOfSupport {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("\(call.module.actionPrefix):\(call.operation)", on: "*"))
    }
}

private let supportSamples = Samples(
    texts: [
        "checkId": AdvisorCheck.all.first?.id ?? "", "caseId": "case-111122223333-muen-2026-0000000000000001",
        "language": "en", "attachmentId": "attachment-x", "serviceCode": "general-info", "categoryCode": "using-aws",
        "issueType": "technical",
    ], absent: ["attachmentSetId"])

private let advisorSamples = Samples(
    texts: [
        "recommendationIdentifier":
            "arn:aws:trustedadvisor::\(Samples.account):recommendation/00000000-0000-5000-8000-000000000001",
        "organizationRecommendationIdentifier":
            "arn:aws:trustedadvisor:::organization-recommendation/00000000-0000-5000-8000-000000000001",
        "lifecycleStage": "in_progress", "updateReason": "Somebody looks into it.",
    ])
