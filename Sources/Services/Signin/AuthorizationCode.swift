import Crypto
import FoundationEssentials
import Ledger
import Platform
import Wire

/// A code that a browser takes to a program, which redeems it once.
struct AuthorizationCode: Record, CustomStringConvertible {
    static let kind = "Gatehouse::AuthorizationCode"
    static let keepsHistory = false
    /// In seconds. AWS does not say how long its codes are good; RFC 6749, section 4.1.2, wants ten minutes at most.
    static let lifetime = 600.0

    /// Of the code, its hash.
    let id: String
    let request: AuthorizationRequest
    let login: ConsoleLogin
    /// Seconds since 1970.
    let expires: Double

    /// Without the sessions, so that no log ever shows them.
    var description: String { "AuthorizationCode(\(id))" }
}

/// What a program got for a code: as long as the console's session lasts, it gets new credentials for it.
struct SignInGrant: Record, CustomStringConvertible {
    static let kind = "Gatehouse::SignInGrant"
    static let keepsHistory = false
    /// So many proofs are remembered; more within their time is no client of AWS's.
    static let mostProofs = 100

    /// Of the refresh token, its hash.
    let id: String
    let client: DeveloperTool
    /// The thumbprint of the key that the program has to prove that it has.
    let thumbprint: String
    let login: ConsoleLogin
    /// Seconds since 1970.
    let expires: Double
    /// The proofs that were shown, and until when they would be good otherwise, by the clocks of the world outside.
    private var proofs: [String: Double] = [:]

    init(id: String, client: DeveloperTool, thumbprint: String, login: ConsoleLogin, expires: Double) {
        self.id = id
        self.client = client
        self.thumbprint = thumbprint
        self.login = login
        self.expires = expires
    }

    /// Takes note of a proof.
    /// - Parameters:
    ///   - proof: its id.
    ///   - end: until when it is good, seconds since 1970.
    ///   - now: by the clocks of the world outside, too.
    /// - Throws: ValidationException for one that was shown before; TooManyRequestsError.
    mutating func take(_ proof: String, until end: Double, now: Double) throws(ServiceError) {
        proofs = proofs.filter { $0.value >= now }
        guard proofs[proof] == nil else { throw .invalidRequest("The DPoP proof has been used before.") }
        guard proofs.count < Self.mostProofs else { throw .tooManyRequests }
        proofs[proof] = end
    }

    /// Without the sessions, so that no log ever shows them.
    var description: String { "SignInGrant(\(id))" }
}

/// A code or a refresh token as programs have it: the account that it is of, and random letters. What is kept of it is its hash.
struct SignInTicket: Sendable {
    let text: String
    let account: String

    init(of account: String) {
        self.account = account
        text = "\(account).\(Identifiers.mixed(43))"
    }

    /// nil: it is none.
    init?(_ text: String) {
        let account = text.prefix { $0 != "." }
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.text = text
        self.account = String(account)
    }

    /// The id of its record.
    var id: String { Base64URL.encode(Array(SHA256.hash(data: Data(text.utf8)))) }
}

/// Deletes a code or a grant that nobody can use any more.
struct ForgetSignIn: Job {
    static let kind = "Signin::Forget"
    /// The id of the record.
    let id: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = id
        try await context.finish { (records) throws(ServiceError) in
            if let code = try records.get(AuthorizationCode.self, id) { try records.delete(code) }
            if let grant = try records.get(SignInGrant.self, id) { try records.delete(grant) }
        }
    }
}
