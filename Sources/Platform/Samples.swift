/// Made-up values, with which the generator of OPERATIONS.md asks each operation what permission it needs.
///
/// A service provides what can't be derived from its model: texts for members that have to name something, and the
/// things themselves. Tests use them to check every operation's permissions against AWS's reference.
public struct Samples: Sendable {
    /// Values for members of requests, by the members' names, or for one operation alone: `GetBox.Arn`. What no module has a
    /// value for is `x`.
    public var texts: [String: String]
    /// Members that made-up inputs lack unless they are required: nothing that could be made up would do.
    public var absent: Set<String>
    /// Puts one of each thing into a Gatehouse in memory that operations look up before they are allowed. Modules are
    /// asked in the order of their list.
    public var furnish: @Sendable (Environment) async throws -> Void
    /// Who calls an operation that needs no signature, by the operation's name.
    public var caller: @Sendable (_ operation: String) -> Caller?

    /// - Parameters: see the properties.
    public init(
        texts: [String: String] = [:], absent: Set<String> = [],
        furnish: @escaping @Sendable (Environment) async throws -> Void = { _ in },
        caller: @escaping @Sendable (_ operation: String) -> Caller? = { _ in nil }
    ) {
        self.texts = texts
        self.absent = absent
        self.furnish = furnish
        self.caller = caller
    }

    /// The account that everything is in.
    public static let account = "111122223333"
    /// Another account, a member of the same organization.
    public static let member = "444455556666"
    /// Seconds since 1970.
    public static let time = 1_800_000_000.0
}
