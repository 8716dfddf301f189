import CognitoIdentityAPI
import Platform
import Wire

/// The errors of identity pools, with the texts that AWS sends. All have status 400, but those of the service itself, whatever
/// the model says.
extension ServiceError {
    static func identity(_ code: CognitoIdentity.Failure, _ message: String) -> ServiceError {
        var error = code(message)
        if error.fault == .sender { error.status = 400 }
        return error
    }

    static func invalidParameter(_ message: String) -> ServiceError { .identity(.invalidParameterException, message) }

    static func notAuthorized(_ message: String) -> ServiceError { .identity(.notAuthorizedException, message) }

    static func conflict(_ message: String) -> ServiceError { .identity(.resourceConflictException, message) }

    static func noSuchPool(_ id: String) -> ServiceError {
        .identity(.resourceNotFoundException, "IdentityPool '\(id)' not found.")
    }

    static func noSuchIdentity(_ id: String) -> ServiceError {
        .identity(.resourceNotFoundException, "Identity '\(id)' not found.")
    }

    /// Of an identity that belongs to somebody, who has to prove it.
    static func forbiddenIdentity(_ id: String) -> ServiceError {
        .notAuthorized("Access to Identity '\(id)' is forbidden.")
    }

    static func forbiddenRole(_ arn: String) -> ServiceError { .notAuthorized("Access to Role '\(arn)' is forbidden.") }

    static var otherLogins: ServiceError {
        .notAuthorized(
            "Logins don't match. Please include at least one valid login for this identity or identity pool.")
    }

    static var linkedElsewhere: ServiceError { .conflict("Logins are already linked to another account.") }

    static var unsupportedProvider: ServiceError {
        .notAuthorized("Token is not from a supported provider of this identity pool.")
    }

    static func invalidLogin(_ reason: String) -> ServiceError { .notAuthorized("Invalid login token. \(reason)") }

    static var badConfiguration: ServiceError {
        .identity(
            .invalidIdentityPoolConfigurationException,
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
    }
}
