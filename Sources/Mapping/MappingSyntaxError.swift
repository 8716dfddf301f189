/// A line of the mapping language that can't be read.
public struct MappingSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1 on: where the line begins, with the lines that continue it.
    public let line: Int
    /// What is wrong, and what would be right.
    public let reason: String

    public var description: String { "line \(line): \(reason)" }
}
