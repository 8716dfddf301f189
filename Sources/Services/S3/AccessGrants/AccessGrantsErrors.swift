import Platform
import Wire

/// The errors of S3 Access Grants, with the codes and texts that AWS lists; where AWS says no more than that something is
/// invalid, what is wrong follows.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#S3AccessGrantsErrorCodeList>
extension ServiceError {
    static var noAccessGrantsInstance: ServiceError {
        .s3("AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist", status: 404)
    }

    static var noSuchAccessGrantsLocation: ServiceError {
        .s3(
            "NoSuchAccessGrantsLocationError", "The specified access grants location does not exist", status: 404)
    }

    static var noSuchAccessGrant: ServiceError {
        .s3("NoSuchAccessGrantError", "The specified access grant does not exist", status: 404)
    }

    static func invalidAccessGrant(_ reason: String) -> ServiceError {
        .s3("InvalidAccessGrant", "The specified Access Grant is invalid: \(reason)")
    }

    static func invalidAccessGrantsLocation(_ reason: String) -> ServiceError {
        .s3("InvalidAccessGrantsLocation", "The specified Access Grants Location is invalid: \(reason)")
    }

    static func invalidIAMRole(_ reason: String) -> ServiceError {
        .s3("InvalidIamRole", "The specified IAM Role is invalid: \(reason)")
    }

    static func invalidResourcePolicy(_ reason: String) -> ServiceError {
        .s3("InvalidResourcePolicy", "The specified Resource Policy is invalid: \(reason)")
    }

    static func invalidIdentityCenter(_ reason: String) -> ServiceError {
        .s3("InvalidIdentityCenterInstance", "The specified identity center instance is invalid: \(reason)")
    }

    /// For whoever has no grant for what he asks for.
    static func noGrant(_ permission: String, _ target: String) -> ServiceError {
        .s3(
            "AccessDenied", "You do not have \(permission) permissions to the requested S3 Prefix: \(target)",
            status: 403)
    }
}
