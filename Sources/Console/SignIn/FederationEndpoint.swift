import Directory
import FoundationEssentials
import Pages
import Platform
import Wire

/// AWS's federation endpoint: programs turn temporary credentials into a link that signs somebody in.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>
enum FederationEndpoint {
    static let path = "/federation"

    /// What a sign-in token holds, sealed.
    private struct SignInToken: Codable {
        let sessionToken: String
        /// Seconds since 1970.
        let made: Double
        /// In seconds; nil: as long as the credentials.
        let duration: Int?
    }

    /// For how many seconds a sign-in token is good.
    private static let lifetime = 900.0

    static func respond(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        let parameters = request.method == "POST" ? request.form : request.query
        switch parameters["Action"]?.lowercased() {
        case "getsignintoken": return try await token(console, request, parameters)
        case "login": return try await logIn(console, request, parameters)
        default: throw .validation("Action must be getSigninToken or login.")
        }
    }

    // MARK: A token

    private struct Credentials: Decodable {
        let sessionId: String
        let sessionKey: String
        let sessionToken: String
    }

    private static func token(
        _ console: Console, _ request: WebRequest, _ parameters: FormFields
    ) async throws(ServiceError) -> Reply {
        let environment = console.environment
        guard let text = parameters["Session"],
            let credentials = try? JSONDecoder().decode(Credentials.self, from: Data(text.utf8)),
            let opened = environment.sessionTokens.open(credentials.sessionToken),
            opened.session.accessKeyID == credentials.sessionId,
            areEqual(opened.session.secretAccessKey, credentials.sessionKey),
            opened.session.expires > environment.now(), let caller = Caller(opened, environment.directory),
            environment.directory.isActive(account: caller.accountID)
        else {
            throw .validation("Session must have the sessionId, sessionKey and sessionToken of temporary credentials.")
        }
        // A session must not be the way to a longer one.
        guard opened.session.isOfConsole != true else {
            throw .validation("The credentials must not be those of a console session.")
        }
        // Those of GetSessionToken are a user's, who signs in with a password.
        guard opened.session.principalKind == .role || opened.session.principalKind == .federatedUser else {
            throw .validation("The credentials must be those of AssumeRole or GetFederationToken.")
        }
        var duration: Int?
        if let wanted = parameters["SessionDuration"] {
            guard let seconds = Int(wanted), (900...43_200).contains(seconds) else {
                throw .validation("SessionDuration must be a number of seconds from 900 to 43200.")
            }
            guard opened.session.principalKind == .role else {
                throw .validation("SessionDuration can't be used with the credentials of GetFederationToken.")
            }
            guard opened.session.isChained != true || seconds <= 3600 else {
                throw .validation("SessionDuration can't be longer than an hour for a role that was assumed by a role.")
            }
            duration = seconds
        }
        let token = SignInToken(sessionToken: credentials.sessionToken, made: environment.now(), duration: duration)
        let sealed = try console.sealer.seal(token, for: .federation)
        try await SignInEvent(
            name: "GetSigninToken", identity: .session(caller), account: caller.accountID,
            details: [(name: "MobileVersion", value: "No"), (name: "MFAUsed", value: "No")]
        ).record(request, environment)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("SigninToken", sealed)
        writer.endObject()
        return .json(writer.bytes)
    }

    /// In a time that does not tell where they differ.
    private static func areEqual(_ a: String, _ b: String) -> Bool {
        guard a.utf8.count == b.utf8.count else { return false }
        return zip(a.utf8, b.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: The link

    private static func logIn(
        _ console: Console, _ request: WebRequest, _ parameters: FormFields
    ) async throws(ServiceError) -> Reply {
        let environment = console.environment
        guard let sealed = parameters["SigninToken"],
            let token = console.sealer.open(sealed, for: .federation, as: SignInToken.self),
            token.made + lifetime > environment.now(),
            let opened = environment.sessionTokens.open(token.sessionToken),
            opened.session.expires > environment.now(), let caller = Caller(opened, environment.directory)
        else {
            return console.message(
                "This link is good for nothing any more",
                "It is older than fifteen minutes, or its credentials have ended. Go back to where you came from for another.",
                status: 403)
        }
        var session = opened.session
        if let duration = token.duration {
            session.expires = environment.now().rounded(.down) + Double(duration)
        }
        session.isOfConsole = true
        let target = destination(parameters["Destination"], console)
        return try console.welcome(session, caller, target: target)
    }

    /// Where on this server the link leads: programs name pages of AWS's, or of this server's with its address.
    private static func destination(_ text: String?, _ console: Console) -> String {
        guard let text else { return Console.root }
        let own = text.hasPrefix(console.address) ? String(text.dropFirst(console.address.count)) : text
        return Reply.isLocal(own) ? own : Console.root
    }
}
