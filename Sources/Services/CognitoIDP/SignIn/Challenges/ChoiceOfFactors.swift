import CognitoIDPAPI
import Platform
import Wire

// USER_AUTH: the user chooses how to prove who they are.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#authentication-flows-selection-choice>

extension SignIn {
    /// The first step of USER_AUTH: the challenge that the app wants, or a choice.
    mutating func beginChoice() async throws(ServiceError) -> SignInStep {
        let factors = try await availableFactors()
        if let wanted = parameters["PREFERRED_CHALLENGE"], factors.contains(wanted) {
            // A password that is not there yet is asked for.
            if wanted == "PASSWORD", parameters["PASSWORD"] == nil { return try await challenge(.password) }
            return try await begin(with: wanted)
        }
        let session = SignInSession(.choice(factors), progress, of: client, at: call.time)
        return .choice(factors, session: try await session.sealed(.session, call))
    }

    /// What the user can begin with.
    func availableFactors() async throws(ServiceError) -> [String] {
        let allowed = pool.allowedFirstFactors
        // A message or a passkey is one factor, where there have to be two.
        let demand = user.map { pool.demand(of: $0) } ?? .none
        let isOneEnough = pool.multiFactorMode != .on && demand == .none
        let isPasskeyTwo =
            pool.multiFactor.webAuthnConfiguration?.factorConfiguration == "MULTI_FACTOR_WITH_USER_VERIFICATION"
        var factors: [String] = []
        for factor in allowed {
            switch factor {
            case "PASSWORD":
                if user == nil || user?.password != nil { factors += ["PASSWORD", "PASSWORD_SRP"] }
            case "WEB_AUTHN":
                guard isOneEnough || isPasskeyTwo else { continue }
                if try await hasPasskey() { factors.append(factor) }
            default:
                guard isOneEnough, let medium = Self.medium(of: factor) else { continue }
                if user?.canBegin(by: medium) ?? simulatesFactor(factor) { factors.append(factor) }
            }
        }
        // A user without any way in looks like one with a password.
        return factors.isEmpty ? ["PASSWORD", "PASSWORD_SRP"] : factors
    }

    /// Whether a user who does not exist has something: one in two.
    private func simulatesFactor(_ factor: String) -> Bool { (simulated.bytes(factor, 1).first ?? 0) & 1 == 0 }

    private func hasPasskey() async throws(ServiceError) -> Bool {
        guard user != nil else { return simulatesFactor("WEB_AUTHN") }
        return try await !passkeys().isEmpty
    }

    /// Goes on with a factor.
    private mutating func begin(with factor: String) async throws(ServiceError) -> SignInStep {
        switch factor {
        case "PASSWORD":
            if user == nil {
                try await migrate()
            }
            try await provePassword()
            if session != nil { try await accept() }
            return try await passwordProved()
        case "PASSWORD_SRP":
            let step = try await challengePassword(isSessionNeeded: true)
            if session != nil { try await accept() }
            return step
        case "WEB_AUTHN":
            if session != nil { try await accept() }
            return try await challengePasskey()
        default:
            guard let medium = Self.medium(of: factor) else { throw .invalidParameter("Invalid challenge: \(factor)") }
            if session != nil { try await accept() }
            return try await challenge(code: factor, medium, isFirstFactor: true)
        }
    }

    /// The answer to `SELECT_CHALLENGE`, or a password at once.
    mutating func answer(_ factors: [String], _ name: String) async throws(ServiceError) -> SignInStep {
        let wanted = name == "SELECT_CHALLENGE" ? try parameter("ANSWER") : name
        guard factors.contains(wanted) else {
            throw .invalidParameter("The selected challenge \(wanted) is not available.")
        }
        if wanted == "PASSWORD", parameters["PASSWORD"] == nil {
            try await accept()
            return try await challenge(.password)
        }
        if wanted == "PASSWORD_SRP", parameters["SRP_A"] == nil {
            try await accept()
            return try await challenge(.passwordSRP)
        }
        return try await begin(with: wanted)
    }

    /// The answer to `PASSWORD` or `PASSWORD_SRP`.
    mutating func answer(password name: String) async throws(ServiceError) -> SignInStep { try await begin(with: name) }
}

extension PoolUser {
    /// Whether a code that is sent is enough to sign in: to an address that was proved, or is proved by it when the user
    /// confirms the sign-up.
    fileprivate func canBegin(by medium: Message.Medium) -> Bool {
        guard let address = self[attribute: medium.attribute], !address.isEmpty else { return false }
        return status == .unconfirmed || self[attribute: "\(medium.attribute)_verified"] == "true"
    }
}

extension Call {
    /// Seals what a user has proved who has just confirmed a sign-up: USER_AUTH takes it for the code that it would send.
    /// - Parameter attribute: to whose address the code went.
    /// - Returns: `Session` of ConfirmSignUp.
    func sealConfirmedSignUp(
        of user: PoolUser, attribute: String, client: ClientEntry
    ) async throws(ServiceError) -> String {
        let progress = SignInProgress(
            flow: AuthenticationFlow.user.rawValue, name: user.username, began: time)
        return try await SignInSession(.confirmedSignUp(attribute), progress.of(user), of: client, at: time)
            .sealed(.session, self)
    }

    /// Signs a user in who has just confirmed a sign-up.
    func signIn(afterConfirming text: String, _ request: SignInRequest) async throws(ServiceError) -> SignInStep {
        let client = request.client
        let session = try await open(text, .session, of: client)
        guard case .confirmedSignUp(let attribute) = session.challenge else { throw .invalidSession }
        var signIn = try await signIn(
            of: session, client, parameters: request.parameters, metadata: request.clientMetadata)
        if !client.client.secrets.isEmpty {
            try client.checkSecretHash(
                request.parameters["SECRET_HASH"], username: request.parameters["USERNAME"] ?? signIn.username)
        }
        let factor = attribute == "email" ? "EMAIL_OTP" : "SMS_OTP"
        guard try await signIn.availableFactors().contains(factor) else { throw .invalidSession }
        signIn.progress.evidence = evidence(of: request)
        return try await signIn.watched { (signIn) async throws(ServiceError) in
            try await signIn.refuseBlockedAddress()
            try signIn.checkStatus(isPasswordless: true)
            signIn.noteProof(.mfa)
            try await signIn.rateRisk()
            try await signIn.accept()
            return try await signIn.challengeDemandedFactor(besides: SignIn.medium(of: factor))
        }
    }
}
