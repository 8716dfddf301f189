import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Permissions boundaries of users and roles.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>

extension IAM.PutUserPermissionsBoundary: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName, ["iam:permissionsboundary": .one(input.permissionsBoundary)])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        try records.requireAttachablePolicy(input.permissionsBoundary)
        user.permissionsBoundary = input.permissionsBoundary
        try records.put(user)
        return Output()
    }
}

extension IAM.DeleteUserPermissionsBoundary: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        guard user.permissionsBoundary != nil else {
            throw .noSuchEntity("User \(user.name) does not have a permissions boundary.")
        }
        user.permissionsBoundary = nil
        try records.put(user)
        return Output()
    }
}

extension IAM.PutRolePermissionsBoundary: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName, ["iam:permissionsboundary": .one(input.permissionsBoundary)])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.changeableRole(input.roleName)
        try records.requireAttachablePolicy(input.permissionsBoundary)
        role.permissionsBoundary = input.permissionsBoundary
        try records.put(role)
        return Output()
    }
}

extension IAM.DeleteRolePermissionsBoundary: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.changeableRole(input.roleName)
        guard role.permissionsBoundary != nil else {
            throw .noSuchEntity("Role \(role.name) does not have a permissions boundary.")
        }
        role.permissionsBoundary = nil
        try records.put(role)
        return Output()
    }
}
