/// A place in a document's text, printed as "line:column".
public struct SourcePosition: Sendable, Hashable, CustomStringConvertible {
    /// The line, counted from 1. Lines end at a line feed.
    public let line: Int
    /// The column, counted from 1 in Unicode scalars.
    public let column: Int
    /// The number of UTF-8 bytes before this place: what orders positions, and what an editor's protocol may ask for.
    public let offset: Int

    /// Makes a position. Its three parts are taken as they are; nothing checks that they agree.
    public init(line: Int, column: Int, offset: Int) {
        self.line = line
        self.column = column
        self.offset = offset
    }

    public var description: String { "\(line):\(column)" }
}

/// What is wrong with a policy document, and where.
///
/// A service answers with ``message`` alone, as AWS does. Tools for people print the whole description, which here is
/// `3:18: Syntax errors in policy. ("Efect" is not an element of the policy language)`:
///
/// ```swift
/// do throws(PolicyError) {
///     _ = try PolicyDocument(parsing: text, as: .identity)
///     …
/// } catch {
///     print(error)
///     …
/// }
/// ```
public struct PolicyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// AWS's own text, as it stands in a `MalformedPolicyDocument` error.
    public let message: String
    /// The place that the message is about; nil where it is about the whole document.
    public let position: SourcePosition?
    /// What exactly was found, for people: AWS's text is often only "Syntax errors in policy." Never part of an API
    /// answer.
    public let detail: String?

    /// Makes an error. For a service's own checks of a document, which follow those of the parser.
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
