import WellArchitectedAPI
import Wire

// The errors of the Well-Architected Tool have members besides their messages.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_Operations.html>

extension ServiceError {
    /// ValidationException for one member of a request.
    static func reviewField(_ name: String, _ message: String) -> ServiceError {
        var error = WellArchitected.Failure.validationException(message)
        let field = WellArchitected.ValidationExceptionField {
            $0.name = name
            $0.message = message
        }
        error.members = ["Reason": .string("FIELD_VALIDATION_FAILED"), "Fields": [field].wireValue]
        return error
    }

    /// ValidationException for a reason that is not one member's.
    static func invalidReview(_ message: String) -> ServiceError {
        var error = WellArchitected.Failure.validationException(message)
        error.members = ["Reason": .string("OTHER")]
        return error
    }

    static func reviewNotFound(_ type: String, _ id: String) -> ServiceError {
        var error = WellArchitected.Failure.resourceNotFoundException("[\(type)] \(id) was not found.")
        error.members = ["ResourceId": .string(id), "ResourceType": .string(type)]
        return error
    }

    static func reviewConflict(_ type: String, _ id: String, _ message: String) -> ServiceError {
        var error = WellArchitected.Failure.conflictException(message)
        error.members = ["ResourceId": .string(id), "ResourceType": .string(type)]
        return error
    }

    static func reviewQuota(_ type: String, _ quota: String, _ message: String) -> ServiceError {
        var error = WellArchitected.Failure.serviceQuotaExceededException(message)
        error.members = [
            "ResourceType": .string(type), "QuotaCode": .string(quota), "ServiceCode": .string("wellarchitected"),
        ]
        return error
    }

    /// What somebody with whom a thing is shared may not do.
    static func sharedDenied(_ message: String) -> ServiceError {
        WellArchitected.Failure.accessDeniedException(message)
    }
}
