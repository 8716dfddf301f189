public import Wire

/// The proof of a second factor that comes with a request: for temporary credentials, or to delete what is kept by MFA delete.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>
public enum SecondFactor {
    /// Checks a one-time password of the caller's device before the policies are asked, since they may have conditions
    /// on it. A correct one remains usable: a caller who is denied has not used it. A wrong one counts as an attempt.
    /// Without a code there is nothing to check.
    /// - Throws: AccessDenied with AWS's text.
    public static func check(_ serialNumber: String?, _ code: String?, _ call: Call) async throws(ServiceError) {
        guard let proof = try proof(serialNumber, code, call), !proof.owner.isRight(proof.code, call.directory) else {
            return
        }
        try await use(proof, keepingRight: true, call)
    }

    /// Uses the password up, durably: it can't be used again. This is the last step before the caller gets what was
    /// asked for.
    /// - Throws: AccessDenied with AWS's text, also if another request was faster.
    public static func useUp(_ serialNumber: String?, _ code: String?, _ call: Call) async throws(ServiceError) {
        guard let proof = try proof(serialNumber, code, call) else { return }
        try await use(proof, keepingRight: false, call)
    }

    private struct Proof {
        let code: SecondFactors.Code
        /// Whose device it has to be.
        let owner: SecondFactors
    }

    private static func proof(
        _ serialNumber: String?, _ code: String?, _ call: Call
    ) throws(ServiceError) -> Proof? {
        if serialNumber == nil, code == nil { return nil }
        guard let serialNumber, let code else {
            throw .validation("Both SerialNumber and TokenCode are needed to prove a second factor.")
        }
        let owner: String
        switch call.caller.identity {
        case .root: owner = call.accountID
        case .user(let user): owner = user.uniqueID
        case .roleSession, .federatedUser, .webIdentity, .saml, .service, .anonymous:
            throw .accessDenied("MultiFactorAuthentication failed, a role's session has no MFA device.")
        }
        return Proof(
            code: SecondFactors.Code(code, serialNumber: serialNumber),
            owner: SecondFactors(
                of: owner, in: call.accountID, call.environment, requestID: call.requestID, time: call.time))
    }

    private static func use(_ proof: Proof, keepingRight: Bool, _ call: Call) async throws(ServiceError) {
        // Its use is a change, so the event that records it has to be as durable.
        call.recordDurably()
        switch try await proof.owner.take(proof.code, keepingRight: keepingRight) {
        case .right: return
        case .wrong, .throttled:
            throw .accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
        case .unknown:
            throw .accessDenied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
                    + "number is valid and associated with this user.")
        }
    }
}
