import CognitoIDPAPI
import Platform
import Wire

// Which second factor a user has to prove.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-user-outcomes>

/// What a password has to be followed by.
enum SecondFactorDemand: Equatable {
    case none
    case factor(String)
    /// One of several.
    case choice([String])
    /// One that is to be set up first.
    case setup([String])
}

extension PoolEntry {
    /// What a user has to prove after the password.
    func demand(of user: PoolUser) -> SecondFactorDemand {
        guard multiFactorMode != .off else { return .none }
        let usable = SignIn.factors.filter { offers($0) && user.canReceive($0) }
        let enabled = usable.filter { user.hasEnabled($0) }
        if let preferred = user.factors.preferred, enabled.contains(preferred) { return .factor(preferred) }
        if enabled.count == 1, let only = enabled.first { return .factor(only) }
        if enabled.count > 1 { return .choice(enabled) }
        guard multiFactorMode == .on else { return .none }
        // Nothing was set: what the user could prove will do, if possible not what a forgotten password is recovered by.
        let recovery = recoveryMechanisms.first.flatMap {
            Message.Medium(attribute: String($0.dropFirst("verified_".count)))
        }
        let other = usable.filter { SignIn.medium(of: $0) == nil || SignIn.medium(of: $0) != recovery }
        let candidates = other.isEmpty ? usable : other
        if candidates.count == 1, let only = candidates.first { return .factor(only) }
        return candidates.isEmpty ? .setup(SignIn.factors.filter { offers($0) }) : .choice(candidates)
    }
}

extension PoolEntry {
    /// What a user can prove after the password, whether or not it is asked for as a rule; `none`: nothing.
    /// - Parameter proved: what came by it would prove nothing more.
    func riskDemand(of user: PoolUser, besides proved: Message.Medium?) -> SecondFactorDemand {
        let usable = SignIn.factors.filter { factor in
            let medium = SignIn.medium(of: factor)
            return offers(factor) && user.canReceive(factor) && (medium == nil || medium != proved)
        }
        if let preferred = user.factors.preferred, usable.contains(preferred) { return .factor(preferred) }
        if usable.count == 1, let only = usable.first { return .factor(only) }
        return usable.isEmpty ? .none : .choice(usable)
    }
}

extension PoolUser {
    /// Whether the user wants to be asked for a second factor.
    fileprivate func hasEnabled(_ factor: String) -> Bool {
        switch factor {
        case "SMS_MFA": factors.isSMSEnabled
        case "EMAIL_OTP": factors.isEmailEnabled
        default: factors.isSoftwareTokenEnabled
        }
    }
}

extension SignIn {
    /// In the order in which they are offered.
    static let factors = ["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]

    /// How a factor's code is sent; nil: it is not.
    static func medium(of factor: String) -> Message.Medium? {
        switch factor {
        case "SMS_MFA", "SMS_OTP": .sms
        case "EMAIL_OTP": .email
        default: nil
        }
    }

    /// Challenges the user to prove a second factor, unless none is asked for, or a remembered device stands for it.
    mutating func challengeSecondFactor() async throws(ServiceError) -> SignInStep {
        let user = try existingUser()
        let demand = try demandedFactor(of: user, besides: pool.demand(of: user))
        if demand != .none, progress.evidence?.demand == nil,
            pool.deviceConfiguration?.challengeRequiredOnNewDevice == true,
            try await rememberedDevice() != nil
        {
            // It is proved at the end.
            progress.isFactorLeftToDevice = true
            return try await factorsPassed()
        }
        return try await challenge(demand)
    }

    /// Challenges the user who has proved something else than the password to prove a second factor, where the risk of the
    /// sign-in demands one.
    /// - Parameter proved: by which a code has come already.
    mutating func challengeDemandedFactor(besides proved: Message.Medium? = nil) async throws(ServiceError)
        -> SignInStep
    {
        guard progress.evidence?.demand != nil else { return try await challengeDevice() }
        return try await challenge(try demandedFactor(of: try existingUser(), besides: .none, proved))
    }

    private mutating func challenge(_ demand: SecondFactorDemand) async throws(ServiceError) -> SignInStep {
        let user = try existingUser()
        switch demand {
        case .none: return try await factorsPassed()
        case .factor(let factor): return try await challenge(factor: factor)
        case .choice(let factors):
            return try await challenge(
                .selectFactor(factors), nil,
                ["MFAS_CAN_CHOOSE": Self.list(factors), "USER_ID_FOR_SRP": user.username])
        case .setup(let factors):
            return try await challenge(
                .setUpFactor(FactorSetup(options: factors)), nil,
                ["MFAS_CAN_SETUP": Self.list(factors), "USER_ID_FOR_SRP": user.username])
        }
    }

    /// Second factors are proved, or not asked for.
    mutating func factorsPassed() async throws(ServiceError) -> SignInStep {
        progress.hasPassedFactors = true
        if progress.isCustom, !progress.hasPassedFunctions { return try await goOnWithCustom() }
        return try await challengeDevice()
    }

    /// A second factor has been proved.
    mutating func factorProved(_ name: String) async throws(ServiceError) -> SignInStep {
        noteProof(.mfa)
        if progress.isCustom {
            progress.history.append(SignInProgress.ChallengeResult(name: name, isRight: true))
        }
        return try await factorsPassed()
    }

    /// The answer to `SELECT_MFA_TYPE`.
    mutating func answerSelection(_ factors: [String]) async throws(ServiceError) -> SignInStep {
        let answer = try parameter("ANSWER")
        // Older documents call it so.
        let factor = answer == "EMAIL_MFA" ? "EMAIL_OTP" : answer
        guard factors.contains(factor) else {
            throw .invalidParameter("Invalid MFA type selected: \(Self.list(factors)) can be.")
        }
        try await accept()
        return try await challenge(factor: factor)
    }
}
