import Platform
import Wire

/// The errors of sign-in. Each has, besides its code and text, one of OAuth's, by which clients go.
extension ServiceError {
    /// ValidationException with `INVALID_REQUEST`: something is wrong with the request, or it proves nothing.
    static func invalidRequest(_ message: String) -> ServiceError {
        ServiceError("ValidationException", message, members: ["error": .string("INVALID_REQUEST")])
    }

    /// The code was never given, has been redeemed, or is too old.
    static var codeExpired: ServiceError {
        denied("AUTHCODE_EXPIRED", "The authorization code has expired.", status: 401)
    }

    /// The session of the console's is over, or somebody has ended it.
    static var tokenExpired: ServiceError {
        denied("TOKEN_EXPIRED", "The session has expired. Sign in again.", status: 401)
    }

    /// The person has another password by now.
    static var credentialsChanged: ServiceError {
        denied("USER_CREDENTIALS_CHANGED", "The credentials of the user have changed. Sign in again.", status: 403)
    }

    /// Policies deny it; `message` is theirs.
    @Sendable static func insufficientPermissions(_ message: String) -> ServiceError {
        denied("INSUFFICIENT_PERMISSIONS", message, status: 403)
    }

    /// TooManyRequestsError, which has `INVALID_REQUEST` as well.
    static var tooManyRequests: ServiceError {
        ServiceError(
            "TooManyRequestsError", "Too many requests. Try again later.", status: 429,
            members: ["error": .string("INVALID_REQUEST")])
    }

    private static func denied(_ error: String, _ message: String, status: Int) -> ServiceError {
        ServiceError("AccessDeniedException", message, status: status, members: ["error": .string(error)])
    }
}
