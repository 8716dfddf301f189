/// Why the web front can't be as the operator's file says.
public struct WebFrontProblem: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do about it; it does not end with a full stop.
    public let description: String

    /// - Parameter description: what is wrong, and what to do about it.
    public init(_ description: String) {
        self.description = description
    }
}
