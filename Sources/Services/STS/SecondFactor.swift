import Directory
import Ledger
import Platform
import Wire

/// The proof of a second factor that comes with a request for temporary credentials.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>
enum SecondFactor {
    /// A device takes this many codes in this many seconds.
    private static let mostAttempts = 9
    private static let attemptSpan = 180.0

    /// Checks a one-time password of the caller's device, and uses it up: also when the request is refused later, and
    /// durably, so that no code is good twice. Without a code there is nothing to prove.
    /// - Throws: AccessDenied with AWS's text.
    static func prove(_ serialNumber: String?, _ code: String?, _ call: Call) async throws(ServiceError) {
        if serialNumber == nil, code == nil { return }
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
        // Its use is a change, so the event that tells of it has to be as durable.
        call.recordDurably()
        let isRight: Bool?
        do throws(LedgerError) {
            isRight = try await call.environment.ledger.write(requestID: call.requestID) {
                (transaction) throws(LedgerError) -> Verdict<Bool?> in
                guard
                    var device = try transaction.get(MFADevice.self, serialNumber, in: Scope(account: call.accountID)),
                    device.ownerID == owner
                else { return .rollback(nil) }
                device.attempts = device.attempts.filter { $0 > call.time - attemptSpan }
                guard device.attempts.count < mostAttempts else { return .rollback(false) }
                device.attempts.append(call.time)
                let adjusted = call.clientTime + Double(device.clockOffset) * OneTimePassword.stepSeconds
                let step = OneTimePassword(seed: device.seed)
                    .step(matching: code, around: adjusted, window: 2, after: device.lastStep)
                if let step { device.lastStep = step }
                try transaction.put(device, in: Scope(account: call.accountID))
                return .commit(step != nil)
            }
        } catch {
            throw ServiceError(error)
        }
        guard let isRight else {
            throw .accessDenied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
                    + "number is valid and associated with this user.")
        }
        guard isRight else {
            throw .accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
        }
    }
}
