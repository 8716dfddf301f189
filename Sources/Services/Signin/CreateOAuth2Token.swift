import Crypto
import FoundationEssentials
import OIDC
import Platform
import SigninAPI
import Wire

/// Gives a program credentials for a code, and new ones for the refresh token that it got with them.
/// <https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_CreateOAuth2Token.html>
extension Signin.CreateOAuth2Token: PreparedWriteOperation, FederatedOperation {
    /// Of the credentials, in seconds.
    private static let lifetime = 900.0

    public static var secretMembers: Set<String> { ["code", "codeVerifier", "idToken", "refreshToken", "accessToken"] }

    public static func account(_ input: Input) -> String? { try? TicketKind(input).ticket.account }

    public static func identify(_ input: Input, _ call: Call) async throws(ServiceError) -> Caller {
        let body = input.tokenInput
        let proof = try await call.proof()
        switch try TicketKind(input) {
        case .code(let ticket):
            let code = try await call.read { (records) throws(ServiceError) in
                try records.global.get(AuthorizationCode.self, ticket.id)
            }
            guard let code, code.expires > call.time else { throw .codeExpired }
            guard code.request.client.rawValue == body.clientId else {
                throw .invalidRequest("The authorization code was given to another client.")
            }
            guard code.request.redirectURI == body.redirectUri else {
                throw .invalidRequest("redirectUri is not the one of the authorization request.")
            }
            guard let verifier = body.codeVerifier, isVerifier(verifier, of: code.request.codeChallenge) else {
                throw .invalidRequest("codeVerifier is not the one of the authorization request.")
            }
            return try await code.login.caller(call)
        case .refreshToken(let ticket):
            let grant = try await call.read { (records) throws(ServiceError) in
                try records.global.get(SignInGrant.self, ticket.id)
            }
            guard let grant, grant.expires > call.time else { throw .tokenExpired }
            guard grant.client.rawValue == body.clientId else {
                throw .invalidRequest("The refresh token was given to another client.")
            }
            guard grant.thumbprint == proof.thumbprint else {
                throw .invalidRequest("The DPoP proof is of another key than the refresh token.")
            }
            return try await grant.login.caller(call)
        }
    }

    /// PKCE by the method S256 (RFC 7636, section 4.6), which AWS calls SHA-256.
    static func isVerifier(_ verifier: String, of challenge: String) -> Bool {
        Base64URL.encode(Array(SHA256.hash(data: Data(verifier.utf8)))) == challenge
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let client = DeveloperTool(rawValue: input.tokenInput.clientId) else {
            throw .invalidRequest("clientId is not valid.")
        }
        var access = Access("signin:CreateOAuth2Token", on: client.resource(call))
        access.denial = ServiceError.insufficientPermissions
        return .required(access)
    }

    public struct Preparation: Sendable {
        let proof: DPoPProof
        /// nil: nothing new is to be said of the person.
        let idToken: String?
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let proof = try await call.proof()
        guard case .code = try TicketKind(input) else { return Preparation(proof: proof, idToken: nil) }
        let token = try await SignInIssuer.idToken(audience: input.tokenInput.clientId, call)
        return Preparation(proof: proof, idToken: token)
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let proof = preparation.proof
        var grant: SignInGrant
        let token: String
        switch try TicketKind(input) {
        case .code(let ticket):
            // Somebody else may have been quicker.
            guard let code = try records.global.get(AuthorizationCode.self, ticket.id),
                let end = code.login.expires(call.environment), end > call.time
            else { throw .codeExpired }
            try records.global.delete(code)
            try records.global.cancel(ForgetSignIn.self, id: code.id)
            let refresh = SignInTicket(of: call.accountID)
            grant = SignInGrant(
                id: refresh.id, client: code.request.client, thumbprint: proof.thumbprint, login: code.login,
                expires: end)
            try records.global.schedule(ForgetSignIn(id: grant.id), id: grant.id, at: end)
            token = refresh.text
        case .refreshToken(let ticket):
            guard let known = try records.global.get(SignInGrant.self, ticket.id) else { throw .tokenExpired }
            grant = known
            token = ticket.text
        }
        try grant.take(proof.id, until: proof.issued + DPoPProof.leeway, now: call.clientTime)
        try records.global.put(grant)
        let session = try session(until: grant.expires, call)
        let sealed = try call.environment.sessionTokens.seal(session)
        return Output(
            tokenOutput: Signin.CreateOAuth2TokenResponseBody {
                $0.accessToken = Signin.AccessToken {
                    $0.accessKeyId = session.accessKeyID
                    $0.secretAccessKey = session.secretAccessKey
                    $0.sessionToken = sealed
                }
                $0.tokenType = "aws_sigv4"
                $0.expiresIn = Int(max(1, min(session.expires - call.time, lifetime)).rounded(.down))
                $0.refreshToken = token
                $0.idToken = preparation.idToken
            })
    }

    /// The person's session once more, with other keys. It was issued when the person signed in: what is denied to sessions that
    /// are older than a time stays denied to those that are made of them.
    private static func session(until end: Double, _ call: Call) throws(ServiceError) -> Session {
        guard var session = call.caller.session else { throw .internalFailure }
        session.accessKeyID = Identifiers.accessKeyID(temporary: true)
        session.secretAccessKey = Identifiers.secretAccessKey()
        session.expires = min(call.time.rounded(.down) + lifetime, end)
        return session
    }
}

/// What a program shows to get credentials.
private enum TicketKind {
    case code(SignInTicket)
    case refreshToken(SignInTicket)

    /// - Throws: ValidationException for an input without what its grant type needs.
    init(_ input: Signin.CreateOAuth2TokenRequest) throws(ServiceError) {
        let body = input.tokenInput
        switch body.grantType {
        case "authorization_code":
            guard let code = body.code else { throw .invalidRequest("code is required.") }
            guard let ticket = SignInTicket(code) else { throw .codeExpired }
            self = .code(ticket)
        case "refresh_token":
            guard let token = body.refreshToken else { throw .invalidRequest("refreshToken is required.") }
            guard let ticket = SignInTicket(token) else { throw .tokenExpired }
            self = .refreshToken(ticket)
        default: throw .invalidRequest("grantType is not valid.")
        }
    }

    var ticket: SignInTicket {
        switch self {
        case .code(let ticket), .refreshToken(let ticket): ticket
        }
    }
}

extension Call {
    /// The key that the program has proved to have.
    /// - Throws: ValidationException.
    fileprivate func proof() async throws(ServiceError) -> DPoPProof {
        guard let text = source.proof else { throw .invalidRequest("The DPoP header is missing.") }
        let own = environment.publicAddress.url
        let authorities = [source.host ?? "", own.firstRange(of: "://").map { String(own[$0.upperBound...]) } ?? ""]
        let request = DPoPProof.Request(
            method: "POST", authorities: authorities.filter { !$0.isEmpty }, path: "/v1/token",
            isEncrypted: source.tls != nil)
        do throws(DPoPError) {
            return try await DPoPProof.verify(text, for: request, now: clientTime)
        } catch {
            throw .invalidRequest("The DPoP proof is not valid: " + error.text)
        }
    }
}

extension DPoPError {
    fileprivate var text: String {
        switch self {
        case .malformed: "it can't be read."
        case .wrongType: "its type is not dpop+jwt."
        case .unsupportedKey: "its key must be one of P-256, and its algorithm ES256."
        case .wrongSignature: "its signature is wrong."
        case .otherRequest: "it is for another request."
        case .outdated: "its time is too far from the server's."
        }
    }
}
