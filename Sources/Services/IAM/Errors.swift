import Directory
import Wire

/// IAM's own errors. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html> lists them by operation.
extension ServiceError {
    static func noSuchEntity(_ message: String) -> ServiceError {
        ServiceError("NoSuchEntity", message, status: 404)
    }

    static func entityAlreadyExists(_ message: String) -> ServiceError {
        ServiceError("EntityAlreadyExists", message, status: 409)
    }

    static func deleteConflict(_ what: String) -> ServiceError {
        ServiceError("DeleteConflict", "Cannot delete entity, must \(what) first.", status: 409)
    }

    static func limitExceeded(_ message: String) -> ServiceError {
        ServiceError("LimitExceeded", message, status: 409)
    }

    static func quotaExceeded(_ quota: String, _ limit: Int) -> ServiceError {
        limitExceeded("Cannot exceed quota for \(quota): \(limit)")
    }

    static func invalidInput(_ message: String) -> ServiceError {
        ServiceError("InvalidInput", message, status: 400)
    }

    static func malformedPolicyDocument(_ message: String) -> ServiceError {
        ServiceError("MalformedPolicyDocument", message, status: 400)
    }

    static func unmodifiable(_ role: Role) -> ServiceError {
        ServiceError(
            "UnmodifiableEntity",
            "Cannot perform the operation on the protected role '\(role.name)' - this role is only modifiable by AWS",
            status: 400)
    }

    static let invalidARN = ServiceError.validation("Invalid ARN:  Could not be parsed!")

    static func userNotFound(_ name: String) -> ServiceError {
        .noSuchEntity("The user with name \(name) cannot be found.")
    }

    static func roleNotFound(_ name: String) -> ServiceError {
        .noSuchEntity("The role with name \(name) cannot be found.")
    }

    static func policyNotFound(_ arn: String) -> ServiceError {
        .noSuchEntity("Policy \(arn) was not found.")
    }

    static func policyNotAttachable(_ arn: String) -> ServiceError {
        .noSuchEntity("Policy \(arn) does not exist or is not attachable.")
    }
}
