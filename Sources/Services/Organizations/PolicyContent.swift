import Platform
import Policy
import Wire

/// The documents of an organization's policies, on their way in.
enum PolicyContent {
    /// - Throws: MalformedPolicyDocumentException; ConstraintViolationException for one that is too long.
    static func check(_ content: String, _ type: OrganizationPolicyType) throws(ServiceError) {
        guard content.unicodeScalars.count <= type.longestContent else {
            throw .constraintViolation("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size.")
        }
        switch type {
        case .serviceControl: try check(content, as: .serviceControl)
        case .resourceControl: try check(content, as: .resourceControl)
        default: try ManagementPolicyRules.check(content, type)
        }
    }

    /// Customers' resource control policies only deny: RCPFullAWSAccess is AWS's own.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>
    private static func check(_ content: String, as type: PolicyType) throws(ServiceError) {
        guard let document = try? PolicyDocument(parsing: content, as: type) else { throw .malformedPolicy }
        guard type == .resourceControl else { return }
        guard document.statements.allSatisfy({ $0.effect == .deny }) else { throw .malformedPolicy }
    }
}

extension ServiceError {
    static let malformedPolicy = ServiceError.organizations(
        .malformedPolicyDocumentException,
        "The provided policy document does not meet the requirements of the specified policy type.")
}
