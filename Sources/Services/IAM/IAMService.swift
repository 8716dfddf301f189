import Directory
import IAMAPI
import Ledger
public import Platform
import Wire

extension ServiceModule {
    /// AWS Identity and Access Management.
    public static let iam = ServiceModule(
        IAM.self, isGlobal: true, operations: builtOperations,
        events: EventParticulars(source: "iam.amazonaws.com", resources: resourceMembers, hiddenMembers: []),
        validation: wording, records: ownRecords,
        resourceTypes: iamResourceTypes, analyzedResources: [.role], configuredResources: ConfiguredResourceType.iam,
        auditedResources: ConfiguredResourceType.auditedByIAM,
        jobs: [
            MakeCredentialReport.self, MakeAccessReport.self, MakeOrganizationsAccessReport.self, KeepLastUsed.self,
        ],
        quotas: Quota.ofIAM, samples: iamSamples, metrics: [.identities],
        admits: { (call) throws(ServiceError) in try admit(call) })
}

extension Metric {
    fileprivate static let identities = gauge(
        "gatehouse_iam_identities", "Users, groups and roles of all accounts.", label: "type"
    ) { environment in
        let counts = environment.directory.identityCounts
        return [("user", counts.users), ("group", counts.groups), ("role", counts.roles)]
    }
}

private let ownRecords: [any Record.Type] = [
    User.self, Group.self, Role.self, ManagedPolicy.self, InstanceProfile.self, AccessKey.self, MFADevice.self,
    LoginProfile.self, AccountPasswordPolicy.self, OpenIDConnectProvider.self, SAMLProvider.self,
    OutboundFederation.self, ServerCertificate.self, SigningCertificate.self, SSHPublicKey.self,
    ServiceSpecificCredential.self, ServiceLinkedRoleDeletion.self, DelegationRequest.self,
    CredentialReport.self, AccessReport.self, OrganizationsAccessReport.self, PrincipalUsage.self,
]

/// Credentials from GetSessionToken can call IAM only if MFA was used, and those from GetFederationToken not at all.
/// IAM gives no such explanation: it answers as if the tokens were invalid.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
private func admit(_ call: Call) throws(ServiceError) {
    guard let session = call.caller.session, session.isUserToken, session.mfaTime == nil else { return }
    throw ServiceError(
        "InvalidClientTokenId", "The security token included in the request is invalid.", status: 403)
}

/// Unlike STS, IAM quotes no values, and it has its own wording for names and paths.
private let wording = ValidationRules(
    quotesValues: false, elementsAreRequired: true,
    patternTexts: [
        #"[\w+=,.@-]+"#: "It must contain only alphanumeric characters and/or the following: +=,.@_-",
        #"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#: pathText,
        #"((/[A-Za-z0-9\.,\+@=_-]+)*)/"#: pathText,
    ])

private let pathText = "It must begin and end with / and contain only alphanumeric characters and/or / characters."

/// Which members of a request name a resource, for CloudTrail's list of resources.
private let resourceMembers = [
    "UserName": "AWS::IAM::User",
    "GroupName": "AWS::IAM::Group",
    "RoleName": "AWS::IAM::Role",
    "PolicyArn": "AWS::IAM::Policy",
    "InstanceProfileName": "AWS::IAM::InstanceProfile",
    "AccessKeyId": "AWS::IAM::AccessKey",
    "SerialNumber": "AWS::IAM::MFADevice",
    "OpenIDConnectProviderArn": "AWS::IAM::OIDCProvider",
    "SAMLProviderArn": "AWS::IAM::SAMLProvider",
    "ServerCertificateName": "AWS::IAM::ServerCertificate",
    "CertificateId": "AWS::IAM::SigningCertificate",
    "SSHPublicKeyId": "AWS::IAM::SSHPublicKey",
]

private let builtOperations: [any Operation.Type] =
    users + groups + roles + policies + credentials + federation + account + organizationFeatures + simulator + usage
    + delegation

