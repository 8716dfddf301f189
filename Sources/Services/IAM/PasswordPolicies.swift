import Directory
import IAMAPI
import Platform
import Wire

// What an account asks of its users' passwords.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>

extension IAM.UpdateAccountPasswordPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    /// The whole policy is replaced: what the request leaves out takes its default.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var policy = AccountPasswordPolicy()
        policy.minimumLength = input.minimumPasswordLength ?? policy.minimumLength
        policy.requiresSymbols = input.requireSymbols ?? false
        policy.requiresNumbers = input.requireNumbers ?? false
        policy.requiresUppercaseCharacters = input.requireUppercaseCharacters ?? false
        policy.requiresLowercaseCharacters = input.requireLowercaseCharacters ?? false
        policy.allowsUsersToChangePassword = input.allowUsersToChangePassword ?? false
        policy.maxAge = input.maxPasswordAge
        policy.reusePrevention = input.passwordReusePrevention
        policy.hardExpiry = input.hardExpiry
        try records.put(policy)
        return Output()
    }
}

extension IAM.GetAccountPasswordPolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let policy = try records.passwordPolicy() else {
            throw .noSuchEntity("The Password Policy with domain name \(call.accountID) cannot be found.")
        }
        return Output(passwordPolicy: IAM.PasswordPolicy(policy))
    }
}

extension IAM.PasswordPolicy {
    init(_ policy: AccountPasswordPolicy) {
        self.init()
        minimumPasswordLength = policy.minimumLength
        requireSymbols = policy.requiresSymbols
        requireNumbers = policy.requiresNumbers
        requireUppercaseCharacters = policy.requiresUppercaseCharacters
        requireLowercaseCharacters = policy.requiresLowercaseCharacters
        allowUsersToChangePassword = policy.allowsUsersToChangePassword
        expirePasswords = policy.maxAge != nil
        maxPasswordAge = policy.maxAge
        passwordReusePrevention = policy.reusePrevention
        hardExpiry = policy.hardExpiry
    }
}

extension IAM.DeleteAccountPasswordPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let policy = try records.passwordPolicy() else {
            throw .noSuchEntity("The account policy with name PasswordPolicy cannot be found.")
        }
        try records.delete(policy)
        return Output()
    }
}

extension RecordReading {
    /// The account's own password policy; nil when AWS's default is in force.
    func passwordPolicy() throws(ServiceError) -> AccountPasswordPolicy? {
        try get(AccountPasswordPolicy.self, AccountPasswordPolicy.id)
    }
}

/// The rules that a new password has to meet.
enum PasswordRules {
    private static let symbols = "!@#$%^&*()_+-=[]{}|'"

    /// - Parameters:
    ///   - policy: nil: AWS's default policy.
    ///   - account: its name and e-mail address can't be passwords under the default policy.
    /// - Throws: PasswordPolicyViolation.
    static func check(
        _ password: String, _ policy: AccountPasswordPolicy?, _ account: Account?
    ) throws(ServiceError) {
        let scalars = password.unicodeScalars
        let classes: [(name: String, isPresent: Bool)] = [
            ("uppercase letter", scalars.contains { ("A"..."Z").contains($0) }),
            ("lowercase letter", scalars.contains { ("a"..."z").contains($0) }),
            ("number", scalars.contains { ("0"..."9").contains($0) }),
            ("symbol", scalars.contains { symbols.unicodeScalars.contains($0) }),
        ]
        let minimumLength = policy?.minimumLength ?? 8
        guard scalars.count >= minimumLength else {
            throw violation("Password should have a minimum length of \(minimumLength)")
        }
        guard let policy else {
            guard classes.count(where: \.isPresent) >= 3 else {
                throw violation(
                    "Password should contain at least three of: uppercase letters, lowercase letters, numbers, symbols "
                        + "(\(symbols))")
            }
            let identifiers = [account?.name, account?.alias, account?.email].compactMap { $0?.lowercased() }
            guard !identifiers.contains(password.lowercased()) else {
                throw violation("Password should not be identical to the account's name or email address")
            }
            return
        }
        let isRequired = [
            policy.requiresUppercaseCharacters, policy.requiresLowercaseCharacters, policy.requiresNumbers,
            policy.requiresSymbols,
        ]
        for (one, isRequired) in zip(classes, isRequired) where isRequired && !one.isPresent {
            throw violation("Password should have at least one \(one.name)")
        }
    }

    /// Whether a password may replace a profile's current one: a policy can forbid the reuse of that and of earlier
    /// ones. The hash must share their salt.
    /// - Throws: PasswordPolicyViolation.
    static func checkReuse(
        _ hash: String, _ profile: Platform.LoginProfile, _ policy: AccountPasswordPolicy?
    ) throws(ServiceError) {
        guard let prevention = policy?.reusePrevention else { return }
        let barred = ([profile.passwordHash] + profile.earlierHashes).prefix(max(0, prevention))
        guard !barred.contains(where: { PasswordHash.areEqual($0, hash) }) else {
            throw violation(
                "Policy constraint violation with password reuse prevention during password change.")
        }
    }

    private static func violation(_ message: String) -> ServiceError {
        IAM.Failure.passwordPolicyViolation(message)
    }
}
