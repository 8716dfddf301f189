import AccountAPI
public import Platform

extension Service {
    /// AWS Account Management: every operation of its model.
    public static let account = Service(
        AccountManagement.service, eventSource: "account.amazonaws.com",
        operations: [
            AccountManagement.GetContactInformation.self, AccountManagement.PutContactInformation.self,
            AccountManagement.GetAlternateContact.self, AccountManagement.PutAlternateContact.self,
            AccountManagement.DeleteAlternateContact.self,
            AccountManagement.GetAccountInformation.self, AccountManagement.PutAccountName.self,
            AccountManagement.GetGovCloudAccountInformation.self,
            AccountManagement.GetPrimaryEmail.self, AccountManagement.StartPrimaryEmailUpdate.self,
            AccountManagement.AcceptPrimaryEmailUpdate.self,
            AccountManagement.GetRegionOptStatus.self, AccountManagement.ListRegions.self,
            AccountManagement.EnableRegion.self, AccountManagement.DisableRegion.self,
        ])
}
