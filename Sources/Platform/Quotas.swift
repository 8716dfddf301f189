/// How much of what an account may hold, by the names of GetAccountSummary.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
public struct Quotas: Sendable {
    /// A quota's name, and AWS's default.
    public enum Name: String, Sendable, CaseIterable {
        case users = "Users"
        case groups = "Groups"
        case roles = "Roles"
        case policies = "Policies"
        case instanceProfiles = "InstanceProfiles"
        case attachedPoliciesPerUser = "AttachedPoliciesPerUser"
        case attachedPoliciesPerGroup = "AttachedPoliciesPerGroup"
        case attachedPoliciesPerRole = "AttachedPoliciesPerRole"
        case groupsPerUser = "GroupsPerUser"
        case accessKeysPerUser = "AccessKeysPerUser"
        case mfaDevicesPerUser = "MFADevicesPerUser"
        case serverCertificates = "ServerCertificates"
        case signingCertificatesPerUser = "SigningCertificatesPerUser"
        case sshPublicKeysPerUser = "SSHPublicKeysPerUser"
        case serviceSpecificCredentialsPerService = "ServiceSpecificCredentialsPerService"
        case versionsPerPolicy = "VersionsPerPolicy"
        case openIDConnectProviders = "OpenIDConnectProviders"
        case policySize = "PolicySize"
        case userPolicySize = "UserPolicySize"
        case groupPolicySize = "GroupPolicySize"
        case rolePolicySize = "RolePolicySize"
        case assumeRolePolicySize = "AssumeRolePolicySize"
        case samlProviders = "SAMLProviders"
        case keysPerSAMLProvider = "KeysPerSAMLProvider"
        // Of Organizations: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
        case accountsPerOrganization = "AccountsPerOrganization"
        case organizationalUnits = "OrganizationalUnits"
        /// How old an account must be that Organizations made before it may leave.
        case daysBeforeLeaving = "DaysBeforeLeaving"
        // <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-quotas.html>
        /// Of how many organizations one may pay the bills; who wants to must ask AWS first.
        case inboundBillingTransfers = "InboundBillingTransfers"
        case billTransferChainLength = "BillTransferChainLength"

        var standard: Int {
            switch self {
            case .users: 5000
            case .groups: 300
            case .roles: 1000
            case .policies: 1500
            case .instanceProfiles: 1000
            case .attachedPoliciesPerUser, .attachedPoliciesPerGroup, .attachedPoliciesPerRole: 10
            case .groupsPerUser: 10
            case .accessKeysPerUser: 2
            case .mfaDevicesPerUser: 8
            case .serverCertificates: 20
            case .signingCertificatesPerUser: 2
            case .sshPublicKeysPerUser: 5
            case .serviceSpecificCredentialsPerService: 2
            case .versionsPerPolicy: 5
            case .openIDConnectProviders: 100
            case .policySize: 6144
            case .userPolicySize: 2048
            case .groupPolicySize: 5120
            case .rolePolicySize: 10240
            case .assumeRolePolicySize: 2048
            case .samlProviders: 100
            case .keysPerSAMLProvider: 10
            case .accountsPerOrganization: 10
            case .organizationalUnits: 2000
            case .daysBeforeLeaving: 4
            case .inboundBillingTransfers: 0
            case .billTransferChainLength: 1
            }
        }
    }

    private var raised: [Name: Int] = [:]

    public init() {}

    public subscript(name: Name) -> Int {
        get { raised[name] ?? name.standard }
        set { raised[name] = newValue }
    }
}
