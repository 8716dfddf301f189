import GuardDutyAPI
import Wire

// The errors of GuardDuty have a type besides their message. The texts are those that AWS answers; Terraform goes by some of them.
// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_BadRequestException.html>

extension ServiceError {
    /// A request that won't do.
    static func badRequest(_ message: String, type: String = "InvalidInputException") -> ServiceError {
        var error = GuardDuty.Failure.badRequestException(message)
        error.members["Type"] = .string(type)
        return error
    }

    static let notOwned = badRequest(
        "The request is rejected because the input detectorId is not owned by the current account.")
    static let noSuchResource = badRequest("The request is rejected since no such resource found.")
    static let detectorExists = badRequest(
        "The request is rejected because a detector already exists for the current account.")
    static let invalidParameters = badRequest(
        "The request is rejected because one or more input parameters have invalid values.")

    /// A member of the input with a value that won't do.
    static func invalidParameter(_ name: String, _ reason: String = "") -> ServiceError {
        badRequest(
            "The request is rejected because the parameter \(name) has an invalid value."
                + (reason.isEmpty ? "" : " \(reason)"))
    }

    static func guardDutyLimit(_ what: String, _ most: Int) -> ServiceError {
        badRequest(
            "The request is rejected because the maximum number of \(what) (\(most)) has been reached.",
            type: "LimitExceededException")
    }

    static let notAdministrator = badRequest(
        "The request failed because the account is not the GuardDuty delegated administrator account.")
}
