/// Why a case can't be evaluated, in words for whoever wrote it.
public struct SimulationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
