/// Why an expression of metric math can't be computed, in words for whoever wrote it.
public struct MathError: Error, Sendable, Equatable {
    public let message: String

    /// - Parameter message: a sentence.
    public init(_ message: String) {
        self.message = message
    }
}
