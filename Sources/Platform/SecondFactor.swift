import Directory
import Ledger
public import Wire

/// The proof of a second factor that comes with a request: for temporary credentials, or to delete what is kept by MFA delete.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>
public enum SecondFactor {
    /// How many codes a device accepts within this many seconds.
    fileprivate static let mostAttempts = 9
    fileprivate static let attemptSpan = 180.0

    /// Checks a one-time password of the caller's device before the policies are asked, since they may have conditions
    /// on it. A correct one remains usable: a caller who is denied has not used it. A wrong one counts as an attempt.
    /// Without a code there is nothing to check.
    /// - Throws: AccessDenied with AWS's text.
    public static func check(_ serialNumber: String?, _ code: String?, _ call: Call) async throws(ServiceError) {
        guard let proof = try proof(serialNumber, code, call) else { return }
        if let device = call.directory.mfaDevice(serialNumber: proof.serialNumber), device.ownerID == proof.owner,
            device.isOpen(at: call.time), device.step(matching: proof.code, at: call.clientTime) != nil
        {
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
        let serialNumber: String
        let code: String
        /// Whose device it has to be.
        let owner: String
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
        return Proof(serialNumber: serialNumber, code: code, owner: owner)
    }

    /// Counts the attempt, and remembers a correct code.
    /// - Parameter keepingRight: leaves a right code, and the device, as they are.
    private static func use(_ proof: Proof, keepingRight: Bool, _ call: Call) async throws(ServiceError) {
        // Its use is a change, so the event that records it has to be as durable.
        call.recordDurably()
        let isRight = try await use(
            proof, keepingRight: keepingRight, in: call.accountID, at: (call.time, call.clientTime),
            requestID: call.requestID, call.environment)
        guard let isRight else {
            throw .accessDenied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
                    + "number is valid and associated with this user.")
        }
        guard isRight else {
            throw .accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
        }
    }

    /// Whether a code that somebody types at the sign-in to the console is right. It is used up then; a wrong one counts
    /// as an attempt.
    /// - Parameter ownerID: the unique id of the user who has the device, or the number of the root user's account.
    /// - Throws: InternalFailure when the ledger can't keep it.
    public static func prove(
        _ code: String, of serialNumber: String, ownedBy ownerID: String, in accountID: String,
        _ environment: Environment, requestID: String
    ) async throws(ServiceError) -> Bool {
        let time = environment.now()
        return try await use(
            Proof(serialNumber: serialNumber, code: code, owner: ownerID), keepingRight: false, in: accountID,
            at: (time, environment.clock.realTime), requestID: requestID, environment) ?? false
    }

    /// - Parameter times: by Gatehouse's clock, and by that of the device.
    /// - Returns: nil: the owner has no such device.
    private static func use(
        _ proof: Proof, keepingRight: Bool, in accountID: String, at times: (now: Double, device: Double),
        requestID: String, _ environment: Environment
    ) async throws(ServiceError) -> Bool? {
        do throws(LedgerError) {
            return try await environment.ledger.write(requestID: requestID) {
                (transaction) throws(LedgerError) -> Verdict<Bool?> in
                guard
                    var device = try transaction.get(
                        MFADevice.self, proof.serialNumber, in: Scope(account: accountID)),
                    device.ownerID == proof.owner
                else { return .rollback(nil) }
                guard device.isOpen(at: times.now) else { return .rollback(false) }
                let step = device.step(matching: proof.code, at: times.device)
                if let step {
                    if keepingRight { return .rollback(true) }
                    device.lastStep = step
                }
                device.attempts = device.attempts.filter { $0 > times.now - attemptSpan } + [times.now]
                try transaction.put(device, in: Scope(account: accountID))
                return .commit(step != nil)
            }
        } catch {
            throw ServiceError(error)
        }
    }
}

extension MFADevice {
    /// Whether it accepts one more code now.
    fileprivate func isOpen(at time: Double) -> Bool {
        attempts.count { $0 > time - SecondFactor.attemptSpan } < SecondFactor.mostAttempts
    }

    /// The step of a code that was not used yet; nil if it is wrong.
    /// - Parameter time: by the device's clock, as far as Gatehouse knows it.
    fileprivate func step(matching code: String, at time: Double) -> Int? {
        let adjusted = time + Double(clockOffset) * OneTimePassword.stepSeconds
        return OneTimePassword(seed: seed).step(matching: code, around: adjusted, window: 2, after: lastStep)
    }
}
