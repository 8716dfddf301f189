import Inspector2API
import Wire

// The errors of Amazon Inspector have members besides their messages.
// <https://docs.aws.amazon.com/inspector/v2/APIReference/CommonErrors.html>

extension ServiceError {
    /// A member of the input, by its name in JSON, with a value that won't do.
    static func invalidField(_ name: String, _ message: String) -> ServiceError {
        var error = Inspector2.Failure.validationException(message)
        let field = Inspector2.ValidationExceptionField {
            $0.name = name
            $0.message = message
        }
        error.members = ["reason": .string("FIELD_VALIDATION_FAILED"), "fields": [field].wireValue]
        return error
    }

    /// A request that won't do, for a reason that is not one member's.
    static func invalidInspection(_ message: String, reason: String = "OTHER") -> ServiceError {
        var error = Inspector2.Failure.validationException(message)
        error.members = ["reason": .string(reason)]
        return error
    }

    static func inspectorNotFound(_ message: String) -> ServiceError {
        Inspector2.Failure.resourceNotFoundException(message)
    }

    static func inspectorDenied(_ message: String) -> ServiceError {
        Inspector2.Failure.accessDeniedException(message)
    }

    static func inspectorConflict(_ id: String, type: String, _ message: String) -> ServiceError {
        var error = Inspector2.Failure.conflictException(message)
        error.members = ["resourceId": .string(id), "resourceType": .string(type)]
        return error
    }

    static func inspectorQuota(_ id: String, _ message: String) -> ServiceError {
        var error = Inspector2.Failure.serviceQuotaExceededException(message)
        error.members = ["resourceId": .string(id)]
        return error
    }
}
