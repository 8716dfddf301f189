import CognitoIDPAPI
import Ledger
import Platform
import Wire

// What users have done, and what is said of it.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-adaptive-authentication.html>

extension ServiceModule {
    static let authEventOperations: [any Platform.Operation.Type] = [
        CognitoIDP.AdminListUserAuthEvents.self, CognitoIDP.AdminUpdateAuthEventFeedback.self,
        CognitoIDP.UpdateAuthEventFeedback.self,
    ]
}

extension PoolEntry {
    /// - Throws: UserPoolAddOnNotEnabledException for a pool without threat protection.
    fileprivate func checkThreatProtection() throws(ServiceError) {
        guard threatMode != .off else { throw .noThreatProtection(id) }
    }
}

/// The latest first.
extension CognitoIDP.AdminListUserAuthEvents: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        try pool.checkThreatProtection()
        let user = try records.existingUser(named: input.username, of: pool)
        let limit = input.maxResults.flatMap { $0 > 0 ? min($0, 60) : nil } ?? 60
        let after = input.nextToken
        if let after, UUIDv7.milliseconds(of: after) == nil { throw .invalidParameter("Invalid pagination token.") }
        let found = try records.authEvents(of: user, pool, after: after, limit: limit + 1)
        let page = found.prefix(limit)
        return Output {
            $0.authEvents = page.map { CognitoIDP.AuthEventType($0) }
            $0.nextToken = found.count > limit ? page.last?.id : nil
        }
    }
}

extension CognitoIDP.AuthEventType {
    fileprivate init(_ event: AuthEvent) {
        self.init()
        eventId = event.id
        eventType = event.type.rawValue
        creationDate = Timestamp(secondsSinceEpoch: event.created)
        eventResponse = event.response.rawValue
        eventRisk = CognitoIDP.EventRiskType {
            $0.riskDecision = event.risk.decision.rawValue
            $0.riskLevel = event.risk.level == .none ? nil : event.risk.level.rawValue
            $0.compromisedCredentialsDetected = event.risk.isCompromised ?? false
        }
        challengeResponses = event.challenges.map { challenge in
            CognitoIDP.ChallengeResponseType {
                $0.challengeName = challenge.name.rawValue
                $0.challengeResponse = challenge.isProved ? "Success" : "Failure"
            }
        }
        eventContextData = CognitoIDP.EventContextDataType {
            $0.ipAddress = event.surroundings.address
            $0.deviceName = event.surroundings.deviceName
            $0.timezone = event.surroundings.timezone
        }
        eventFeedback = event.feedback.map { feedback in
            CognitoIDP.EventFeedbackType {
                $0.feedbackValue = feedback.isValid ? "Valid" : "Invalid"
                $0.provider = feedback.provider
                $0.feedbackDate = Timestamp(secondsSinceEpoch: feedback.date)
            }
        }
    }
}

extension CognitoIDP.AdminUpdateAuthEventFeedback: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        try pool.checkThreatProtection()
        let user = try records.existingUser(named: input.username, of: pool)
        try records.judge(
            input.eventId, of: user, pool, isValid: input.feedbackValue == "Valid",
            isOfAdmin: true, at: call.time)
        return Output()
    }
}

/// The token that came by mail proves who asks.
extension CognitoIDP.UpdateAuthEventFeedback: PreparedWriteOperation, OfTheApp {
    public static var secretMembers: Set<String> { ["FeedbackToken"] }

    static func pool(_ input: Input, _ environment: Environment) -> PoolEntry? {
        environment.userPool(input.userPoolId)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {}

    public static func handle(
        _ input: Input, _ prepared: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let pool = call.environment.userPool(input.userPoolId) else { throw .noSuchPool(input.userPoolId) }
        try pool.checkThreatProtection()
        // Whoever has no token learns nothing about users.
        guard let token = FeedbackToken(input.feedbackToken, call.environment, at: call.time),
            token.poolID == pool.id, token.eventID == input.eventId,
            let user = try records.user(named: input.username, of: pool), user.sub == token.sub
        else { throw .notAuthorized("Invalid feedback token") }
        try records.judge(
            input.eventId, of: user, pool, isValid: input.feedbackValue == "Valid", isOfAdmin: false, at: call.time)
        return Output()
    }
}
