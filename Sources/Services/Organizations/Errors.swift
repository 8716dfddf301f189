import OrganizationsAPI
import Wire

/// The errors of Organizations. Those with a reason state in it, for programs, what the text says to people.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html> lists them by operation.
extension ServiceError {
    static func organizations(
        _ code: Organizations.Failure, _ message: String, reason: String? = nil
    ) -> ServiceError {
        var error = code(message)
        if let reason { error.members["Reason"] = .string(reason) }
        return error
    }

    static func constraintViolation(_ reason: String, _ message: String) -> ServiceError {
        .organizations(.constraintViolationException, message, reason: reason)
    }

    static func handshakeConstraintViolation(_ reason: String, _ message: String) -> ServiceError {
        .organizations(.handshakeConstraintViolationException, message, reason: reason)
    }

    static func invalidInput(_ reason: String, _ message: String) -> ServiceError {
        .organizations(.invalidInputException, message, reason: reason)
    }

    static var organizationsNotInUse: ServiceError {
        .organizations(.awsOrganizationsNotInUseException, "Your account is not a member of an organization.")
    }

    /// The error for an account that has permission by IAM, but is not in the right place in the organization.
    static var notYourResource: ServiceError {
        .organizations(.accessDeniedException, "You don't have permissions to access this resource.")
    }

    static var notAllFeatures: ServiceError {
        .constraintViolation(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
            "This operation can be performed only in an organization that has all features enabled.")
    }

    static var accountNotFound: ServiceError {
        .organizations(.accountNotFoundException, "You specified an account that doesn't exist.")
    }

    static var accountLimitExceeded: ServiceError {
        .constraintViolation(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
    }

    static var parentNotFound: ServiceError {
        .organizations(.parentNotFoundException, "You specified a parent that doesn't exist.")
    }

    static var unitNotFound: ServiceError {
        .organizations(
            .organizationalUnitNotFoundException, "You specified an organizational unit that doesn't exist.")
    }

    static var transferNotFound: ServiceError {
        .organizations(.responsibilityTransferNotFoundException, "You specified a transfer that doesn't exist.")
    }

    static var targetNotFound: ServiceError {
        .organizations(.targetNotFoundException, "You specified a target that doesn't exist.")
    }
}

/// Organizations has an error of its own for values that break the model's constraints, with a reason.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html#API_DescribeAccount_Errors>
let organizationsValidation = ValidationRules { broken, _, _ in
    switch broken {
    case .required: .invalidInput("INPUT_REQUIRED", "You must include a value for all required parameters.")
    case .element:
        .invalidInput("INVALID_LIST_MEMBER", "You provided a list that contains at least one invalid value.")
    case .maximumLength:
        .invalidInput("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed.")
    case .minimumLength:
        .invalidInput("MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed.")
    case .maximum:
        .invalidInput("MAX_VALUE_EXCEEDED", "You provided a numeric parameter that has a larger value than allowed.")
    case .minimum:
        .invalidInput("MIN_VALUE_EXCEEDED", "You provided a numeric parameter that has a smaller value than allowed.")
    case .pattern:
        .invalidInput("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
    case .values: .invalidInput("INVALID_ENUM", "You specified an invalid value.")
    }
}
