import Platform
import Wire

/// What a sign-in has come to.
enum SignInStep: Sendable {
    /// The user has proved who they are; tokens may be issued.
    case done(SignInGrant, newDevice: NewDevice?)
    /// Something is still to be proved.
    case challenge(name: String, parameters: [String: String], session: String)
    /// What USER_AUTH can be gone on with.
    case choice([String], session: String)

    /// A device that the user has not signed in on before, where the pool remembers devices.
    struct NewDevice: Sendable {
        let key: String
        let groupKey: String
    }
}

/// A sign-in as it is asked for: by the API's operations, or by a page.
struct SignInRequest: Sendable {
    /// `USER_SRP_AUTH`, `USER_PASSWORD_AUTH`, `ADMIN_USER_PASSWORD_AUTH`, `CUSTOM_AUTH`, `USER_AUTH`
    let flow: String
    let client: ClientEntry
    let parameters: [String: String]
    var clientMetadata: [String: String] = [:]
    /// Whether an administrator asks.
    var isOfAdmin = false
    /// What the app tells of its user's surroundings, for threat protection: the address, what `EncodedData` has.
    var context: [String: String] = [:]
}

extension Call {
    /// Begins a sign-in.
    func beginSignIn(_ request: SignInRequest) async throws(ServiceError) -> SignInStep {
        throw .notImplemented("sign-in")
    }

    /// Goes on with one: answers a challenge.
    /// - Parameters:
    ///   - challenge: its name.
    ///   - session: what came with it.
    ///   - responses: `ChallengeResponses`.
    func answerChallenge(
        _ challenge: String, session: String?, responses: [String: String], client: ClientEntry,
        clientMetadata: [String: String], isOfAdmin: Bool
    ) async throws(ServiceError) -> SignInStep { throw .notImplemented("sign-in") }
}
