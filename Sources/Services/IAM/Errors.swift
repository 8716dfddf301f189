import Directory
import IAMAPI
import Wire

/// IAM's own errors. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html> lists them by operation.
extension ServiceError {
    static func noSuchEntity(_ message: String) -> ServiceError {
        IAM.Failure.noSuchEntity(message)
    }

    static func entityAlreadyExists(_ message: String) -> ServiceError {
        IAM.Failure.entityAlreadyExists(message)
    }

    static func deleteConflict(_ what: String) -> ServiceError {
        IAM.Failure.deleteConflict("Cannot delete entity, must \(what) first.")
    }

    static func limitExceeded(_ message: String) -> ServiceError {
        IAM.Failure.limitExceeded(message)
    }

    static func quotaExceeded(_ quota: String, _ limit: Int) -> ServiceError {
        limitExceeded("Cannot exceed quota for \(quota): \(limit)")
    }

    static func invalidInput(_ message: String) -> ServiceError {
        IAM.Failure.invalidInput(message)
    }

    static func malformedPolicyDocument(_ message: String) -> ServiceError {
        IAM.Failure.malformedPolicyDocument(message)
    }

    static func unmodifiable(_ role: Role) -> ServiceError {
        IAM.Failure.unmodifiableEntity(
            "Cannot perform the operation on the protected role '\(role.name)' - this role is only modifiable by AWS")
    }

    static let invalidARN = ServiceError.validation("Invalid ARN:  Could not be parsed!")

    static func userNotFound(_ name: String) -> ServiceError {
        .noSuchEntity("The user with name \(name) cannot be found.")
    }

    static func groupNotFound(_ name: String) -> ServiceError {
        .noSuchEntity("The group with name \(name) cannot be found.")
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
