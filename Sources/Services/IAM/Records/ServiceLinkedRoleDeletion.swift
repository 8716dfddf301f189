import Directory
import Ledger

/// What came of a request to delete a service-linked role.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLinkedRoleDeletionStatus.html>
struct ServiceLinkedRoleDeletion: Record {
    static let kind = "Gatehouse::IAM::ServiceLinkedRoleDeletion"

    /// `task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/` and a UUID.
    let id: String
    let roleARN: String
    /// Why the role could not be deleted; nil: it was.
    let failure: String?
    /// ARNs of what still uses the role.
    let uses: [String]

    init(id: String, roleARN: String, failure: String? = nil, uses: [String] = []) {
        self.id = id
        self.roleARN = roleARN
        self.failure = failure
        self.uses = uses
    }

    /// The id is the role's, so that its next deletion replaces this one.
    var references: [Reference] { [Reference(Relation.deletedRole, to: roleARN)] }
}
