/// Why a text is no query, or none that Gatehouse runs.
public struct QueryProblem: Error, Sendable, Equatable {
    /// What is wrong with it.
    public enum Kind: Sendable, Equatable {
        /// It is no query: AWS answers MalformedQueryException.
        case malformed
        /// AWS would run it, and Gatehouse does not.
        case notSupported
    }

    /// What is wrong with it.
    public let kind: Kind
    /// For a malformed query in AWS's words: `unexpected symbol found | at line 1 and position 22`.
    public let message: String
    /// Where, in characters as Java counts them (UTF-16) from the query's beginning.
    public let location: Range<Int>

    init(_ kind: Kind, _ message: String, at location: Range<Int>) {
        (self.kind, self.message, self.location) = (kind, message, location)
    }
}

/// Why a query that runs can't go on: it would need more memory than a query may have, or make more rows.
public struct QueryTooLarge: Error, Sendable, Equatable {}
