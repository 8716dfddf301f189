import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// What a user has done or tried, in a pool with threat protection.
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AuthEventType.html>
struct AuthEvent: TableRow, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolUser::AuthEvent"
    /// It is kept for so many seconds: two years.
    static let memory = 730.0 * 86_400

    enum Kind: String, Codable, Sendable {
        case signIn = "SignIn"
        case signUp = "SignUp"
        case forgotPassword = "ForgotPassword"
        case passwordChange = "PasswordChange"
        case resendCode = "ResendCode"
    }

    enum Response: String, Codable, Sendable {
        case pass = "Pass"
        case fail = "Fail"
        case inProgress = "InProgress"
    }

    /// Something that the user was to prove.
    struct Challenge: Codable, Sendable, Equatable {
        enum Name: String, Codable, Sendable {
            case password = "Password"
            case mfa = "Mfa"
        }

        let name: Name
        let isProved: Bool
    }

    struct Risk: Codable, Sendable, Equatable {
        enum Decision: String, Codable, Sendable {
            case none = "NoRisk"
            case takeover = "AccountTakeover"
            case block = "Block"
        }

        var decision = Decision.none
        var level = RiskLevel.none
        /// Why.
        var reasons: [RiskReason] = []
        /// nil: the password was not looked for.
        var isCompromised: Bool?
    }

    struct Feedback: Codable, Sendable, Equatable {
        let isValid: Bool
        /// `Admin`, or the user's name
        let provider: String
        /// Seconds since 1970.
        let date: Double
    }

    let poolID: String
    let sub: String
    /// The user's name.
    let username: String
    /// A UUID of version 7; `event_id` of the tokens.
    private(set) var id: String
    let clientID: String?
    let type: Kind
    /// Seconds since 1970.
    private(set) var created: Double
    var response: Response
    var risk = Risk()
    var challenges: [Challenge] = []
    let surroundings: Surroundings
    var feedback: Feedback?

    init(
        _ type: Kind, _ response: Response, of user: PoolUser, id: String, client clientID: String?,
        _ surroundings: Surroundings
    ) {
        (poolID, sub, username) = (user.poolID, user.sub, user.username)
        (self.type, self.response, self.id, self.clientID, self.surroundings) =
            (type, response, id, clientID, surroundings)
        created = Double(UUIDv7.milliseconds(of: id) ?? 0) / 1000
    }

    /// The same as another event.
    func again(at time: Double) -> AuthEvent {
        var event = self
        event.id = RequestIDs.make(time: time)
        event.created = time
        return event
    }

    var partition: String { poolID }
    var key: RowKey { Self.key(sub, id) }

    /// The latest come first.
    static func key(_ sub: String, _ id: String) -> RowKey {
        RowKey(.text(sub), .descending(UUIDv7.milliseconds(of: id) ?? 0), .text(id))
    }

    var indexes: [RowIndex] {
        var indexes = [RowIndex("created", RowKey(.number(Int64(clamping: Int(created)))))]
        if type == .signIn, response == .fail, let network = surroundings.network {
            indexes.append(
                RowIndex("failed", RowKey(.text(network), .descending(UUIDv7.milliseconds(of: id) ?? 0))))
        }
        return indexes
    }

    /// Without anything about the user.
    var description: String { "AuthEvent \(id)" }
}

extension RecordReading {
    /// An event of a user's.
    func authEvent(_ id: String, of user: PoolUser, _ pool: PoolEntry) throws(ServiceError) -> AuthEvent? {
        try of(pool.scope).get(AuthEvent.self, AuthEvent.key(user.sub, id), of: pool.id)
    }

    /// The latest events of a user, the latest first.
    func authEvents(
        of user: PoolUser, _ pool: PoolEntry, after id: String? = nil, limit: Int
    ) throws(ServiceError) -> [AuthEvent] {
        let after = id.map { RowRange.Place.key(AuthEvent.key(user.sub, $0)) }
        return try of(pool.scope).list(
            AuthEvent.self, of: pool.id, RowRange(RowPrefix(.text(user.sub)), after: after), limit: limit)
    }

    /// The latest sign-ins from a network that have failed, of whatever users, the latest first.
    func failures(from network: String, _ pool: PoolEntry, limit: Int) throws(ServiceError) -> [AuthEvent] {
        try of(pool.scope).list(
            AuthEvent.self, by: "failed", of: pool.id, RowIndexRange(RowPrefix(.text(network))), limit: limit)
    }
}

extension MutableRecords {
    /// Keeps an event, and has it delivered where the pool's logs go. What has been passed stays so.
    func keep(_ event: AuthEvent, of pool: PoolEntry, requestID: String, at time: Double) throws(ServiceError) {
        let records = of(pool.scope)
        let old = try records.get(AuthEvent.self, event.key, of: pool.id)
        guard old?.response != .pass else { return }
        // Whoever guesses many times within one sign-in has failed many times.
        let event = old?.response == .fail && event.response == .fail ? event.again(at: time) : event
        try records.put(event)
        guard event.response != .inProgress else { return }
        try records.deliver(event, of: pool, requestID: requestID, at: time)
    }

    /// Forgets the events of a user who is deleted. Of more than these the rest is forgotten when its time is over.
    func forgetAuthEvents(of user: PoolUser) throws(ServiceError) {
        let range = RowRange(RowPrefix(.text(user.sub)))
        for event in try list(AuthEvent.self, of: user.poolID, range, limit: 1000) {
            try delete(AuthEvent.self, event.key, of: user.poolID)
        }
    }
}

extension Call {
    /// Keeps an event besides sign-ins, where the pool has threat protection.
    func keepEvent(
        _ type: AuthEvent.Kind, _ response: AuthEvent.Response, of user: PoolUser, _ pool: PoolEntry,
        client clientID: String?, _ surroundings: Surroundings, isCompromised: Bool? = nil
    ) async throws(ServiceError) {
        guard pool.threatMode != .off else { return }
        var event = AuthEvent(
            type, response, of: user, id: RequestIDs.make(time: time), client: clientID, surroundings)
        event.risk.isCompromised = isCompromised
        let (made, requestID, time) = (event, requestID, time)
        try await keep { (records) throws(ServiceError) in
            try records.keep(made, of: pool, requestID: requestID, at: time)
        }
    }
}
