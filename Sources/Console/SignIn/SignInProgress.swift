import Directory
import IAMService
import Platform

/// How far somebody has come in signing in. It travels, sealed, in a cookie of its own.
struct SignInProgress: Codable, Sendable {
    /// What the forms have to bring along.
    let formKey: String
    /// Seconds since 1970.
    var started: Double
    /// Where to go in the end.
    var target: String
    /// Whose password was right; nil: nobody's yet.
    var person: Person?

    /// Somebody whose password was right.
    struct Person: Codable, Sendable {
        let accountID: String
        /// nil: the root user.
        let userID: String?
        /// Whether another password has to be chosen.
        var mustChangePassword: Bool
        /// The serial number of the device that proved the second factor; nil: none has, yet.
        var device: String?
        /// When it did, seconds since 1970.
        var mfaTime: Double?
        /// What a passkey is to sign; nil: none was asked.
        var challenge: String?
    }

    /// How long there is for it, in seconds.
    static let lifetime = 600.0
    static let cookie = "sign-in"

    init(at time: Double, target: String) {
        formKey = Identifiers.mixed(32)
        started = time
        self.target = target
    }
}

extension Console {
    /// The sign-in that a browser is at; nil: there is none, or it took too long.
    func progress(_ request: WebRequest) -> SignInProgress? {
        guard let sealed = request.cookie(SignInProgress.cookie),
            let progress = sealer.open(sealed, for: .signIn, as: SignInProgress.self),
            progress.started + SignInProgress.lifetime > environment.now()
        else { return nil }
        return progress
    }

    /// Whose password was right; nil: nobody's, or there is no such person any more.
    func owner(_ progress: SignInProgress) -> PasswordOwner? {
        guard let person = progress.person, environment.directory.isActive(account: person.accountID) else {
            return nil
        }
        guard let id = person.userID else { return PasswordOwner(rootOf: person.accountID) }
        guard let user = environment.directory.user(uniqueID: id), user.accountID == person.accountID else {
            return nil
        }
        return PasswordOwner(user)
    }
}

/// The cookie of a browser in which somebody has signed in; see ``SignInThrottle``.
struct KnownDevice: Codable, Sendable {
    /// The unique id of whoever signed in; of a root user the account's number.
    let ownerID: String
    /// When the password was set that was right, seconds since 1970. Guesses are counted for all browsers that know the same.
    let passwordDate: Double

    static let cookie = "device"
    /// A year, in seconds.
    static let lifetime = 365 * 86_400
}
