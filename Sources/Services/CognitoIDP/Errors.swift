import CognitoIDPAPI
import Platform
import Wire

/// The errors of user pools, with the texts that AWS sends. All have status 400, but those of the service itself, whatever the
/// model says.
extension ServiceError {
    static func cognito(_ code: CognitoIDP.Failure, _ message: String) -> ServiceError {
        var error = code(message)
        if error.fault == .sender { error.status = 400 }
        return error
    }

    static func invalidParameter(_ message: String) -> ServiceError { .cognito(.invalidParameterException, message) }

    static func notAuthorized(_ message: String) -> ServiceError { .cognito(.notAuthorizedException, message) }

    static func noSuchPool(_ id: String) -> ServiceError {
        .cognito(.resourceNotFoundException, "User pool \(id) does not exist.")
    }

    static func noSuchClient(_ id: String) -> ServiceError {
        .cognito(.resourceNotFoundException, "User pool client \(id) does not exist.")
    }

    static var noSuchUser: ServiceError { .cognito(.userNotFoundException, "User does not exist.") }
}
