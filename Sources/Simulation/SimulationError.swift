/// Why a case can't be evaluated, in words for whoever wrote it: what is wrong, and in which member of the case.
public struct SimulationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The whole message, without a full stop at the end, so that it can be quoted within another.
    public let description: String

    /// Makes an error with this message.
    public init(_ description: String) {
        self.description = description
    }
}
