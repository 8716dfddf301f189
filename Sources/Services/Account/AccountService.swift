import AccountAPI
import Directory
public import Platform

extension ServiceModule {
    /// AWS Account Management.
    public static let account = ServiceModule(
        AccountManagement.self, isGlobal: true,
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
        ], records: [AccountContacts.self, PrimaryEmailUpdate.self, RegionOptIn.self],
        auditedResources: [.auditedContacts],
        samples: Samples(texts: [
            "AccountId": Samples.member, "PrimaryEmail": "x@example.com", "RegionName": "af-south-1",
            "StandardAccountId": Samples.member,
        ]))
}
