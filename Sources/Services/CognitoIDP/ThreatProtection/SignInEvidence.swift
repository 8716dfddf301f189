import CognitoIDPAPI
import Platform
import Wire

// Threat protection watches sign-ins: what comes of each is kept in the user's history, and the risk of it is rated once the
// user has proved something.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-adaptive-authentication.html>

/// What threat protection knows of a sign-in: carried from challenge to challenge.
struct SignInEvidence: Codable, Sendable, Equatable {
    /// ``AuthEvent/id``
    let id: String
    var surroundings: Surroundings
    var challenges: [AuthEvent.Challenge] = []
    var risk = AuthEvent.Risk()
    var isRated = false
    /// `MFA_IF_CONFIGURED` or `MFA_REQUIRED`; nil: a second factor is asked for as always.
    var demand: String?
}

extension SignIn {
    var threatMode: ThreatMode { progress.isCustom ? pool.customThreatMode : pool.threatMode }

    /// Does a step of a sign-in, and keeps what has come of it.
    mutating func watched(
        _ step: (inout SignIn) async throws(ServiceError) -> SignInStep
    ) async throws(ServiceError) -> SignInStep {
        guard progress.evidence != nil else { return try await step(&self) }
        do throws(ServiceError) {
            let result = try await step(&self)
            switch result {
            case .done(var grant, let device):
                grant.eventID = progress.evidence?.id
                try await keepEvent(.pass)
                return .done(grant, newDevice: device)
            case .challenge, .choice:
                if progress.evidence?.challenges.isEmpty == false { try await keepEvent(.inProgress) }
                return result
            }
        } catch {
            if error.isFailedSignIn {
                if let name = provedNow, progress.evidence?.challenges.contains(where: { $0.name == name }) == false {
                    progress.evidence?.challenges.append(AuthEvent.Challenge(name: name, isProved: false))
                }
                try await keepEvent(.fail)
            }
            throw error
        }
    }

    /// What this request is to prove; nil: neither a password nor a second factor.
    private var provedNow: AuthEvent.Challenge.Name? {
        switch session?.challenge {
        case nil: parameters["PASSWORD"] == nil ? nil : .password
        case .passwordVerifier, .password: .password
        case .choice: parameters["PASSWORD"] == nil ? nil : .password
        case .code, .softwareToken, .devicePassword, .setUpFactor, .passkey: .mfa
        default: nil
        }
    }

    private func keepEvent(_ response: AuthEvent.Response) async throws(ServiceError) {
        guard let evidence = progress.evidence else { return }
        guard let user else {
            // As long as for others: it is written once.
            let nobody = UsedSession(id: call.requestID, expires: call.time)
            try await call.keep { (records) throws(ServiceError) in try records.shared.put(nobody) }
            return
        }
        var event = AuthEvent(
            .signIn, response, of: user, id: evidence.id, client: client.id, evidence.surroundings)
        (event.risk, event.challenges) = (evidence.risk, evidence.challenges)
        event.isGuess = response == .fail && hasGuessedWrong
        if evidence.isRated || evidence.risk.decision == .block {
            call.note("riskLevel", evidence.risk.level.rawValue)
            call.note("riskDecision", evidence.risk.decision.rawValue)
            call.note("riskReasons", evidence.risk.reasons.map(\.rawValue).joined(separator: ","))
        }
        let (made, pool, call) = (event, pool, call)
        try await call.keep { (records) throws(ServiceError) in try records.keep(made, of: pool, call) }
    }

    /// Takes down that the user has proved something.
    mutating func noteProof(_ name: AuthEvent.Challenge.Name) {
        progress.evidence?.challenges.append(AuthEvent.Challenge(name: name, isProved: true))
    }

    // MARK: Risk

