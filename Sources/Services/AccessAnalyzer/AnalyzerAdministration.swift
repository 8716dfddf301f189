import AccessAnalyzerAPI
import Directory
import Platform
import Policy
import Wire

// Who may have analyzers of an organization, and the role by which Access Analyzer looks into accounts.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-settings.html>

enum AnalyzerAdministration {
    static let service = "access-analyzer.amazonaws.com"
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-using-service-linked-roles.html>
    fileprivate static let role = "AWSServiceRoleForAccessAnalyzer"
}

extension Call {
    /// The permission to have the service-linked role made; nil when it is there.
    var needForServiceLinkedRole: Access? {
        let service = AnalyzerAdministration.service
        let arn = "arn:aws:iam::\(accountID):role\(Role.serviceLinkedPath)\(service)/\(AnalyzerAdministration.role)"
        guard directory.uniqueID(ofARN: arn) == nil else { return nil }
        return Access("iam:CreateServiceLinkedRole", on: arn, context: ["iam:awsservicename": .one(service)])
    }

    /// The organization whose analyzers an account may have: it manages it, or is a delegated administrator for Access
    /// Analyzer. nil: none.
    func administeredOrganization(by account: String) -> Organization? {
        guard let organization = directory.organization(ofAccount: account) else { return nil }
        let isDelegated =
            directory.organizationAccount(account)?.delegatedServices[AnalyzerAdministration.service] != nil
        return organization.managementAccountID == account || isDelegated ? organization : nil
    }

    /// - Throws: ValidationException, AccessDeniedException.
    func checkOrganizationAnalyzers() throws(ServiceError) {
        guard let organization = directory.organization(ofAccount: accountID) else {
            throw .invalidRequest("The account is not a member of an organization.", reason: "fieldValidationFailed")
        }
        guard administeredOrganization(by: accountID) != nil else {
            throw AccessAnalyzer.Failure.accessDeniedException("Account \(accountID) is not a delegated administrator")
        }
        guard organization.trustedServices[AnalyzerAdministration.service] != nil else {
            throw .invalidRequest("Service not enabled for AWS Organizations", reason: "fieldValidationFailed")
        }
    }

    /// An analyzer of an organization that its account no longer may have finds nothing any more.
    func status(of analyzer: Analyzer) -> AnalyzerStatus {
        guard analyzer.type.isOfOrganization else { return .active }
        let organization = administeredOrganization(by: analyzer.accountID)
        return organization?.trustedServices[AnalyzerAdministration.service] == nil ? .disabled : .active
    }

    /// AWS's code for why an analyzer of an organization is disabled.
    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_StatusReason.html>
    func reasonForBeingDisabled(_ analyzer: Analyzer) -> String {
        let account = analyzer.accountID
        guard let organization = directory.organization(ofAccount: account) else { return "ORGANIZATION_DELETED" }
        if organization.trustedServices[AnalyzerAdministration.service] == nil { return "AWS_SERVICE_ACCESS_DISABLED" }
        return "DELEGATED_ADMINISTRATOR_DEREGISTERED"
    }
}

extension MutableRecords {
    /// Gives the management account and all members the role by which Access Analyzer looks into them.
    func ensureOrganizationRoles(_ call: Call) throws(ServiceError) {
        guard let organization = call.directory.organization(ofAccount: scope.account) else { return }
        let management = organization.managementAccountID
        let members = call.directory.accounts(managedBy: management).filter(\.isActive).map(\.id)
        for account in Set(members + [management]) {
            try of(account: account).ensureServiceLinkedRole(of: AnalyzerAdministration.service, at: call.time)
        }
    }
}
