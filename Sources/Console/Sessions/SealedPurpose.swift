/// What something is for that the console has sealed.
enum SealedPurpose: String, Sendable {
    /// Who is signed in.
    case session
    /// How far a sign-in has come.
    case signIn
    /// A browser in which somebody has signed in before.
    case device
    /// The roles that were switched to lately.
    case roles
    /// What the next page is to tell.
    case notice
    /// The link in a mail for a forgotten password.
    case recovery
    /// What a new passkey is to sign.
    case passkey
    /// Somebody who is on the way in.
    case entry
    /// A token of the federation endpoint's.
    case federation
    /// What a program asks to be allowed, while its page is shown.
    case authorization
}
