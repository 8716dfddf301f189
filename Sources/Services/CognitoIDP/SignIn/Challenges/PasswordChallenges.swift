import CognitoIDPAPI
import Platform
import Wire

// The password as it is sent, and by SRP.

extension SignIn {
    /// Compares a password that was sent.
    /// - Throws: NotAuthorizedException.
    mutating func provePassword() async throws(ServiceError) {
        let password = try parameter("PASSWORD")
        try refuseReset()
        let (user, poolID, name, account) = (user, pool.id, progress.name, call.accountID)
        try await attempt(wrong: .incorrect) { () async throws(ServiceError) -> Bool in
            guard let user, let verifier = user.password else {
                // As long as for others.
                _ = try await PasswordVerifier.make(password, user: name, poolID: poolID, account: account)
                return false
            }
            return try await verifier.matches(password, user: user.username, poolID: poolID, account: account)
        }
        try await refuseCompromised(password)
    }

    /// Where an app may learn about users, one whose password is to be reset is told so whatever the password.
    private func refuseReset() throws(ServiceError) {
        if user?.status == .resetRequired, !client.hidesUserExistence { throw .passwordResetRequired }
    }

    /// A of SRP.
    /// - Throws: InvalidParameterException for what lacks, or is no number between 0 and N.
    func clientPublic() throws(ServiceError) -> [UInt8] {
        guard let number = SRPExchange.clientPublic(hex: try parameter("SRP_A")) else {
            throw .invalidParameter("SRP_A is not a valid public value.")
        }
        return number
    }

    /// Challenges the user to prove the password by SRP: `PASSWORD_VERIFIER`.
    /// - Parameter isSessionNeeded: whether the block alone is not enough, as it is of USER_SRP_AUTH.
    mutating func challengePassword(isSessionNeeded: Bool) async throws(ServiceError) -> SignInStep {
        let clientPublic = try clientPublic()
        try refuseReset()
        let verifier = user?.password?.srp ?? simulated.verifier
        let begun = try await SRPWork.shared.run(for: call.accountID) {
            SRPExchange.begin(clientPublic: clientPublic, verifier, secret: Identifiers.randomBytes(32))
        }
        progress.clientPublicHash = Self.hash(ofClientPublic: clientPublic)
        let block = SignInSession(.passwordVerifier(begun.exchange), progress, of: client, at: call.time)
        let parameters = [
            "USERNAME": username, "USER_ID_FOR_SRP": username, "SALT": SRPNumber.hex(verifier.salt),
            "SRP_B": SRPNumber.hex(begun.serverPublic.drop { $0 == 0 }),
            "SECRET_BLOCK": try await block.sealed(.secretBlock, call),
        ]
        guard isSessionNeeded else {
            return .challenge(name: "PASSWORD_VERIFIER", parameters: parameters, session: nil)
        }
        return try await challenge(.block(block.id), "PASSWORD_VERIFIER", parameters)
    }

    /// The answer to `PASSWORD_VERIFIER`.
    mutating func answerPasswordVerifier(_ exchange: SRPExchange) async throws(ServiceError) -> SignInStep {
        let proof = try SRPProof(self)
        let (user, identity, account) = (user, PasswordVerifier.identity(username, pool.id), call.accountID)
        let verifier = user?.password?.srp ?? simulated.verifier
        try await attempt(wrong: .incorrect) { () async throws(ServiceError) -> Bool in
            let isProved = try await SRPWork.shared.run(for: account) {
                exchange.isProved(
                    by: proof.signature, verifier, of: identity, block: proof.block, timestamp: proof.timestamp)
            }
            return isProved && proof.isFresh && user?.password != nil
        }
        try await accept()
        if let key = parameters["DEVICE_KEY"] { progress.deviceKey = key }
        return try await passwordProved()
    }

    /// The password is proved, one way or the other.
    mutating func passwordProved() async throws(ServiceError) -> SignInStep {
        progress.hasProvedPassword = true
        noteProof(.password)
        try checkStatus()
        try await rateRisk()
        let user = try existingUser()
        if progress.isCustom {
            progress.history.append(SignInProgress.ChallengeResult(name: "PASSWORD_VERIFIER", isRight: true))
            // The function is to ask for the new password itself.
            if user.status == .forceChangePassword { return try await goOnWithCustom() }
        } else if user.status == .forceChangePassword {
            return try await challengeNewPassword()
        }
        return try await challengeSecondFactor()
    }
}

/// What a client sends to prove a secret by SRP.
struct SRPProof: Sendable {
    let signature: [UInt8]
    let block: [UInt8]
    let timestamp: String
    /// Whether it was made just now.
    let isFresh: Bool

    /// How far a client's clock may be off, in seconds.
    private static let tolerance = 300.0

    /// - Throws: InvalidParameterException.
    init(_ signIn: SignIn) throws(ServiceError) {
        let signature = try signIn.parameter("PASSWORD_CLAIM_SIGNATURE")
        let block = try signIn.parameter("PASSWORD_CLAIM_SECRET_BLOCK")
        timestamp = try signIn.parameter("TIMESTAMP")
        guard let time = ClaimTime.seconds(timestamp) else {
            throw .invalidParameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
        }
        isFresh = abs(time - signIn.call.clientTime) <= Self.tolerance
        // What is no base64 proves nothing, and counts like all else that is wrong.
        self.signature = Base64.decode(signature.utf8) ?? []
        self.block = Base64.decode(block.utf8) ?? []
    }
}

/// `Tue May 7 00:09:40 UTC 2025`
enum ClaimTime {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970; nil for what is no such time.
    static func seconds(_ text: String) -> Double? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 6, weekdays.contains(words[0]), let month = months.firstIndex(of: words[1]),
            let day = number(words[2], 1...31), ["UTC", "GMT"].contains(words[4]),
            let year = number(words[5], 1970...9999)
        else { return nil }
        let clock = words[3].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard clock.count == 3, let hour = number(clock[0], 0...23), let minute = number(clock[1], 0...59),
            let second = number(clock[2], 0...60)
        else { return nil }
        return Double(days(year, month + 1, day) * 86_400 + hour * 3600 + minute * 60 + second)
    }

    private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number)
        else {
            return nil
        }
        return number
    }

    /// Of a day of the Gregorian calendar since 1970. The year begins in March, so that the leap day is its last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
