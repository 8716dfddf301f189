import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Permissions boundaries of users and roles.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>

/// What can have a boundary.
protocol BoundedIdentity: PolicyHolder {
    var permissionsBoundary: String? { get set }
}

extension User: BoundedIdentity {}
extension Role: BoundedIdentity {}

protocol PutBoundaryOperation: ChangeOperation
where Target: BoundedIdentity, InputFields: IAM.WithPermissionsBoundary {}

extension PutBoundaryOperation {
    static func keys(_ input: Input) -> [String: ContextValue] { boundaryKey(input.permissionsBoundary) }

    static func change(
        _ identity: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try identity.requireChangeable()
        try records.requireBoundary(input.permissionsBoundary)
        identity.permissionsBoundary = input.permissionsBoundary
    }
}

extension IAM.PutUserPermissionsBoundary: PutBoundaryOperation, OnUser {}
extension IAM.PutRolePermissionsBoundary: PutBoundaryOperation, OnRole {}

protocol DeleteBoundaryOperation: ChangeOperation where Target: BoundedIdentity {}

extension DeleteBoundaryOperation {
    static func change(
        _ identity: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try identity.requireChangeable()
        guard identity.permissionsBoundary != nil else {
            throw .noSuchEntity("\(Target.typeName) \(identity.name) does not have a permissions boundary.")
        }
        identity.permissionsBoundary = nil
    }
}

extension IAM.DeleteUserPermissionsBoundary: DeleteBoundaryOperation, OnUser {}
extension IAM.DeleteRolePermissionsBoundary: DeleteBoundaryOperation, OnRole {}
