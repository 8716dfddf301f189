import SQSAPI
import Wire

// The errors of SQS. AWS documents their codes; the texts are those that clients have quoted, where some have.
// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>

extension ServiceError {
    static var queueDoesNotExist: ServiceError { SQS.Failure.queueDoesNotExist("The specified queue does not exist.") }

    /// MissingParameter.
    static func missingParameter(_ name: String) -> ServiceError {
        ServiceError("MissingParameter", "The request must contain the parameter \(name).")
    }

    /// InvalidParameterValue, in SQS's usual words.
    static func invalidParameter(_ name: String, _ value: String, _ reason: String) -> ServiceError {
        .invalidParameter("Value \(value) for parameter \(name) is invalid. Reason: \(reason)")
    }

    /// InvalidParameterValue.
    static func invalidParameter(_ message: String) -> ServiceError { ServiceError("InvalidParameterValue", message) }

    /// What only queues of the other type take.
    static func wrongQueueType(_ name: String, _ value: String) -> ServiceError {
        .invalidParameter(name, value, "The request include parameter that is not valid for this queue type.")
    }

    static func unknownAttribute(_ name: String) -> ServiceError {
        SQS.Failure.invalidAttributeName("Unknown Attribute \(name).")
    }

    static func invalidAttribute(_ name: String, _ reason: String? = nil) -> ServiceError {
        SQS.Failure.invalidAttributeValue(
            "Invalid value for the parameter \(name)." + (reason.map { " Reason: \($0)" } ?? ""))
    }

    static func invalidHandle(_ handle: String) -> ServiceError {
        SQS.Failure.receiptHandleIsInvalid(
            "The input receipt handle \"\(handle.prefix(1024))\" is not a valid receipt handle.")
    }

    static func expiredHandle(_ handle: String) -> ServiceError {
        .invalidParameter("ReceiptHandle", handle, "The receipt handle has expired.")
    }

    /// What is no address of a queue.
    static func invalidAddress(_ url: String) -> ServiceError {
        SQS.Failure.invalidAddress("The address \(url.prefix(1024)) is not valid for this endpoint.")
    }
}

extension ValidationRules {
    /// SQS has an error of its own for what is missing, and checks what its model lists as values itself.
    static let ofSQS = ValidationRules(
        ignored: [.values, .element],
        error: { broken, member, text in
            broken == .required
                ? .missingParameter(member.name)
                : .invalidParameter(member.name, text ?? "", "It breaks a constraint of the model.")
        })
}
