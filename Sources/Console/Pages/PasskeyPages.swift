import IAMService
import Platform
import WebAuthn
import Wire

/// Registering a passkey for oneself: a key in a computer, a phone or a stick, which counts as an MFA device.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html>
enum PasskeyPages {
    static let routes: [Route] = [
        .get("security-credentials/passkey") { (visit) throws(ServiceError) in try await form(visit, problem: nil) },
        .post("security-credentials/passkey") { (visit) throws(ServiceError) in try await register(visit) },
    ]

    /// What the page has the browser sign, sealed.
    private struct Challenge: Codable {
        let bytes: String
        let ownerID: String
        /// Seconds since 1970.
        let made: Double
    }

    /// How long a challenge is good, in seconds.
    private static let lifetime = 300.0

    /// Whose passkey it becomes: whoever has one signs in with a password.
    private static func owner(_ visit: Visit) throws(ServiceError) -> PasswordOwner {
        switch visit.caller.identity {
        case .root: return PasswordOwner(rootOf: visit.account)
        case .user(let user): return PasswordOwner(user)
        default: throw .validation("Only the root user and IAM users have MFA devices; you act as \(visit.caller.arn).")
        }
    }

    private static func form(_ visit: Visit, problem: String?, status: Int = 200) async throws(ServiceError) -> Reply {
        let owner = try owner(visit)
        var content: [String: Any?] = ["problemText": problem, "typedName": visit.form.text("name")]
        if let site = visit.request.site {
            let factors = visit.console.secondFactors(of: owner, visit.request)
            let challenge = Identifiers.randomBytes(32)
            let alias = visit.environment.directory.account(owner.accountID)?.alias ?? owner.accountID
            let options = factors.creationOptions(
                besides: try await factors.devices(), challenge: challenge, site: site,
                userName: "\(owner.name)@\(alias)")
            content["options"] = String(decoding: options.json, as: UTF8.self)
            content["challenge"] = try visit.console.sealer.seal(
                Challenge(
                    bytes: Base64URL.encode(challenge), ownerID: owner.id, made: visit.environment.now()),
                for: .passkey)
        }
        return visit.page("passkey", "Assign a passkey or security key", content, status: status)
    }

    private static func register(_ visit: Visit) async throws(ServiceError) -> Reply {
        let owner = try owner(visit)
        guard
            let challenge = visit.console.sealer.open(visit.form.text("challenge"), for: .passkey, as: Challenge.self),
            challenge.ownerID == owner.id, challenge.made + lifetime > visit.environment.now(),
            let bytes = Base64URL.decode(challenge.bytes)
        else {
            return try await form(visit, problem: "The page had been open for too long. Please try again.", status: 403)
        }
        let registration = PasskeyRegistration(
            name: visit.form.text("name"), response: Array(visit.form.text("credential").utf8), challenge: bytes,
            origin: visit.request.origin)
        do throws(ServiceError) {
            _ = try await visit.perform(PasskeyRegistration.operation, of: .iam) { (call) throws(ServiceError) in
                try await registration.enable(userName: nil, call)
            }
        } catch {
            guard error.fault == .sender, !visit.problem(error).isDenial else { throw error }
            return try await form(visit, problem: error.message, status: error.status)
        }
        return visit.redirect("security-credentials", done: "The passkey \(registration.name) was registered.")
    }
}
