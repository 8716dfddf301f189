import AccessAnalyzerAPI
import Wire

// The errors of Access Analyzer have members besides their messages.
// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/CommonErrors.html>

extension ServiceError {
    /// - Parameters:
    ///   - id: what was not found.
    ///   - type: what sort of thing it is: `Analyzer`.
    static func notFound(_ id: String, type: String, _ message: String) -> ServiceError {
        AccessAnalyzer.Failure.resourceNotFoundException(message).about(id, type: type)
    }

    /// - Parameters: see ``notFound(_:type:_:)``.
    static func conflict(_ id: String, type: String, _ message: String) -> ServiceError {
        AccessAnalyzer.Failure.conflictException(message).about(id, type: type)
    }

    /// - Parameters: see ``notFound(_:type:_:)``.
    static func quotaExceeded(_ id: String, type: String, _ message: String) -> ServiceError {
        AccessAnalyzer.Failure.serviceQuotaExceededException(message).about(id, type: type)
    }

    /// A member of the input, by its name in JSON, with a value that won't do.
    static func invalidField(_ name: String, _ message: String) -> ServiceError {
        var error = AccessAnalyzer.Failure.validationException(message)
        let field = AccessAnalyzer.ValidationExceptionField {
            $0.name = name
            $0.message = message
        }
        error.members = ["reason": .string("fieldValidationFailed"), "fieldList": [field].wireValue]
        return error
    }

    /// A request that won't do, for a reason that is not one member's.
    static func invalidRequest(_ message: String, reason: String = "other") -> ServiceError {
        var error = AccessAnalyzer.Failure.validationException(message)
        error.members = ["reason": .string(reason)]
        return error
    }

    private func about(_ id: String, type: String) -> ServiceError {
        var error = self
        error.members = ["resourceId": .string(id), "resourceType": .string(type)]
        return error
    }
}
