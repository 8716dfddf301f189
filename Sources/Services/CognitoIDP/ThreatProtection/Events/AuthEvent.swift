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
    /// Whether it failed by a proof that was wrong, and counts as a guess: not for what is refused without one.
    var isGuess = false

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
        guard type == .signIn else { return indexes }
        let latestFirst = RowKey.Part.descending(UUIDv7.milliseconds(of: id) ?? 0)
        if response == .pass { indexes.append(RowIndex(Self.passed, RowKey(.text(sub), latestFirst))) }
        if feedback != nil { indexes.append(RowIndex(Self.judged, RowKey(.text(sub), latestFirst))) }
        if response == .fail, isGuess {
            indexes.append(RowIndex(Self.guesses, RowKey(.text(sub), latestFirst)))
            if let network = surroundings.network {
                indexes.append(RowIndex(Self.guessesNearby, RowKey(.text(network), latestFirst)))
            }
        }
        return indexes
    }

    // Each kind by itself, so that no number of others hides what matters.
    fileprivate static let passed = "passed"
    fileprivate static let judged = "judged"
    fileprivate static let guesses = "guesses"
    fileprivate static let guessesNearby = "guesses-nearby"

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

    /// What the risk of a sign-in is rated by.
    /// - Parameter network: the one that it comes from.
    func signInHistory(of user: PoolUser, _ pool: PoolEntry, near network: String?) throws(ServiceError)
        -> SignInHistory
    {
        let records = of(pool.scope)
        func list(_ index: String, _ value: String, _ limit: Int) throws(ServiceError) -> [AuthEvent] {
            try records.list(
                AuthEvent.self, by: index, of: pool.id, RowIndexRange(RowPrefix(.text(value))), limit: limit)
        }
        var history = SignInHistory()
        history.passed = try list(AuthEvent.passed, user.sub, 50)
        history.guesses = try list(AuthEvent.guesses, user.sub, 50)
        history.judged = try list(AuthEvent.judged, user.sub, 50)
        if let network { history.guessesNearby = try list(AuthEvent.guessesNearby, network, 256) }
        return history
    }

    /// Whether a refusal like this one was kept within the hour: whoever asks again and again fills no history. Nor does who asks
    /// from many places.
    fileprivate func hasLike(_ event: AuthEvent) throws(ServiceError) -> Bool {
        let most = 100
        let recent = try list(AuthEvent.self, of: event.poolID, RowRange(RowPrefix(.text(event.sub))), limit: most)
            .prefix { event.created - $0.created < 3600 }
        return recent.count == most
            || recent.contains { old in
                old.type == event.type && old.response == event.response && !old.isGuess && old.risk == event.risk
                    && old.challenges == event.challenges && old.surroundings.network == event.surroundings.network
            }
    }
}

extension MutableRecords {
    /// Keeps an event, and has it delivered where the pool's logs go. What has been passed stays so.
    func keep(_ event: AuthEvent, of pool: PoolEntry, requestID: String, at time: Double) throws(ServiceError) {
        let records = of(pool.scope)
        let old = try records.get(AuthEvent.self, event.key, of: pool.id)
        guard old?.response != .pass else { return }
        var event = event
        if event.response == .fail {
            if event.isGuess {
                // Whoever guesses many times within one sign-in has failed many times.
                if old?.response == .fail { event = event.again(at: time) }
            } else if event.type == .signIn {
                guard old?.response != .fail else { return }
                // What a right password did not help is never left out, nor the end of what is in the history.
                let isWarning = event.risk.decision == .block && event.risk.reasons != [.blockedRange]
                if !isWarning, old == nil, try records.hasLike(event) { return }
            }
        }
        try records.put(event)
        guard event.response != .inProgress else { return }
        try records.deliver(event, of: pool, requestID: requestID, at: time)
    }

    /// Forgets the events of a user who is deleted: many of them by and by.
    func forgetAuthEvents(of user: PoolUser, at time: Double) throws(ServiceError) {
        let job = ForgetAuthEvents(poolID: user.poolID, sub: user.sub)
        guard try !job.forget(self) else { return }
        try schedule(job, id: user.sub, at: time)
    }
}

/// Forgets what a user has done who is gone, some at a time.
struct ForgetAuthEvents: Job {
    static let kind = "CognitoIDP::ForgetAuthEvents"
    private static let most = 500

    let poolID: String
    let sub: String

    func run(_ context: JobContext) async throws(ServiceError) {
        while try await !context.environment.write(
            context.scope, requestID: "", { (records) throws(ServiceError) in try forget(records) })
        { await Task.yield() }
        try await context.finish { _ in }
    }

    /// - Returns: whether these were the last.
    func forget(_ records: MutableRecords) throws(ServiceError) -> Bool {
        let events = try records.list(AuthEvent.self, of: poolID, RowRange(RowPrefix(.text(sub))), limit: Self.most)
        for event in events { try records.delete(AuthEvent.self, event.key, of: poolID) }
        return events.count < Self.most
    }
}

extension Call {
    /// An event besides sign-ins; nil: the pool has no threat protection.
    func event(
        _ type: AuthEvent.Kind, _ response: AuthEvent.Response, of user: PoolUser, _ pool: PoolEntry,
        client clientID: String?, _ surroundings: Surroundings, isCompromised: Bool? = nil
    ) -> AuthEvent? {
        guard pool.threatMode != .off else { return nil }
        var event = AuthEvent(
            type, response, of: user, id: RequestIDs.make(time: time), client: clientID, surroundings)
        event.risk.isCompromised = isCompromised
        return event
    }

    /// Keeps an event besides sign-ins, where the pool has threat protection.
    func keepEvent(
        _ type: AuthEvent.Kind, _ response: AuthEvent.Response, of user: PoolUser, _ pool: PoolEntry,
        client clientID: String?, _ surroundings: Surroundings, isCompromised: Bool? = nil
    ) async throws(ServiceError) {
        let made = event(
            type, response, of: user, pool, client: clientID, surroundings, isCompromised: isCompromised)
        guard let made else { return }
        try await keep { (records) throws(ServiceError) in try records.keep(made, of: pool, self) }
    }
}

extension MutableRecords {
    /// Keeps an event of a call.
    func keep(_ event: AuthEvent, of pool: PoolEntry, _ call: Call) throws(ServiceError) {
        try keep(event, of: pool, requestID: call.requestID, at: call.time)
    }
}
