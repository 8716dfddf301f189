/// How many of something an account may have, or how large one may be. Services declare their own:
///
/// ```swift
/// static let users = Quota("Users", 5000)
/// ```
///
/// A handler compares with the value that holds: `guard try records.count(User.self) < call.quotas[.users] else { throw
/// … }`.
public struct Quota: Sendable, Hashable {
    /// What the operator raises it by: `--quota Users=10000`. AWS's name, where an answer shows one.
    public let name: String
    /// AWS's default.
    public let standard: Int

    /// - Parameters: see the properties.
    public init(_ name: String, _ standard: Int) {
        self.name = name
        self.standard = standard
    }

    /// Of a user, and of the root user.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    public static let accessKeysPerUser = Quota("AccessKeysPerUser", 2)
}

/// The quotas that hold in one Gatehouse: AWS's defaults, but for those that the operator has raised.
public struct Quotas: Sendable {
    private var raised: [String: Int] = [:]

    /// AWS's defaults.
    public init() {}

    /// The value that holds: what the operator has set, or AWS's default.
    public subscript(quota: Quota) -> Int { raised[quota.name] ?? quota.standard }

    /// What the operator has set for a quota, by its name; nil: nothing.
    public subscript(name: String) -> Int? {
        get { raised[name] }
        set { raised[name] = newValue }
    }
}
