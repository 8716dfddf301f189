import AccountAPI
import Wire

extension ServiceError {
    static func notFound(_ message: String) -> ServiceError {
        AccountManagement.Failure.resourceNotFoundException(message)
    }

    static func conflict(_ message: String) -> ServiceError {
        AccountManagement.Failure.conflictException(message)
    }

    static func tooManyRequests(_ message: String) -> ServiceError {
        AccountManagement.Failure.tooManyRequestsException(message)
    }

    /// A member of the input, by its name in JSON, with a value that won't do.
    static func invalidField(_ name: String, _ message: String) -> ServiceError {
        var error = AccountManagement.Failure.validationException(message)
        let field = AccountManagement.ValidationExceptionField {
            $0.name = name
            $0.message = message
        }
        error.members = ["reason": .string("fieldValidationFailed"), "fieldList": [field].wireValue]
        return error
    }

    /// A region that can't be switched that way.
    static func invalidRegion(_ message: String) -> ServiceError {
        var error = AccountManagement.Failure.validationException(message)
        error.members = ["reason": .string("invalidRegionOptTarget")]
        return error
    }
}
