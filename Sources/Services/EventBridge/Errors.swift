import EventBridgeAPI
import EventPatterns
import Platform
import Wire

// The errors of EventBridge. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html>

extension ServiceError {
    /// ValidationException, status 400. The model does not declare it.
    static func invalidEvents(_ message: String) -> ServiceError {
        ServiceError("ValidationException", message, status: 400)
    }

    static func notFound(_ message: String) -> ServiceError {
        EventBridge.Failure.resourceNotFoundException(message)
    }

    static func noBus(_ name: String) -> ServiceError { .notFound("Event bus \(name) does not exist.") }

    static func noRule(_ name: String, on bus: String) -> ServiceError {
        .notFound("Rule \(name) does not exist on EventBus \(bus).")
    }

    static func alreadyThere(_ message: String) -> ServiceError {
        EventBridge.Failure.resourceAlreadyExistsException(message)
    }

    static var tooManyInEvents: ServiceError {
        EventBridge.Failure.limitExceededException("The requested resource exceeds the maximum number allowed.")
    }

    static func invalidPattern(_ error: PatternError) -> ServiceError {
        EventBridge.Failure.invalidEventPatternException("Event pattern is not valid. Reason: \(error.description)")
    }

    static var managedRule: ServiceError {
        EventBridge.Failure.managedRuleException("This rule is managed by an AWS service; use Force to change it.")
    }

    static var noKeysOfEvents: ServiceError {
        .notImplemented(
            "Gatehouse seals events with its own keys: leave out KmsKeyIdentifier, which it does not have for EventBridge."
        )
    }
}
