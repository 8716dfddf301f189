#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why an instance can't be run.
public struct RuntimeProblem: Error, Sendable, CustomStringConvertible {
    /// In words for the operator. It does not end with a full stop.
    public let description: String

    /// - Parameter description: in words for the operator.
    public init(_ description: String) { self.description = description }

    /// - Parameter number: as in `errno`.
    init(_ step: String, errno number: Int32) {
        description = "\(step): \(String(cString: strerror(number)))"
    }
}
