import Platform
import ShieldAdvancedAPI
import Wire

// The errors of Shield. AWS documents their codes and members; the texts are those that clients have quoted, where some have.
// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_Operations.html>

extension ServiceError {
    /// What everything but the subscription's own state answers without one.
    static var noSubscription: ServiceError { .shieldNotFound("The subscription does not exist.", "Subscription") }

    static var noProtection: ServiceError {
        .shieldNotFound("The referenced protection does not exist.", "Protection")
    }

    static var noProtectionGroup: ServiceError {
        .shieldNotFound("The referenced protection group does not exist.", "ProtectionGroup")
    }

    /// ResourceNotFoundException.
    static func shieldNotFound(_ message: String, _ type: String) -> ServiceError {
        var error = ShieldAdvanced.Failure.resourceNotFoundException(message)
        error.members = ["resourceType": .string(type)]
        return error
    }

    /// ResourceAlreadyExistsException.
    static func alreadyExists(_ message: String, _ type: String) -> ServiceError {
        var error = ShieldAdvanced.Failure.resourceAlreadyExistsException(message)
        error.members = ["resourceType": .string(type)]
        return error
    }

    /// InvalidParameterException for one member of a request.
    static func invalidParameter(_ field: String, _ message: String) -> ServiceError {
        var error = ShieldAdvanced.Failure.invalidParameterException(message)
        let place = ShieldAdvanced.ValidationExceptionField {
            $0.name = field
            $0.message = message
        }
        error.members = [
            "reason": .string("FIELD_VALIDATION_FAILED"), "fields": .list([.structure(place.structure)]),
        ]
        return error
    }

    /// LimitsExceededException.
    static func shieldLimit(_ type: String, _ limit: Int) -> ServiceError {
        var error = ShieldAdvanced.Failure.limitsExceededException(
            "The request would exceed the limit of \(limit) for \(type).")
        error.members = ["Type": .string(type), "Limit": .integer(limit)]
        return error
    }

    /// InvalidOperationException.
    static func shieldOperation(_ message: String) -> ServiceError {
        ShieldAdvanced.Failure.invalidOperationException(message)
    }

    /// InvalidResourceException: it is nothing that Shield protects.
    static func invalidResource(_ arn: String) -> ServiceError {
        ShieldAdvanced.Failure.invalidResourceException("The resource \(arn) is not valid for this operation.")
    }
}
