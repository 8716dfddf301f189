/// Why a query of CloudTrail Lake is not run, or came to no end.
public enum LakeQueryError: Error, Equatable, Sendable {
    /// The statement says what it must not, or what is not supported: what it is, and where.
    case statement(String)
    /// It took longer than it may.
    case tooLong
    /// It takes more memory, or has a larger result, than it may.
    case tooLarge(String)
    /// Whoever asked has taken it back.
    case cancelled
    /// What only a fault of Gatehouse's own or of the machine's explains.
    case engine(String)
}
