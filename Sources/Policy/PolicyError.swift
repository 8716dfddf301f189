/// A place in a document's text.
public struct SourcePosition: Sendable, Hashable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// Counted from 1, in Unicode scalars.
    public let column: Int
    /// UTF-8 bytes before this place.
    public let offset: Int

    public init(line: Int, column: Int, offset: Int) {
        self.line = line
        self.column = column
        self.offset = offset
    }

    public var description: String { "\(line):\(column)" }
}

/// What is wrong with a policy document, and where.
public struct PolicyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// AWS's own text, as it stands in `MalformedPolicyDocument`.
    public let message: String
    /// The place that the message is about; nil where it is about the whole document.
    public let position: SourcePosition?
    /// What exactly was found, for people: AWS's text is often only "Syntax errors in policy."
    public let detail: String?

    public init(message: String, position: SourcePosition?, detail: String? = nil) {
        self.message = message
        self.position = position
        self.detail = detail
    }

    public var description: String {
        let place = position.map { "\($0): " } ?? ""
        let explanation = detail.map { " (\($0))" } ?? ""
        return place + message + explanation
    }
}