private let users: [any Operation.Type] = [
    IAM.CreateUser.self, IAM.GetUser.self, IAM.ListUsers.self, IAM.UpdateUser.self, IAM.DeleteUser.self,
    IAM.TagUser.self, IAM.UntagUser.self, IAM.ListUserTags.self,
    IAM.PutUserPermissionsBoundary.self, IAM.DeleteUserPermissionsBoundary.self,
    IAM.PutUserPolicy.self, IAM.GetUserPolicy.self, IAM.DeleteUserPolicy.self, IAM.ListUserPolicies.self,
    IAM.AttachUserPolicy.self, IAM.DetachUserPolicy.self, IAM.ListAttachedUserPolicies.self,
]

private let groups: [any Operation.Type] = [
    IAM.CreateGroup.self, IAM.GetGroup.self, IAM.ListGroups.self, IAM.UpdateGroup.self, IAM.DeleteGroup.self,
    IAM.AddUserToGroup.self, IAM.RemoveUserFromGroup.self, IAM.ListGroupsForUser.self,
    IAM.PutGroupPolicy.self, IAM.GetGroupPolicy.self, IAM.DeleteGroupPolicy.self, IAM.ListGroupPolicies.self,
    IAM.AttachGroupPolicy.self, IAM.DetachGroupPolicy.self, IAM.ListAttachedGroupPolicies.self,
]

private let roles: [any Operation.Type] = [
    IAM.CreateRole.self, IAM.GetRole.self, IAM.ListRoles.self, IAM.UpdateRole.self, IAM.UpdateRoleDescription.self,
    IAM.UpdateAssumeRolePolicy.self, IAM.DeleteRole.self,
    IAM.TagRole.self, IAM.UntagRole.self, IAM.ListRoleTags.self,
    IAM.PutRolePermissionsBoundary.self, IAM.DeleteRolePermissionsBoundary.self,
    IAM.PutRolePolicy.self, IAM.GetRolePolicy.self, IAM.DeleteRolePolicy.self, IAM.ListRolePolicies.self,
    IAM.AttachRolePolicy.self, IAM.DetachRolePolicy.self, IAM.ListAttachedRolePolicies.self,
    IAM.CreateServiceLinkedRole.self, IAM.DeleteServiceLinkedRole.self, IAM.GetServiceLinkedRoleDeletionStatus.self,
    IAM.CreateInstanceProfile.self, IAM.GetInstanceProfile.self, IAM.ListInstanceProfiles.self,
    IAM.ListInstanceProfilesForRole.self, IAM.DeleteInstanceProfile.self,
    IAM.AddRoleToInstanceProfile.self, IAM.RemoveRoleFromInstanceProfile.self,
    IAM.TagInstanceProfile.self, IAM.UntagInstanceProfile.self, IAM.ListInstanceProfileTags.self,
]

private let policies: [any Operation.Type] = [
    IAM.CreatePolicy.self, IAM.GetPolicy.self, IAM.ListPolicies.self, IAM.DeletePolicy.self,
    IAM.TagPolicy.self, IAM.UntagPolicy.self, IAM.ListPolicyTags.self, IAM.ListEntitiesForPolicy.self,
    IAM.CreatePolicyVersion.self, IAM.GetPolicyVersion.self, IAM.ListPolicyVersions.self,
    IAM.DeletePolicyVersion.self, IAM.SetDefaultPolicyVersion.self,
]

