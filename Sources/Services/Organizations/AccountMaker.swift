import Directory
import Platform
import Wire

/// Makes the account that a request asks for: what it is, where it is, and how its owner gets in.
struct AccountMaker {
    static let defaultRoleName = "OrganizationAccountAccessRole"

    let environment: Environment
    /// Those of the management account.
    let records: MutableRecords
    /// Seconds since 1970.
    let time: Double

    /// - Returns: the request as it ended, succeeded or failed.
    func make(_ request: AccountRequest) throws(ServiceError) -> AccountRequest {
        let id = try unusedAccountID()
        var done = request
        done.completionDate = time
        let organization = try records.get(Organization.self, request.organizationID)
        if let reason = try obstacle(to: request, organization, id) {
            done.failureReason = reason
            done.state = .failed
        } else if let organization {
            try put(id, request, organization)
            done.accountID = id
            done.state = .succeeded
        }
        return done
    }

    /// The reason why the account can't be made. The last of its checks takes the e-mail address.
    private func obstacle(
        to request: AccountRequest, _ organization: Organization?, _ id: String
    ) throws(ServiceError) -> String? {
        guard organization != nil else { return "INTERNAL_FAILURE" }
        guard try records.count(OrganizationAccount.self) < environment.quotas[.accountsPerOrganization] else {
            return "ACCOUNT_LIMIT_EXCEEDED"
        }
        guard try records.claim(.email, request.email, for: id, environment.directory) else {
            return "EMAIL_ALREADY_EXISTS"
        }
        return nil
    }

    private func put(
        _ id: String, _ request: AccountRequest, _ organization: Organization
    ) throws(ServiceError) {
        let own = records.of(account: id)
        var account = Account(
            id: id, createDate: time, name: request.accountName, email: request.email,
            creatorID: organization.managementAccountID)
        account.managementAccountID = organization.managementAccountID
        account.userAccessToBilling = request.userAccessToBilling
        try own.put(account)

        var place = OrganizationAccount(
            id: id, organizationID: organization.id, parentID: organization.rootID, joinedMethod: .created,
            joinedDate: time)
        place.tags = request.tags
        place.policyIDs = organization.defaultPolicyIDs
        try records.put(place)

        var role = Role(
            accountID: id, name: request.roleName, path: "/", uniqueID: Identifiers.unique(.role), createDate: time,
            trustPolicy: """
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow",\
                "Principal":{"AWS":"arn:aws:iam::\(organization.managementAccountID):root"},\
                "Action":"sts:AssumeRole"}]}
                """, description: nil, maxSessionDuration: 3600)
        role.attachedPolicies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        try own.put(role)
        if organization.featureSet == .all { try own.ensureServiceLinkedRole(of: OrganizationsRole.service, at: time) }
    }

    private func unusedAccountID() throws(ServiceError) -> String {
        while true {
            let id = String(Int.random(in: 100_000_000_000...999_999_999_999))
            if try records.of(account: id).get(Account.self, id) == nil { return id }
        }
    }
}

/// The role by which Organizations acts in the accounts of an organization with all features.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services-using_slrs.html>
enum OrganizationsRole {
    static let service = "organizations.amazonaws.com"
    static let arnSuffix = "role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations"
}

extension Call {
    /// The permissions that a caller needs for Organizations to create its role in the caller's account.
    var needForOrganizationsRole: Access {
        var access = Access(
            "iam:CreateServiceLinkedRole",
            on: "arn:aws:iam::\(accountID):\(OrganizationsRole.arnSuffix)",
            context: ["iam:awsservicename": .one(OrganizationsRole.service)])
        access.denial = { message in
            .organizations(
                .accessDeniedForDependencyException, message,
                reason: "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE")
        }
        return access
    }
}
