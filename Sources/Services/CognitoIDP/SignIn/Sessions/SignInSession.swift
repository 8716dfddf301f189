import FoundationEssentials
import Keyring
import Ledger
import Platform
import Wire

/// A sign-in that waits for a challenge to be answered. It is sealed, and the app keeps it: `Session`, or `SECRET_BLOCK`.
///
/// Whoever has it can go on with the sign-in, until it expires or has been answered. It is bound to its pool and its app client.
struct SignInSession: Codable, Sendable {
    /// Of this challenge; the session is answered once.
    let id: String
    let poolID: String
    let clientID: String
    /// Seconds since 1970.
    let expires: Double
    var progress: SignInProgress
    var challenge: PendingChallenge

    /// - Parameter end: when it expires, in seconds since 1970; nil: as late as the client allows.
    init(
        _ challenge: PendingChallenge, _ progress: SignInProgress, of client: ClientEntry, at time: Double,
        until end: Double? = nil
    ) {
        id = UUID().uuidString
        poolID = client.pool.id
        clientID = client.id
        expires = end ?? time + Double(client.authSessionSeconds)
        self.progress = progress
        self.challenge = challenge
    }

    /// How it is handed out: what was made as one opens as no other.
    enum Form: String {
        case session
        case secretBlock
        case reference

        /// To which it is filled up, in bytes before it is sealed. The longest of a session's is what may come back.
        fileprivate var lengths: [Int] {
            switch self {
            case .session: [1024, 1488]
            case .secretBlock: [2048, 4096]
            case .reference: []
            }
        }
    }

    /// The longest `Session` that may come back.
    private static let longest = 2048

    private static func context(_ form: Form) -> [UInt8] { Array("gatehouse cognito \(form.rawValue)".utf8) }

    /// Seals it. One that became too long, by what triggers want to know, is kept here, and its place handed out.
    func sealed(_ form: Form, _ call: Call) async throws(ServiceError) -> String {
        // With what threat protection knows, some would be long and others short, and tell whether there is such a user.
        let bytes = try Self.seal(self, form, isLong: progress.evidence != nil, call.environment)
        let text = form == .session ? Base64URL.encode(bytes) : Data(bytes).base64EncodedString()
        guard form == .session, text.utf8.count > Self.longest else { return text }
        let kept = KeptSession(id: id, sealed: text, expires: expires)
        try await call.keep { (records) throws(ServiceError) in try records.shared.put(kept) }
        return Base64URL.encode(try Self.seal(id, .reference, call.environment))
    }

    private static func seal(
        _ value: some Encodable, _ form: Form, isLong: Bool = false, _ environment: Environment
    ) throws(ServiceError) -> [UInt8] {
        do {
            var bytes = Array(try JSONEncoder().encode(value))
            // All are equally long, but for what triggers add: the length would tell whether there is such a user.
            if let length = form.lengths.suffix(isLong ? 1 : 2).first(where: { bytes.count <= $0 }) {
                bytes += Array(repeating: UInt8(ascii: " "), count: length - bytes.count)
            }
            return try environment.sessionTokens.key(for: "cognito-session").seal(
                bytes, authenticating: context(form))
        } catch { throw .internalFailure }
    }

    /// nil for anything but what was sealed in this form. Whether it has expired or was used is for the caller to check.
    static func open(_ text: String, _ form: Form, _ environment: Environment) async throws(ServiceError)
        -> SignInSession?
    {
        if form == .session, let id: String = opened(text, .reference, environment) {
            let kept = try await environment.sharedRow(KeptSession.self, KeptSession.key(id))
            return kept.flatMap { opened($0.sealed, .session, environment) }
        }
        return opened(text, form, environment)
    }

    /// The pool of a session that the app keeps; nil: it is kept here, or none. Nothing is checked but that.
    static func pool(of text: String, _ environment: Environment) -> PoolEntry? {
        let session: SignInSession? = opened(text, .session, environment)
        return session.flatMap { environment.userPool($0.poolID) }
    }

    private static func opened<Value: Decodable>(_ text: String, _ form: Form, _ environment: Environment) -> Value? {
        let sealed = form == .secretBlock ? Base64.decode(text.utf8) : Base64URL.decode(text)
        guard let sealed, let key = try? environment.sessionTokens.key(for: "cognito-session"),
            let bytes = try? key.open(sealed, authenticating: context(form))
        else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }
}

/// A session that has been answered, and can't be again.
struct UsedSession: TableRow {
    static let kind = "AWS::Cognito::UserPoolClient::UsedSession"
    let id: String
    /// Seconds since 1970.
    let expires: Double

    var key: RowKey { Self.key(id) }
    var indexes: [RowIndex] { [RowIndex("expires", RowKey(.number(RequestIDs.milliseconds(expires))))] }

    static func key(_ id: String) -> RowKey { RowKey(.text(id)) }
}

/// A session that is too long to be handed out.
struct KeptSession: TableRow {
    static let kind = "AWS::Cognito::UserPoolClient::Session"
    let id: String
    let sealed: String
    /// Seconds since 1970.
    let expires: Double

    var key: RowKey { Self.key(id) }
    var indexes: [RowIndex] { [RowIndex("expires", RowKey(.number(RequestIDs.milliseconds(expires))))] }

    static func key(_ id: String) -> RowKey { RowKey(.text(id)) }
}

extension MutableRecords {
    /// Takes the answer to a session, once.
    /// - Throws: NotAuthorizedException.
    func use(_ session: SignInSession) throws(ServiceError) {
        guard try shared.put(UsedSession(id: session.id, expires: session.expires), replacing: nil) else {
            throw .usedSession
        }
    }
}

extension ServiceError {
    static var invalidSession: ServiceError { .notAuthorized("Invalid session for the user.") }

    static var expiredSession: ServiceError { .notAuthorized("Invalid session for the user, session is expired.") }

    static var usedSession: ServiceError {
        .notAuthorized("Invalid session for the user, session can only be used once.")
    }
}
