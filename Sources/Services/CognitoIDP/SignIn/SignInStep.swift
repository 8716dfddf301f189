import Platform
import Wire

/// What a sign-in has come to.
enum SignInStep: Sendable {
    /// The user has proved who they are; tokens may be issued.
    case done(SignInGrant, newDevice: NewDevice?)
    /// Something is still to be proved.
    /// - Parameter session: nil of USER_SRP_AUTH's, whose `SECRET_BLOCK` is enough.
    case challenge(name: String, parameters: [String: String], session: String?)
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
    /// What the app tells of its user's surroundings, for threat protection: the address, what `EncodedData` has.
    var context: [String: String] = [:]
    /// Administrators tell where their users are; apps may where their client says so.
    var isOfAdmin = false
    /// `Session` of ConfirmSignUp, which has proved what USER_AUTH would ask for.
    var session: String?
}
