import Wire

/// What detectors remember of an account.
public struct AccountMemory: Sendable, Codable, Equatable {
    var profile: Profile
    /// The password policy as it was last set; nil: it was never seen.
    var passwordPolicy: PasswordPolicy?

    /// - Parameter time: when detection began, in seconds since 1970.
    public init(began time: Double) { profile = Profile(at: hours(time)) }
}

/// What detectors remember of one caller.
public struct ActorMemory: Sendable, Codable, Equatable {
    /// A successful sign-in to the console.
    struct Login: Sendable, Codable, Equatable {
        var time: Double
        var place: String
        var address: String
        var event: String
    }

    /// A call that the caller had not made before.
    struct NewCall: Sendable, Codable, Equatable {
        var time: Double
        var api: String
        var event: String
    }

    /// Of one use of data on one day.
    struct Amount: Sendable, Codable, Equatable {
        var day: Int
        var count: Int
        /// The most of any day before.
        var most: Int
        /// The days before on which there was any.
        var days: Int
    }

    var profile: Profile
    var logins: [Login] = []
    var discoveries: [NewCall] = []
    var amounts: [String: Amount] = [:]
    var signals: [Signal] = []
    /// When the attack sequence that goes on began, in seconds since 1970; nil: none does.
    var sequence: Double?

    /// Whether there is a signal that the credentials are in wrong hands: then each further one belongs to a sequence.
    var isSuspect: Bool { signals.contains(where: \.isFinding) }

    /// - Parameter time: when the caller was first seen, in seconds since 1970.
    public init(began time: Double) { profile = Profile(at: hours(time)) }
}

/// The hour of a time, since 1970; that of 1970 for what is no time.
func hours(_ time: Double) -> Int { Int(exactly: (time / 3600).rounded(.down)) ?? 0 }

/// What a password policy asks for.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
struct PasswordPolicy: Sendable, Codable, Equatable {
    var length = 8
    var symbols = false
    var numbers = false
    var upper = false
    var lower = false
    /// Days; nil: passwords do not expire.
    var age: Int?
    var reuse = 0

    /// What holds where an account has none.
    static let standard = PasswordPolicy()

    init() {}

    /// What a request asks for: whatever it does not say has a default.
    init(_ request: JSONValue) {
        length = request["minimumPasswordLength"]?.number ?? 6
        symbols = request["requireSymbols"]?.isTrue ?? false
        numbers = request["requireNumbers"]?.isTrue ?? false
        upper = request["requireUppercaseCharacters"]?.isTrue ?? false
        lower = request["requireLowercaseCharacters"]?.isTrue ?? false
        age = request["maxPasswordAge"]?.number.flatMap { $0 > 0 ? $0 : nil }
        reuse = request["passwordReusePrevention"]?.number ?? 0
    }

    /// How it is weaker than another, in words.
    func weakened(from other: PasswordPolicy) -> [String] {
        var changes: [String] = []
        if length < other.length { changes.append("at least \(length) characters instead of \(other.length)") }
        for (name, now, before) in [
            ("symbols", symbols, other.symbols), ("numbers", numbers, other.numbers),
            ("upper-case letters", upper, other.upper), ("lower-case letters", lower, other.lower),
        ] where before && !now { changes.append("\(name) no longer required") }
        if let before = other.age, age.map({ $0 > before }) ?? true {
            changes.append(
                "passwords expire \(age.map { "after \($0) days" } ?? "never") instead of after \(before) days")
        }
        if reuse < other.reuse { changes.append("\(reuse) former passwords refused instead of \(other.reuse)") }
        return changes
    }
}

extension JSONValue {
    var number: Int? {
        switch self {
        case .integer(let number): number
        case .string(let text): Int(text)
        default: nil
        }
    }
}
