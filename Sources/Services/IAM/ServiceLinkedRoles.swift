import Directory
import FoundationEssentials
import IAMAPI
import Platform
import Policy
import Wire

// Roles that belong to AWS's services.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>

extension IAM.CreateServiceLinkedRole: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let service = input.awsServiceName
        let template = ServiceLinkedRoleCatalog.template(ofService: service)
        let arn = ARN.iam(
            call.accountID, "role", path: "\(Role.serviceLinkedPath)\(service)/",
            name: template?.roleName(suffix: input.customSuffix) ?? "*")
        return call.access(on: arn, ["iam:awsservicename": .one(service)])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let service = input.awsServiceName
        guard let template = ServiceLinkedRoleCatalog.template(ofService: service) else {
            throw .accessDenied("Cannot find Service Linked Role template for \(service)")
        }
        guard input.customSuffix == nil || template.takesSuffix else {
            throw .invalidInput("Custom suffix is not allowed for \(service)")
        }
        let name = template.roleName(suffix: input.customSuffix)
        guard name.utf8.count <= 64 else {
            throw .invalidInput("The role name \(name) is longer than 64 characters.")
        }
        // Service-linked roles do not count against the quota, but those with suffixes, of which there may be many, are
        // limited.
        guard try records.count(Role.self) < 2 * call.quotas[.roles] else {
            throw .quotaExceeded("RolesPerAccount", 2 * call.quotas[.roles])
        }
        let role = try records.makeServiceLinkedRole(
            template, suffix: input.customSuffix, description: input.description, at: call.time)
        return Output(role: IAM.Role(role, .written, call.directory))
    }
}

extension IAM.DeleteServiceLinkedRole: WriteOperation, OnRole {
    /// Nothing has to be waited for here: the task is done, one way or the other, when it is submitted.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let role = try records.role(input.roleName)
        guard role.isServiceLinked else {
            throw .invalidInput("Role \(role.name) is not a service-linked role.")
        }
        let id = "task\(role.path)\(role.name)/\(UUID().uuidString.lowercased())"
        let uses = uses(of: role, call)
        for earlier in try records.referrers(ServiceLinkedRoleDeletion.self, Relation.deletedRole, to: role.arn) {
            try records.delete(earlier)
        }
        if uses.isEmpty {
            try records.delete(role)
            try records.put(ServiceLinkedRoleDeletion(id: id, roleARN: role.arn))
        } else {
            try records.put(
                ServiceLinkedRoleDeletion(
                    id: id, roleARN: role.arn, failure: "The service-linked role is still in use.", uses: uses))
        }
        return Output(deletionTaskId: id)
    }

    /// ARNs of what a role's service does with it here.
    private static func uses(of role: Directory.Role, _ call: Call) -> [String] {
        guard role.path == "\(Role.serviceLinkedPath)organizations.amazonaws.com/",
            let organization = call.directory.organization(ofAccount: call.accountID), organization.featureSet == .all
        else { return [] }
        return ["arn:aws:organizations::\(organization.managementAccountID):organization/\(organization.id)"]
    }
}

extension IAM.GetServiceLinkedRoleDeletionStatus: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: "arn:aws:iam::\(call.accountID):role/\(roleName(ofTask: input.deletionTaskId) ?? "*")")
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard roleName(ofTask: input.deletionTaskId) != nil else {
            throw .invalidInput("The deletion task id \(input.deletionTaskId) is not valid.")
        }
        guard let deletion = try records.get(ServiceLinkedRoleDeletion.self, input.deletionTaskId) else {
            throw .noSuchEntity("The deletion task with id \(input.deletionTaskId) cannot be found.")
        }
        var output = Output()
        output.status = deletion.failure == nil ? "SUCCEEDED" : "FAILED"
        if let failure = deletion.failure {
            var reason = IAM.DeletionTaskFailureReasonType()
            reason.reason = failure
            var usage = IAM.RoleUsageType()
            usage.region = call.environment.region
            usage.resources = deletion.uses
            reason.roleUsageList = [usage]
            output.reason = reason
        }
        return output
    }

    /// `aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS` of
    /// `task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/…`.
    private static func roleName(ofTask id: String) -> String? {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "task", parts[1] == "aws-service-role",
            !parts.dropFirst(2).contains(where: \.isEmpty)
        else { return nil }
        return parts[1...3].joined(separator: "/")
    }
}
