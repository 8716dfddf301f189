import Directory
import IAMAPI
import Platform
import Wire

// Passwords for the console.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html>

extension IAM.LoginProfile {
    init(_ profile: Platform.LoginProfile, userName: String) {
        self.init()
        self.userName = userName
        createDate = Timestamp(secondsSinceEpoch: profile.createDate)
        passwordResetRequired = profile.passwordResetRequired
    }
}

extension RecordReading {
    func loginProfile(of user: Directory.User) throws(ServiceError) -> Platform.LoginProfile {
        guard let profile = try get(LoginProfile.self, user.uniqueID) else {
            throw .noSuchEntity("Login Profile for User \(user.name) cannot be found.")
        }
        return profile
    }

    fileprivate func loginProfile(of owner: PasswordOwner) throws(ServiceError) -> Platform.LoginProfile {
        guard let profile = try get(LoginProfile.self, owner.id) else {
            throw .noSuchEntity("Login Profile for User \(owner.name) cannot be found.")
        }
        return profile
    }

    /// The user that a request names. Without a name it is the caller, but the root user only in a session of
    /// AssumeRoot.
    fileprivate func passwordOwner(_ userName: String?, _ call: Call) throws(ServiceError) -> PasswordOwner {
        switch try Owner(userName, call) {
        case .user(let name):
            let user = try user(name)
            return PasswordOwner(user)
        case .root:
            guard call.caller.session?.taskPolicyARN != nil else {
                throw .noSuchEntity("The user with name root cannot be found.")
            }
            return PasswordOwner(rootOf: call.accountID)
        }
    }
}

extension IAM.CreateLoginProfile: PreparedWriteOperation, OnOwner {
    public static var secretMembers: Set<String> { ["Password"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        if call.caller.session?.taskPolicyARN != nil {
            guard input.userName == nil, input.password == nil else {
                throw .validation("UserName and Password must be omitted in a session of AssumeRoot.")
            }
            // This makes it possible to recover the password: nobody knows this one.
            return try await PasswordHash.make(Identifiers.secretAccessKey(), account: call.accountID)
        }
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
        let owner = try records.passwordOwner(input.userName, call)
        guard try records.get(LoginProfile.self, owner.id) == nil else {
            throw .entityAlreadyExists("Login Profile for user \(owner.name) already exists.")
        }
        let profile = LoginProfile(
            ownerID: owner.id, createDate: call.time, passwordHash: hash,
            passwordResetRequired: input.passwordResetRequired ?? false)
        try records.put(profile)
        return Output(loginProfile: IAM.LoginProfile(profile, userName: owner.name))
    }
}

extension IAM.GetLoginProfile: ReadOperation, OnOwner {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try records.passwordOwner(input.userName, call)
        return Output(loginProfile: IAM.LoginProfile(try records.loginProfile(of: owner), userName: owner.name))
    }
}

extension IAM.UpdateLoginProfile: PreparedWriteOperation, OnUser {
    public static var secretMembers: Set<String> { ["Password"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String? {
        guard let password = input.password else { return nil }
        let (policy, profile) = try await call.read { (records) throws(ServiceError) in
            (try records.passwordPolicy(), try records.loginProfile(of: records.passwordOwner(input.userName, call)))
        }
        try PasswordRules.check(password, policy, call.directory.account(call.accountID))
        return try await PasswordHash.make(
            password, sharingSaltOf: profile.passwordHash, account: call.accountID)
    }

    public static func handle(
        _ input: Input, _ hash: String?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var profile = try records.loginProfile(of: records.passwordOwner(input.userName, call))
        if let hash {
            try PasswordRules.checkReuse(hash, profile, records.passwordPolicy())
            profile.replacePassword(with: hash, at: call.time)
        }
        if let required = input.passwordResetRequired { profile.passwordResetRequired = required }
        try records.put(profile)
        return Output()
    }
}

extension IAM.DeleteLoginProfile: WriteOperation, OnOwner {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.delete(try records.loginProfile(of: records.passwordOwner(input.userName, call)))
        return Output()
    }
}
