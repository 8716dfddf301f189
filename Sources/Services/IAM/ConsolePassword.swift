public import Directory
public import IAMAPI
import Ledger
public import Platform
public import Wire

/// Who signs in to the console with a password: the root user of an account, or an IAM user.
public struct PasswordOwner: Sendable, Equatable {
    /// Twelve digits.
    public let accountID: String
    /// The user's unique id; for the root user the account's number.
    public let id: String
    /// `arn:aws:iam::111122223333:user/ann`
    public let arn: String
    /// nil: the root user.
    public let userName: String?

    /// The root user of an account.
    public init(rootOf accountID: String) {
        self.accountID = accountID
        id = accountID
        arn = "arn:aws:iam::\(accountID):root"
        userName = nil
    }

    /// An IAM user.
    public init(_ user: User) {
        accountID = user.accountID
        id = user.uniqueID
        arn = user.arn
        userName = user.name
    }

    /// What errors call it.
    public var name: String { userName ?? "root" }
}

/// Passwords as the console's sign-in needs them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords.html>
public enum ConsolePassword {
    /// What is to be done once a password has proved right.
    public enum State: Sendable, Equatable {
        /// Nothing.
        case valid
        /// It has to be replaced before anything else: an administrator asks for that, or it has expired.
        case mustChange
        /// It has expired, and only an administrator can set another.
        case expiredForGood
    }

    /// Whether a password is right, and then what is to be done; nil: it is wrong, or nobody has one.
    ///
    /// For somebody who does not exist it takes as long as for somebody who does.
    /// - Throws: Throttling when too many passwords are being checked.
    public static func check(
        _ password: String, of owner: PasswordOwner?, _ environment: Environment
    ) async throws(ServiceError) -> State? {
        var found: (profile: Platform.LoginProfile, policy: AccountPasswordPolicy?)?
        if let owner {
            found = try await environment.read(Scope(account: owner.accountID)) { (records) throws(ServiceError) in
                guard let profile = try records.get(LoginProfile.self, owner.id) else { return nil }
                return (profile, try records.passwordPolicy())
            }
        }
        // The hash of nobody's password costs what any other does.
        let hash = found?.profile.passwordHash ?? nobodys
        let isRight = try await PasswordHash.verify(password, hash, account: PasswordHash.signIn)
        guard let found, isRight else { return nil }
        let expiry = found.policy?.expiry(ofPasswordSetAt: found.profile.passwordDate)
        if let expiry, expiry <= environment.now() {
            return found.policy?.hardExpiry == true ? .expiredForGood : .mustChange
        }
        return found.profile.passwordResetRequired ? .mustChange : .valid
    }

    /// Sets the root user's password: whoever calls this has seen a proof that it may.
    /// - Parameter generation: when the password was set that it replaces; nil: there is none.
    /// - Throws: PasswordPolicyViolation; EntityTemporarilyUnmodifiable when another was set meanwhile.
    public static func setRootPassword(
        _ password: String, of accountID: String, replacing generation: Double?, _ environment: Environment,
        requestID: String
    ) async throws(ServiceError) {
        guard password.utf8.count <= 128 else { throw .validation("A password has 128 characters at most.") }
        try PasswordRules.check(password, nil, environment.directory.account(accountID))
        let hash = try await PasswordHash.make(password, account: accountID)
        let now = environment.now()
        try await environment.write(Scope(account: accountID), requestID: requestID) {
            (records) throws(ServiceError) in
            let present = try records.get(LoginProfile.self, accountID)
            guard present?.passwordDate == generation else {
                throw IAM.Failure.entityTemporarilyUnmodifiable("The password was changed just now.")
            }
            var profile =
                present
                ?? LoginProfile(ownerID: accountID, createDate: now, passwordHash: hash, passwordResetRequired: false)
            profile.replacePassword(with: hash, at: now)
            profile.passwordResetRequired = false
            try records.put(profile)
        }
    }

    /// What a link for a forgotten password is good for: the password that there is now. nil: there is none.
    public static func generation(of owner: PasswordOwner, _ environment: Environment) async throws(ServiceError)
        -> Double?
    {
        try await environment.read(Scope(account: owner.accountID)) { (records) throws(ServiceError) in
            try records.get(LoginProfile.self, owner.id)?.passwordDate
        }
    }

    /// Whether the root user of an account may set a password that it has forgotten, or never had. Not so where the
    /// organization has taken root users' credentials away, until it allows it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-access-management.html>
    public static func mayRecover(rootOf accountID: String, _ environment: Environment) async throws(ServiceError)
        -> Bool
    {
        guard let account = environment.directory.account(accountID), account.isActive else { return false }
        guard let organization = environment.directory.organization(ofAccount: accountID),
            organization.managementAccountID != accountID,
            organization.iamFeatures.contains("RootCredentialsManagement")
        else { return true }
        return try await generation(of: PasswordOwner(rootOf: accountID), environment) != nil
    }

    /// What an account asks of its users' passwords; nil: AWS's default policy is in force, as it always is for root users.
    public static func policy(
        for owner: PasswordOwner, _ environment: Environment
    ) async throws(ServiceError) -> IAM.PasswordPolicy? {
        guard owner.userName != nil else { return nil }
        return try await environment.read(Scope(account: owner.accountID)) { (records) throws(ServiceError) in
            try records.passwordPolicy().map { IAM.PasswordPolicy($0) }
        }
    }

    /// Of a password that nobody knows, with the cost that all others have.
    private static let nobodys =
        "scrypt$32768$8$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
}
