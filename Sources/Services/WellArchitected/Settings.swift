import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// What holds for all workloads of an account, and what is connected with them.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_GetGlobalSettings.html>

extension WellArchitected.GetGlobalSettings: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let settings = try records.get(ReviewSettings.self, call.accountID) ?? ReviewSettings(accountID: call.accountID)
        return Output {
            $0.organizationSharingStatus = settings.sharesInOrganization ? "ENABLED" : "DISABLED"
            $0.discoveryIntegrationStatus = settings.discovers ? "ENABLED" : "DISABLED"
            $0.jiraConfiguration = WellArchitected.AccountJiraConfigurationOutput {
                $0.integrationStatus = "NOT_CONFIGURED"
            }
        }
    }
}

extension WellArchitected.UpdateGlobalSettings: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.reviewAccess("*", call.jiraContext(input.jiraConfiguration?.jiraProjectKey)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var settings = try records.get(ReviewSettings.self, call.accountID) ?? ReviewSettings(accountID: call.accountID)
        if let status = input.organizationSharingStatus {
            if status == "ENABLED" {
                guard call.directory.organization(ofAccount: call.accountID)?.managementAccountID == call.accountID
                else {
                    throw .sharedDenied("Only the management account of an organization can enable sharing with it.")
                }
            }
            settings.sharesInOrganization = status == "ENABLED"
        }
        if let status = input.discoveryIntegrationStatus { settings.discovers = status == "ENABLED" }
        if let jira = input.jiraConfiguration,
            jira.issueManagementStatus == "ENABLED" || jira.jiraProjectKey != nil
        {
            throw .withoutJira
        }
        try records.put(settings)
        return Output()
    }
}

extension WellArchitected.UpdateIntegration: WriteOperation, OnWorkload {
    /// There is nothing to bring up to date as long as no connector for Jira is configured, and Gatehouse has none.
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.workload(input.workloadId, call, .owner)
        throw .withoutJira
    }
}

extension ServiceError {
    fileprivate static var withoutJira: ServiceError {
        .invalidReview("The AWS Well-Architected Tool Connector for Jira is not configured; Gatehouse has none.")
    }
}
