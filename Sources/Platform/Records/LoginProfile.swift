public import Directory
public import Ledger

/// A user's password for the console.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_LoginProfile.html>
public struct LoginProfile: Record, CustomStringConvertible {
    public static let kind = "AWS::IAM::LoginProfile"
    /// Every guess changes the record, and old passwords are better forgotten.
    public static let keepsHistory = false
    /// The longest memory that a password policy can ask for.
    static let mostEarlierHashes = 24

    /// The unique id of the user whose password it is.
    public let ownerID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// What `PasswordHash` made of the password: algorithm, cost, salt and hash.
    public private(set) var passwordHash: String
    /// When the password was set, seconds since 1970: from then on it ages.
    public private(set) var passwordDate: Double
    /// The hashes of the passwords before, latest first.
    public private(set) var earlierHashes: [String] = []
    /// Whether the user must choose another password when it next signs in.
    public var passwordResetRequired: Bool
    /// The times of recent guesses of the current password, in seconds since 1970: guesses are throttled.
    public var attempts: [Double] = []

    /// Makes one with a first password, of which there is nothing but what `PasswordHash` made of it.
    public init(ownerID: String, createDate: Double, passwordHash: String, passwordResetRequired: Bool) {
        self.ownerID = ownerID
        self.createDate = createDate
        self.passwordHash = passwordHash
        self.passwordResetRequired = passwordResetRequired
        passwordDate = createDate
    }

    /// Records of the first version have no earlier passwords.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            ownerID: try values.decode(String.self, forKey: .ownerID),
            createDate: try values.decode(Double.self, forKey: .createDate),
            passwordHash: try values.decode(String.self, forKey: .passwordHash),
            passwordResetRequired: try values.decode(Bool.self, forKey: .passwordResetRequired))
        passwordDate = try values.decodeIfPresent(Double.self, forKey: .passwordDate) ?? createDate
        earlierHashes = try values.decodeIfPresent([String].self, forKey: .earlierHashes) ?? []
        attempts = try values.decodeIfPresent([Double].self, forKey: .attempts) ?? []
    }

    public var id: String { ownerID }

    public var requirements: [Requirement] { [.owner(ownerID)] }

    public var references: [Reference] { [Reference(Relation.owner, to: ownerID)] }

    /// Sets another password, and remembers the one before.
    public mutating func replacePassword(with hash: String, at time: Double) {
        earlierHashes = Array(([passwordHash] + earlierHashes).prefix(Self.mostEarlierHashes))
        passwordHash = hash
        passwordDate = time
        attempts = []
    }

    /// Without the hashes, so that no log ever shows them.
    public var description: String { "LoginProfile(\(ownerID))" }
}
