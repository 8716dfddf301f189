/// How much of something an account may hold, or how large it may be. Services declare their own:
///
/// ```swift
/// extension Quota { static let users = Quota("Users", 5000) }
/// ```
public struct Quota: Sendable, Hashable {
    /// By which the operator raises it: `--quota Users=10000`. AWS's name where an answer shows one.
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

    public init() {}

    public subscript(quota: Quota) -> Int { raised[quota.name] ?? quota.standard }

    /// What the operator has set by a quota's name; nil: nothing.
    public subscript(name: String) -> Int? {
        get { raised[name] }
        set { raised[name] = newValue }
    }
}
