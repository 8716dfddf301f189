/// Why Gatehouse can't start, in words for the person who starts it.
public struct StartError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do about it; it does not end with a full stop.
    public let description: String
    /// Whether another Gatehouse is using the data directory.
    public let isBusy: Bool

    /// Makes an error.
    /// - Parameters:
    ///   - description: what is wrong, and what to do about it.
    ///   - isBusy: whether another Gatehouse is using the data directory.
    public init(_ description: String, isBusy: Bool = false) {
        self.description = description
        self.isBusy = isBusy
    }
}
