import CognitoIDPAPI
import Ledger
import Platform
import Wire

// Codes: those that are sent to a user, and those of authenticator apps.

extension SignIn {
    /// Challenges the user to prove a second factor.
    func challenge(factor: String) async throws(ServiceError) -> SignInStep {
        let user = try existingUser()
        guard let medium = Self.medium(of: factor) else {
            return try await challenge(.softwareToken, nil, ["USER_ID_FOR_SRP": user.username])
        }
        return try await challenge(code: factor, medium, isFirstFactor: false)
    }

    /// Sends a code, and challenges the user to say it.
    /// - Parameters:
    ///   - challenge: `SMS_MFA`, `EMAIL_OTP` or `SMS_OTP`.
    ///   - newAddress: one that is to become the user's, and a factor; nil: the code goes to the one that the user has.
    /// - Throws: TooManyRequestsException where too many were sent within an hour; NotAuthorizedException for a user who is
    ///   disabled, or has changed meanwhile.
    func challenge(
        code challenge: String, _ medium: Message.Medium, isFirstFactor: Bool,
        newAddress: String? = nil
    ) async throws(ServiceError) -> SignInStep {
        try await call.count(
            isFirstFactor ? .firstFactorCode : .secondFactorCode, for: user?.username ?? progress.name, of: pool)
        let code = UserCode.make()
        var delivery = CodeDelivery.simulated(
            progress.name, by: [medium], of: pool, secret: simulationSecret)
        if isFirstFactor, let user, !user.isEnabled, !client.hidesUserExistence {
            throw .notAuthorized("User is disabled.")
        }
        if let user, user.isEnabled {
            let new = newAddress.map { CodeDelivery(medium, to: $0) }
            guard let own = new ?? CodeDelivery(medium, of: user) else {
                throw .invalidParameter("User has no \(medium.attribute) to which a code could be sent.")
            }
            delivery = own
            let context = MessageContext(
                pool: pool, user: user, clientID: client.id, metadata: session == nil ? [:] : metadata)
            let message = try await call.message(.authentication, to: delivery, code: code, context)
            let (pool, call, progress) = (pool, call, progress)
            try await call.keep { (records) throws(ServiceError) in
                let now = try records.get(PoolUser.self, user.key, of: pool.id)
                guard let now, progress.holds(for: now), now.isEnabled else { throw .invalidSession }
                try records.send(message, of: pool, call)
            }
        } else {
            // As long as for others: a code is encrypted where a function sends it, and it is written once.
            try await call.encryptForNobody(by: medium, of: pool)
            let nobody = UsedSession(id: call.requestID, expires: call.time)
            try await call.keep { (records) throws(ServiceError) in try records.shared.put(nobody) }
        }
        let sent = SentCode(
            code, challenge: challenge, to: delivery, isFirstFactor: isFirstFactor, isNew: newAddress != nil)
        return try await self.challenge(
            .code(sent), nil,
            [
                "CODE_DELIVERY_DELIVERY_MEDIUM": medium.rawValue,
                "CODE_DELIVERY_DESTINATION": Message.masked(delivery.recipient, medium), "USER_ID_FOR_SRP": username,
            ])
    }

    /// The answer to a challenge whose code was sent. The address that it was sent to is verified by it.
    mutating func answer(_ code: SentCode) async throws(ServiceError) -> SignInStep {
        let given = try parameter("\(code.challenge)_CODE")
        let isUser = user != nil
        let wrong = ServiceError.cognito(.codeMismatchException, "Invalid code or auth state for the user.")
        try await attempt(wrong: wrong) { code.matches(given) && isUser }
        let (attribute, pool) = (code.attribute, pool)
        try await accept { (user, _) throws(ServiceError) in
            if let address = code.newAddress {
                guard case .setup = pool.demand(of: user) else { throw .invalidSession }
                user[attribute: attribute] = address
                user.factors.isEmailEnabled = true
            }
            guard code.wasSent(to: user[attribute: attribute]) else { throw wrong }
            user[attribute: "\(attribute)_verified"] = "true"
            if code.isFirstFactor, user.status == .unconfirmed { user.status = .confirmed }
        }
        guard code.isFirstFactor else { return try await factorProved(code.challenge) }
        try checkStatus(isPasswordless: true)
        noteProof(.mfa)
        try await rateRisk()
        return try await challengeDemandedFactor(besides: Self.medium(of: code.challenge))
    }

    /// The answer to `SOFTWARE_TOKEN_MFA`.
    mutating func answerSoftwareToken() async throws(ServiceError) -> SignInStep {
        let code = try parameter("SOFTWARE_TOKEN_MFA_CODE")
        let user = try existingUser()
        guard let secret = user.softwareToken, let seed = Base32.decode(secret) else {
            throw .cognito(.softwareTokenMFANotFoundException, "User has not set up software token mfa.")
        }
        let (password, time) = (OneTimePassword(seed: seed), call.clientTime)
        let step = password.step(matching: code, around: time, window: 1, after: nil)
        try await attempt(
            wrong: .cognito(.codeMismatchException, "Invalid code received for user")
        ) { step != nil }
        try await accept { (user, _) throws(ServiceError) in
            // One that was seen before may have been seen by somebody else.
            guard user.softwareToken == secret, let step, step > user.lastStep ?? .min else {
                throw .cognito(.expiredCodeException, "Your software token has already been used once.")
            }
            user.lastStep = step
        }
        return try await factorProved("SOFTWARE_TOKEN_MFA")
    }

    /// The answer to `MFA_SETUP`: an authenticator app that was set up meanwhile, or an e-mail address.
    mutating func answerSetup(_ setup: FactorSetup) async throws(ServiceError) -> SignInStep {
        if setup.options.contains("EMAIL_OTP"), let email = parameters["email"] ?? parameters["EMAIL"],
            !setup.isVerified
        {
            let attribute = CognitoIDP.AttributeType {
                $0.name = "email"
                $0.value = email
            }
            try pool.check([attribute], by: .user(client))
            try await accept()
            return try await challenge(code: "EMAIL_OTP", .email, isFirstFactor: false, newAddress: email)
        }
        guard setup.isVerified, setup.options.contains("SOFTWARE_TOKEN_MFA") else { throw .invalidSession }
        try await accept()
        return try await factorProved("MFA_SETUP")
    }
}
