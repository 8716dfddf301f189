import OrganizationsAPI
import Wire

/// The errors of Organizations. Those with a reason say in it, for programs, what the text says for people.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html>
extension ServiceError {
    static func organizations(
        _ code: Organizations.Failure, _ message: String, reason: String? = nil
    ) -> ServiceError {
        ServiceError(code.rawValue, message, members: reason.map { ["Reason": .string($0)] } ?? [:])
    }

    static let organizationsNotInUse = ServiceError.organizations(
        .awsOrganizationsNotInUseException, "Your account is not a member of an organization.")

    /// What an account that has permission by IAM, but the wrong place in the organization, is told.
    static let notYourResource = ServiceError.organizations(
        .accessDeniedException, "You don't have permissions to access this resource.")

    static func constraintViolation(_ reason: String, _ message: String) -> ServiceError {
        .organizations(.constraintViolationException, message, reason: reason)
    }

    static func invalidInput(_ reason: String, _ message: String) -> ServiceError {
        .organizations(.invalidInputException, message, reason: reason)
    }

    static let notAllFeatures = ServiceError.constraintViolation(
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "The organization supports only consolidated billing: enable all features first.")
}
