import CognitoIDPAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

/// What lets a user say, of one event, whether it was theirs: it comes with the mail about it.
struct FeedbackToken: Codable, Sendable {
    let poolID: String
    /// ``PoolUser/name``
    let user: String
    let sub: String
    let eventID: String
    /// Seconds since 1970.
    let expires: Double

    /// It is good for so many seconds: a week. AWS names no time.
    static let life = 7.0 * 86_400

    private static let context = Array("gatehouse cognito event feedback".utf8)
    private static let purpose = "cognito-event-feedback"

    func sealed(_ environment: Environment) throws(ServiceError) -> String {
        do {
            let bytes = Array(try JSONEncoder().encode(self))
            return Base64URL.encode(
                try environment.sessionTokens.key(for: Self.purpose).seal(bytes, authenticating: Self.context))
        } catch { throw .internalFailure }
    }

    /// nil: it is none, or has expired.
    init?(_ text: String, _ environment: Environment, at time: Double) {
        guard let sealed = Base64URL.decode(text),
            let bytes = try? environment.sessionTokens.key(for: Self.purpose)
                .open(sealed, authenticating: Self.context),
            let token = try? JSONDecoder().decode(Self.self, from: Data(bytes)), time < token.expires
        else { return nil }
        self = token
    }

    init(poolID: String, user: String, sub: String, eventID: String, expires: Double) {
        (self.poolID, self.user, self.sub, self.eventID, self.expires) = (poolID, user, sub, eventID, expires)
    }
}

extension MutableRecords {
    /// Keeps what somebody says of an event of a user's.
    /// - Parameter isOfAdmin: whether an administrator says it, and not the user.
    /// - Throws: InvalidParameterException where there is no such event; NotAuthorizedException for a user of whose event something
    ///   was said before.
    func judge(
        _ eventID: String, of user: PoolUser, _ pool: PoolEntry, isValid: Bool, isOfAdmin: Bool, at time: Double
    ) throws(ServiceError) {
        guard var event = try authEvent(eventID, of: user, pool) else {
            throw .invalidParameter("Event \(eventID) does not exist.")
        }
        // A link that was followed once is of no more use to whoever finds the mail, and overrules no administrator.
        guard isOfAdmin || event.feedback == nil else {
            throw .notAuthorized("Invalid feedback token")
        }
        event.feedback = AuthEvent.Feedback(
            isValid: isValid, provider: isOfAdmin ? "Admin" : user.username, date: time)
        try of(pool.scope).put(event)
    }
}

extension PublicPath {
    /// Where the links of mails about risky sign-ins lead: `/POOL/auth-events/TOKEN/valid`. Programs that look at mail open all
    /// links: so nothing happens before the button of the page is pressed.
    static let eventFeedback = [
        PublicPath("GET", where: FeedbackPath.isOne) { request, environment in
            (FeedbackPath(request.path)?.question(environment) ?? .unknown).response
        },
        PublicPath("POST", where: FeedbackPath.isOne) { request, environment in
            guard let path = FeedbackPath(request.path), let token = path.opened(environment),
                let pool = environment.userPool(token.poolID)
            else { return FeedbackPage.unknown.response }
            let time = environment.now()
            do throws(ServiceError) {
                try await environment.write(pool.scope, requestID: "") { (records) throws(ServiceError) in
                    guard let user = try records.get(PoolUser.self, PoolUser.key(token.user), of: pool.id),
                        user.sub == token.sub
                    else { throw .noSuchUser }
                    try records.judge(
                        token.eventID, of: user, pool, isValid: path.isValid, isOfAdmin: false, at: time)
                }
                return FeedbackPage.thanks.response
            } catch {
                return FeedbackPage.unknown.response
            }
        },
    ]
}

/// `/us-east-1_AbCdEfGhI/auth-events/TOKEN/valid`
private struct FeedbackPath {
    let poolID: String
    let token: String
    let isValid: Bool

    static func isOne(_ path: String) -> Bool { FeedbackPath(path) != nil }

    /// nil: it is the path of something else. No bucket's name has an underscore.
    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0].isEmpty, parts[1].contains("_"), parts[1].contains("-"),
            parts[2] == "auth-events", ["valid", "invalid"].contains(parts[4])
        else { return nil }
        (poolID, token, isValid) = (parts[1], parts[3], parts[4] == "valid")
    }

    func opened(_ environment: Environment) -> FeedbackToken? {
        let opened = FeedbackToken(token, environment, at: environment.now())
        return opened?.poolID == poolID ? opened : nil
    }

    func question(_ environment: Environment) -> FeedbackPage? {
        opened(environment).map { _ in .question(isValid: isValid) }
    }
}
