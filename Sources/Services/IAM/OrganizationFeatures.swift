import Directory
import IAMAPI
import Platform
import Wire

// Centralized root access: what the management account, or a delegated administrator of IAM, may do with the root users
// of an organization's member accounts.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management>

private enum Feature: String {
    case rootCredentialsManagement = "RootCredentialsManagement"
    case rootSessions = "RootSessions"
}

/// The accounts that may call one of these operations.
private enum Audience {
    case managementAccount
    case administrators
}

private let servicePrincipal = "iam.amazonaws.com"

extension ServiceError {
    fileprivate static let organizationNotFound = IAM.Failure.organizationNotFoundException(
        "The account is not a member of an organization.")
    fileprivate static let notAllFeatures = IAM.Failure.organizationNotInAllFeaturesModeException(
        "The organization does not have all features enabled.")
    fileprivate static let notAdministrator = IAM.Failure.accountNotManagementOrDelegatedAdministratorException(
        "The account is neither the management account nor a delegated administrator of IAM.")
    fileprivate static let notManagementAccount = IAM.Failure.callerIsNotManagementAccountException(
        "The account is not the management account of the organization.")
    fileprivate static let noServiceAccess = IAM.Failure.serviceAccessNotEnabledException(
        "Trusted access for IAM is not enabled in the organization.")
}

extension RecordReading {
    /// The organization of the caller's account, which IAM may manage root users in.
    fileprivate func organization(
        _ call: Call, for audience: Audience
    ) throws(ServiceError) -> (organization: Organization, records: Self) {
        guard let known = call.directory.organization(ofAccount: call.accountID) else { throw .organizationNotFound }
        let records = of(account: known.managementAccountID)
        guard let organization = try records.get(Organization.self, known.id) else { throw .organizationNotFound }
        if call.accountID != organization.managementAccountID {
            let member = try records.get(OrganizationAccount.self, call.accountID)
            guard member?.delegatedServices[servicePrincipal] != nil else { throw .notAdministrator }
            guard audience == .administrators else { throw .notManagementAccount }
        }
        guard organization.featureSet == .all else { throw .notAllFeatures }
        guard organization.trustedServices[servicePrincipal] != nil else { throw .noServiceAccess }
        return (organization, records)
    }
}

extension MutableRecords {
    fileprivate func set(
        _ feature: Feature, enabled: Bool, _ call: Call, for audience: Audience
    ) throws(ServiceError) -> Organization {
        var (organization, records) = try organization(call, for: audience)
        organization.iamFeatures.removeAll { $0 == feature.rawValue }
        if enabled { organization.iamFeatures.append(feature.rawValue) }
        try records.put(organization)
        return organization
    }
}

extension IAM.ListOrganizationsFeatures: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let organization = try records.organization(call, for: .administrators).organization
        return Output(organizationId: organization.id, enabledFeatures: organization.iamFeatures)
    }
}

extension IAM.EnableOrganizationsRootCredentialsManagement: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let organization = try records.set(
            .rootCredentialsManagement, enabled: true, call, for: .managementAccount)
        return Output(organizationId: organization.id, enabledFeatures: organization.iamFeatures)
    }
}

extension IAM.DisableOrganizationsRootCredentialsManagement: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let organization = try records.set(.rootCredentialsManagement, enabled: false, call, for: .administrators)
        return Output(organizationId: organization.id, enabledFeatures: organization.iamFeatures)
    }
}

extension IAM.EnableOrganizationsRootSessions: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let organization = try records.set(.rootSessions, enabled: true, call, for: .managementAccount)
        return Output(organizationId: organization.id, enabledFeatures: organization.iamFeatures)
    }
}

extension IAM.DisableOrganizationsRootSessions: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let organization = try records.set(.rootSessions, enabled: false, call, for: .administrators)
        return Output(organizationId: organization.id, enabledFeatures: organization.iamFeatures)
    }
}