    private func riskConfiguration() async throws(ServiceError) -> CognitoIDP.RiskConfigurationType? {
        let (clientID, poolID) = (client.id, pool.id)
        return try await call.environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.riskConfiguration(ofClient: clientID, poolID)
        }?.view()
    }

    /// Refuses whoever asks from an address that is always blocked, before anything is proved.
    /// - Throws: NotAuthorizedException.
    mutating func refuseBlockedAddress() async throws(ServiceError) {
        guard let evidence = progress.evidence, threatMode == .enforced,
            let ranges = try await riskConfiguration()?.riskExceptionConfiguration?.blockedIPRangeList,
            evidence.surroundings.isIn(ranges)
        else { return }
        rate([.blockedRange], decision: .block)
        throw .blockedForSecurity
    }

    private mutating func rate(_ reasons: [RiskReason], decision: AuthEvent.Risk.Decision) {
        progress.evidence?.isRated = true
        progress.evidence?.risk.level = RiskAssessment(reasons).level
        progress.evidence?.risk.reasons = reasons
        progress.evidence?.risk.decision = decision
    }

    /// Rates the risk of the sign-in, and does what is to be done about it: once, when the user has proved something.
    /// - Throws: NotAuthorizedException where the sign-in is blocked.
    mutating func rateRisk() async throws(ServiceError) {
        guard let evidence = progress.evidence, !evidence.isRated, threatMode != .off else { return }
        let user = try existingUser()
        let configuration = try await riskConfiguration()
        let exceptions = configuration?.riskExceptionConfiguration
        let surroundings = evidence.surroundings
        if surroundings.isIn(exceptions?.blockedIPRangeList ?? []) {
            rate([.blockedRange], decision: threatMode == .enforced ? .block : .takeover)
            if threatMode == .enforced { throw .blockedForSecurity }
            return
        }
        if surroundings.isIn(exceptions?.skippedIPRangeList ?? []) {
            rate([.skippedRange], decision: .none)
            return
        }
        let assessment = try await assessment(of: surroundings, user)
        rate(assessment.reasons, decision: assessment.level == .none ? .none : .takeover)
        guard threatMode == .enforced, let takeover = configuration?.accountTakeoverRiskConfiguration,
            let action = takeover.action(for: assessment.level)
        else { return }
        let isBlocked = action.eventAction == "BLOCK"
        if isBlocked { progress.evidence?.risk.decision = .block }
        if action.eventAction.hasPrefix("MFA") { progress.evidence?.demand = action.eventAction }
        if action.notify { try await notify(user, action.eventAction, takeover.notifyConfiguration) }
        if isBlocked { throw .blockedForSecurity }
    }

    private func assessment(
        of surroundings: Surroundings, _ user: PoolUser
    ) async throws(ServiceError) -> RiskAssessment {
        let (pool, time) = (pool, call.time)
        return try await call.environment.read(pool.scope) { (records) throws(ServiceError) in
            RiskAssessment(
                of: surroundings, sub: user.sub,
                after: try records.signInHistory(of: user, pool, near: surroundings.network), at: time)
        }
    }

    /// What a user has to prove after the password, with what the risk adds to that.
    /// - Throws: NotAuthorizedException where there has to be a second factor, and the user has none.
    /// - Parameters:
    ///   - usual: what the user has to prove in any case.
    ///   - proved: by which a code has come already: another would prove nothing more.
    mutating func demandedFactor(
        of user: PoolUser, besides usual: SecondFactorDemand, _ proved: Message.Medium? = nil
    ) throws(ServiceError) -> SecondFactorDemand {
        guard let added = progress.evidence?.demand else { return usual }
        switch usual {
        case .factor, .choice: return usual
        case .none, .setup: break
        }
        let risky = pool.riskDemand(of: user, besides: proved)
        if risky != .none { return risky }
        guard added == "MFA_REQUIRED" else { return usual }
        progress.evidence?.risk.reasons.append(.noSecondFactor)
        progress.evidence?.risk.decision = .block
        throw .blockedForSecurity
    }
}

extension CognitoIDP.AccountTakeoverRiskConfigurationType {
    /// What is to be done about a risk; nil: nothing was set.
    fileprivate func action(for level: RiskLevel) -> CognitoIDP.AccountTakeoverActionType? {
        switch level {
        case .none: nil
        case .low: actions.lowAction
        case .medium: actions.mediumAction
        case .high: actions.highAction
        }
    }
}

extension ServiceError {
    /// Whether it says that somebody is not who they say, or may not sign in: not that a request makes no sense.
    fileprivate var isFailedSignIn: Bool {
        switch CognitoIDP.Failure(rawValue: code) {
        case .notAuthorizedException, .codeMismatchException, .expiredCodeException, .passwordResetRequiredException,
            .userNotConfirmedException, .userLambdaValidationException:
            // Whatever is tried during a lock-out is not looked at.
            self.message != ServiceError.attemptsExceeded.message
        default: false
        }
    }
}
