/// A key and a value that a user put on a resource; keys are compared without regard to case, and kept as written.
public struct Tag: Sendable, Hashable, Codable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
