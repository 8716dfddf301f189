import Platform
import SNSAPI
import Wire

// The errors of SNS. Few of their texts are documented: most are those that clients quote.
// <https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html>

extension ServiceError {
    static func sns(_ failure: SNS.Failure, _ message: String) -> ServiceError { failure(message) }

    /// `Invalid parameter: Subject`
    static func invalidParameter(_ what: String) -> ServiceError {
        SNS.Failure.invalidParameter("Invalid parameter: \(what)")
    }

    static func invalidAttribute(_ reason: String) -> ServiceError { .invalidParameter("Attributes Reason: \(reason)") }

    static var noSuchTopic: ServiceError { SNS.Failure.notFound("Topic does not exist") }
    static var noSuchSubscription: ServiceError { SNS.Failure.notFound("Subscription does not exist") }

    /// Who acts has no say in it, whatever policies allow.
    static func unauthorized(_ message: String) -> ServiceError { SNS.Failure.authorizationError(message) }

    static func notBuilt(_ what: String) -> ServiceError {
        .notImplemented("Gatehouse's SNS has no \(what) yet.")
    }
}

extension Call {
    /// What a caller is told whom policies deny something. SNS spells its actions in capitals.
    static let snsDenial: @Sendable (String) -> ServiceError = { text in
        .unauthorized(text.replacing("perform: sns:", with: "perform: SNS:").replacing(" sns:", with: " SNS:"))
    }
}
