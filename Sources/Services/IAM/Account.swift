import Directory
import IAMAPI
import Platform
import Wire

// The account as a whole: its alias, its counts, everything in it.

extension IAM.CreateAccountAlias: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    /// An account has one alias; a new one takes the old one's place.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var account = try records.get(Account.self, call.accountID) else { throw .internalFailure }
        guard account.alias != input.accountAlias,
            try records.claim(.alias, input.accountAlias, for: account.id, call.directory)
        else {
            throw .entityAlreadyExists("The account alias \(input.accountAlias) already exists.")
        }
        if let old = account.alias { try records.release(.alias, old, of: account.id) }
        account.alias = input.accountAlias
        try records.put(account)
        return Output()
    }
}

extension IAM.DeleteAccountAlias: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var account = try records.get(Account.self, call.accountID), account.alias == input.accountAlias else {
            throw .noSuchEntity("The account alias \(input.accountAlias) cannot be found.")
        }
        account.alias = nil
        try records.release(.alias, input.accountAlias, of: account.id)
        try records.put(account)
        return Output()
    }
}

extension IAM.ListAccountAliases: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        return Output(
            accountAliases: try records.get(Account.self, call.accountID)?.alias.map { [$0] } ?? [],
            isTruncated: false,
            marker: nil)
    }
}

extension IAM.SetSecurityTokenServicePreferences: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    /// On AWS the versions differ in the regions in which a session of the global endpoint is valid. Here they don't
    /// differ: there is one region, and sessions are valid in it whichever version is set.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var account = try records.get(Account.self, call.accountID) else { throw .internalFailure }
        account.globalEndpointTokenVersion = input.globalEndpointTokenVersion == "v2Token" ? 2 : 1
        try records.put(account)
        return Output()
    }
}

extension IAM.GetAccountSummary: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let quotas = call.quotas
        var summary: [String: Int] = [:]
        summary["Users"] = try records.count(User.self)
        summary["Groups"] = try records.count(Group.self)
        summary["Roles"] = try records.count(Role.self)
        summary["InstanceProfiles"] = try records.count(InstanceProfile.self)
        summary["Policies"] = try records.count(ManagedPolicy.self)
        summary["PolicyVersionsInUse"] = try records.listIDs(ManagedPolicy.self).reduce(0) { sum, id in
            sum + (call.directory.managedPolicy(named: id, in: call.accountID)?.versions.count ?? 0)
        }
        let devices = try records.listIDs(MFADevice.self).compactMap { call.directory.mfaDevice(serialNumber: $0) }
        summary["MFADevices"] = devices.count
        summary["MFADevicesInUse"] = devices.count { $0.ownerID != nil }
        summary["AccountMFAEnabled"] = devices.contains { $0.ownerID == call.accountID } ? 1 : 0
        let rootKeys = try records.referrers(AccessKey.self, Relation.owner, to: call.accountID, limit: 1)
        summary["AccountAccessKeysPresent"] = rootKeys.isEmpty ? 0 : 1
        summary["AccountPasswordPresent"] = try records.get(LoginProfile.self, call.accountID) == nil ? 0 : 1
        summary["Providers"] = try records.count(SAMLProvider.self) + records.count(OpenIDConnectProvider.self)
        let rootCertificates = try records.referrers(
            SigningCertificate.self, Relation.owner, to: call.accountID, limit: 1)
        summary["AccountSigningCertificatesPresent"] = rootCertificates.isEmpty ? 0 : 1
        summary["ServerCertificates"] = try records.count(ServerCertificate.self)
        summary["UsersQuota"] = quotas[.users]
        summary["GroupsQuota"] = quotas[.groups]
        summary["RolesQuota"] = quotas[.roles]
        summary["InstanceProfilesQuota"] = quotas[.instanceProfiles]
        summary["PoliciesQuota"] = quotas[.policies]
        summary["PolicyVersionsInUseQuota"] = 10000
        summary["ServerCertificatesQuota"] = quotas[.serverCertificates]
        summary["SigningCertificatesPerUserQuota"] = quotas[.signingCertificatesPerUser]
        summary["AccessKeysPerUserQuota"] = quotas[.accessKeysPerUser]
        summary["GroupsPerUserQuota"] = quotas[.groupsPerUser]
        summary["AttachedPoliciesPerUserQuota"] = quotas[.attachedPoliciesPerUser]
        summary["AttachedPoliciesPerGroupQuota"] = quotas[.attachedPoliciesPerGroup]
        summary["AttachedPoliciesPerRoleQuota"] = quotas[.attachedPoliciesPerRole]
        summary["UserPolicySizeQuota"] = quotas[.userPolicySize]
        summary["GroupPolicySizeQuota"] = quotas[.groupPolicySize]
        summary["RolePolicySizeQuota"] = quotas[.rolePolicySize]
        summary["PolicySizeQuota"] = quotas[.policySize]
        summary["AssumeRolePolicySizeQuota"] = quotas[.assumeRolePolicySize]
        summary["VersionsPerPolicyQuota"] = quotas[.versionsPerPolicy]
        let account = try records.get(Account.self, call.accountID)
        summary["GlobalEndpointTokenVersion"] = account?.globalEndpointTokenVersion ?? 1
        return Output(summaryMap: summary)
    }
}