private let credentials: [any Operation.Type] = [
    IAM.CreateAccessKey.self, IAM.ListAccessKeys.self, IAM.UpdateAccessKey.self, IAM.DeleteAccessKey.self,
    IAM.CreateLoginProfile.self, IAM.GetLoginProfile.self, IAM.UpdateLoginProfile.self, IAM.DeleteLoginProfile.self,
    IAM.ChangePassword.self,
    IAM.UpdateAccountPasswordPolicy.self, IAM.GetAccountPasswordPolicy.self, IAM.DeleteAccountPasswordPolicy.self,
    IAM.CreateVirtualMFADevice.self, IAM.EnableMFADevice.self, IAM.ResyncMFADevice.self,
    IAM.DeactivateMFADevice.self, IAM.DeleteVirtualMFADevice.self,
    IAM.GetMFADevice.self, IAM.ListMFADevices.self, IAM.ListVirtualMFADevices.self,
    IAM.TagMFADevice.self, IAM.UntagMFADevice.self, IAM.ListMFADeviceTags.self,
    IAM.UploadServerCertificate.self, IAM.GetServerCertificate.self, IAM.ListServerCertificates.self,
    IAM.UpdateServerCertificate.self, IAM.DeleteServerCertificate.self,
    IAM.TagServerCertificate.self, IAM.UntagServerCertificate.self, IAM.ListServerCertificateTags.self,
    IAM.UploadSigningCertificate.self, IAM.ListSigningCertificates.self, IAM.UpdateSigningCertificate.self,
    IAM.DeleteSigningCertificate.self,
    IAM.UploadSSHPublicKey.self, IAM.GetSSHPublicKey.self, IAM.ListSSHPublicKeys.self, IAM.UpdateSSHPublicKey.self,
    IAM.DeleteSSHPublicKey.self,
    IAM.CreateServiceSpecificCredential.self, IAM.ListServiceSpecificCredentials.self,
    IAM.UpdateServiceSpecificCredential.self, IAM.ResetServiceSpecificCredential.self,
    IAM.DeleteServiceSpecificCredential.self,
]

private let account: [any Operation.Type] = [
    IAM.CreateAccountAlias.self, IAM.DeleteAccountAlias.self, IAM.ListAccountAliases.self,
    IAM.SetSecurityTokenServicePreferences.self, IAM.GetAccountSummary.self, IAM.GetAccountAuthorizationDetails.self,
]

private let organizationFeatures: [any Operation.Type] = [
    IAM.ListOrganizationsFeatures.self, IAM.EnableOrganizationsRootCredentialsManagement.self,
    IAM.DisableOrganizationsRootCredentialsManagement.self, IAM.EnableOrganizationsRootSessions.self,
    IAM.DisableOrganizationsRootSessions.self,
]

private let simulator: [any Operation.Type] = [
    IAM.SimulateCustomPolicy.self, IAM.SimulatePrincipalPolicy.self,
    IAM.GetContextKeysForCustomPolicy.self, IAM.GetContextKeysForPrincipalPolicy.self,
]

private let federation: [any Operation.Type] = [
    IAM.CreateOpenIDConnectProvider.self, IAM.GetOpenIDConnectProvider.self, IAM.ListOpenIDConnectProviders.self,
    IAM.DeleteOpenIDConnectProvider.self, IAM.AddClientIDToOpenIDConnectProvider.self,
    IAM.RemoveClientIDFromOpenIDConnectProvider.self, IAM.UpdateOpenIDConnectProviderThumbprint.self,
    IAM.TagOpenIDConnectProvider.self, IAM.UntagOpenIDConnectProvider.self, IAM.ListOpenIDConnectProviderTags.self,
    IAM.EnableOutboundWebIdentityFederation.self, IAM.DisableOutboundWebIdentityFederation.self,
    IAM.GetOutboundWebIdentityFederationInfo.self,
    IAM.CreateSAMLProvider.self, IAM.GetSAMLProvider.self, IAM.ListSAMLProviders.self, IAM.UpdateSAMLProvider.self,
    IAM.DeleteSAMLProvider.self,
    IAM.TagSAMLProvider.self, IAM.UntagSAMLProvider.self, IAM.ListSAMLProviderTags.self,
]

private let usage: [any Operation.Type] = [
    IAM.GetAccessKeyLastUsed.self, IAM.GenerateCredentialReport.self, IAM.GetCredentialReport.self,
    IAM.GenerateServiceLastAccessedDetails.self, IAM.GetServiceLastAccessedDetails.self,
    IAM.GetServiceLastAccessedDetailsWithEntities.self, IAM.ListPoliciesGrantingServiceAccess.self,
    IAM.GenerateOrganizationsAccessReport.self, IAM.GetOrganizationsAccessReport.self,
]

private let delegation: [any Operation.Type] = [
    IAM.CreateDelegationRequest.self, IAM.GetDelegationRequest.self, IAM.ListDelegationRequests.self,
    IAM.AssociateDelegationRequest.self, IAM.UpdateDelegationRequest.self, IAM.AcceptDelegationRequest.self,
    IAM.RejectDelegationRequest.self, IAM.SendDelegationToken.self, IAM.GetHumanReadableSummary.self,
]
