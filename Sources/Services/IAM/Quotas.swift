import Platform

/// How much an account may hold, by the names of GetAccountSummary.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
extension Quota {
    static let users = Quota("Users", 5000)
    static let groups = Quota("Groups", 300)
    static let roles = Quota("Roles", 1000)
    static let policies = Quota("Policies", 1500)
    static let instanceProfiles = Quota("InstanceProfiles", 1000)
    static let attachedPoliciesPerUser = Quota("AttachedPoliciesPerUser", 10)
    static let attachedPoliciesPerGroup = Quota("AttachedPoliciesPerGroup", 10)
    static let attachedPoliciesPerRole = Quota("AttachedPoliciesPerRole", 10)
    static let groupsPerUser = Quota("GroupsPerUser", 10)
    static let mfaDevicesPerUser = Quota("MFADevicesPerUser", 8)
    static let serverCertificates = Quota("ServerCertificates", 20)
    static let signingCertificatesPerUser = Quota("SigningCertificatesPerUser", 2)
    static let sshPublicKeysPerUser = Quota("SSHPublicKeysPerUser", 5)
    static let serviceSpecificCredentialsPerService = Quota("ServiceSpecificCredentialsPerService", 2)
    static let versionsPerPolicy = Quota("VersionsPerPolicy", 5)
    static let openIDConnectProviders = Quota("OpenIDConnectProviders", 100)
    static let policySize = Quota("PolicySize", 6144)
    static let userPolicySize = Quota("UserPolicySize", 2048)
    static let groupPolicySize = Quota("GroupPolicySize", 5120)
    static let rolePolicySize = Quota("RolePolicySize", 10240)
    static let assumeRolePolicySize = Quota("AssumeRolePolicySize", 2048)
    static let samlProviders = Quota("SAMLProviders", 100)
    static let keysPerSAMLProvider = Quota("KeysPerSAMLProvider", 10)

    static let ofIAM = [
        users, groups, roles, policies, instanceProfiles, attachedPoliciesPerUser, attachedPoliciesPerGroup,
        attachedPoliciesPerRole, groupsPerUser, accessKeysPerUser, mfaDevicesPerUser, serverCertificates,
        signingCertificatesPerUser, sshPublicKeysPerUser, serviceSpecificCredentialsPerService, versionsPerPolicy,
        openIDConnectProviders, policySize, userPolicySize, groupPolicySize, rolePolicySize, assumeRolePolicySize,
        samlProviders, keysPerSAMLProvider,
    ]
}
