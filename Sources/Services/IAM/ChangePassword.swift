import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Users who change their own passwords.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_enable-user-change.html>

/// The number of guesses that are allowed within this many seconds.
private let guesses = (most: 10, span: 180.0)

extension IAM.ChangePassword: PreparedWriteOperation {
    /// A user needs the permission, unless the account's password policy lets all users change their passwords.
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        guard case .user(let user) = call.caller.identity else { return call.access(on: call.caller.arn) }
        var access = call.need(onUser: user.name)
        let policy = try await call.read { (records) throws(ServiceError) in try records.passwordPolicy() }
        if policy?.allowsUsersToChangePassword == true { access.accountGrants = [mayChangePassword] }
        return .required(access)
    }

    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> (old: String, new: String) {
        guard case .user(let user) = call.caller.identity else {
            throw IAM.Failure.invalidUserType("Only IAM Users can change their own password")
        }
        // The attempt is counted before the password is checked, so that simultaneous guesses all count.
        let (policy, profile) = try await call.keep { (records) throws(ServiceError) in
            let policy = try records.passwordPolicy()
            var profile = try records.loginProfile(of: user)
            try PasswordRules.check(input.newPassword, policy, call.directory.account(call.accountID))
            profile.attempts = profile.attempts.filter { $0 > call.time - guesses.span }
            guard profile.attempts.count < guesses.most else {
                throw ServiceError("Throttling", "Rate exceeded", status: 400)
            }
            profile.attempts.append(call.time)
            try records.put(profile)
            return (policy, profile)
        }
        guard
            try await PasswordHash.verify(input.oldPassword, profile.passwordHash, account: call.accountID)
        else { throw .accessDenied("The old password was incorrect.") }
        let new = try await PasswordHash.make(
            input.newPassword, sharingSaltOf: profile.passwordHash, account: call.accountID)
        try PasswordRules.checkReuse(new, profile, policy)
        return (profile.passwordHash, new)
    }

    public static func handle(
        _ input: Input, _ hashes: (old: String, new: String), _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard case .user(let user) = call.caller.identity else { throw .internalFailure }
        var profile = try records.loginProfile(of: user)
        guard profile.passwordHash == hashes.old else {
            throw IAM.Failure.entityTemporarilyUnmodifiable("The password of user \(user.name) was changed just now.")
        }
        profile.replacePassword(with: hashes.new, at: call.time)
        profile.passwordResetRequired = false
        try records.put(profile)
        return Output()
    }
}

/// What `AllowUsersToChangePassword` allows: a user's own password, as ChangePassword knows no other.
private let mayChangePassword = PolicySet([
    {
        let source = PolicySource(type: .identity, name: "AllowUsersToChangePassword")
        let document = try? PolicyDocument(
            parsing: """
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ChangePassword",
                "Resource":"arn:aws:iam::*:user/*"}]}
                """, as: .identity)
        return document.map { CompiledPolicy($0, source: source) } ?? .denyingEverything(source)
    }()
])
