import Directory
import IAMAPI
import Platform
import Wire

// Passwords for the console.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html>

extension IAM.LoginProfile {
    init(_ profile: Directory.LoginProfile, userName: String) {
        self.init()
        self.userName = userName
        createDate = Timestamp(secondsSinceEpoch: profile.createDate)
        passwordResetRequired = profile.passwordResetRequired
    }
}

extension RecordReading {
    func loginProfile(of user: Directory.User) throws(ServiceError) -> Directory.LoginProfile {
        guard let profile = try get(LoginProfile.self, user.uniqueID) else {
            throw .noSuchEntity("Login Profile for User \(user.name) cannot be found.")
        }
        return profile
    }
}

extension IAM.CreateLoginProfile: PreparedWriteOperation {
    public static var secretMembers: Set<String> { ["Password"] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        guard let password = input.password else {
            throw .validation("A password is needed to create a login profile.")
        }
        let policy = try await call.read { (records) throws(ServiceError) in try records.passwordPolicy() }
        try PasswordRules.check(password, policy, call.directory.account(call.accountID))
        return try await PasswordHash.make(password, account: call.accountID)
    }

    public static func handle(
        _ input: Input, _ hash: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard case .user(let name) = try Owner(input.userName, call) else {
            throw .noSuchEntity("The user with name root cannot be found.")
        }
        let user = try records.user(name)
        guard try records.get(LoginProfile.self, user.uniqueID) == nil else {
            throw .entityAlreadyExists("Login Profile for user \(user.name) already exists.")
        }
        let profile = LoginProfile(
            ownerID: user.uniqueID, createDate: call.time, passwordHash: hash,
            passwordResetRequired: input.passwordResetRequired ?? false)
        try records.put(profile)
        var output = Output()
        output.loginProfile = IAM.LoginProfile(profile, userName: user.name)
        return output
    }
}

extension IAM.GetLoginProfile: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard case .user(let name) = try Owner(input.userName, call) else {
            throw .noSuchEntity("The user with name root cannot be found.")
        }
        let user = try records.user(name)
        var output = Output()
        output.loginProfile = IAM.LoginProfile(try records.loginProfile(of: user), userName: user.name)
        return output
    }
}

extension IAM.UpdateLoginProfile: PreparedWriteOperation {
    public static var secretMembers: Set<String> { ["Password"] }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String? {
        guard let password = input.password else { return nil }
        let (policy, profile) = try await call.read { (records) throws(ServiceError) in
            (try records.passwordPolicy(), try records.loginProfile(of: records.user(input.userName)))
        }
        try PasswordRules.check(password, policy, call.directory.account(call.accountID))
        return try await PasswordHash.make(
            password, sharingSaltOf: profile.passwordHash, account: call.accountID)
    }

    public static func handle(
        _ input: Input, _ hash: String?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var profile = try records.loginProfile(of: records.user(input.userName))
        if let hash {
            try PasswordRules.checkReuse(hash, profile, records.passwordPolicy())
            profile.replacePassword(with: hash, at: call.time)
        }
        if let required = input.passwordResetRequired { profile.passwordResetRequired = required }
        try records.put(profile)
        return Output()
    }
}

extension IAM.DeleteLoginProfile: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard case .user(let name) = try Owner(input.userName, call) else {
            throw .noSuchEntity("The user with name root cannot be found.")
        }
        try records.delete(try records.loginProfile(of: records.user(name)))
        return Output()
    }
}
