/// A query of CloudWatch Logs Insights that was read, and can be run.
///
/// ```swift
/// let plan = try QueryPlan(#"filter status >= 500 | stats count(*) as failures by bin(5m) | sort failures desc"#)
/// var run = QueryRun(plan, QueryContext(now: now, start: start, end: end))
/// for event in events { try run.take(event) }
/// for row in try run.finish() { print(row.fields) }
/// ```
///
/// AWS: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>
public struct QueryPlan: Sendable {
    /// Rows that a query has unless it says otherwise, and at most.
    public static let usualRows = 10_000
    /// `stats` in one query.
    static let mostStats = 10

    /// Whether it wants to see what is masked.
    public internal(set) var unmasks = false
    /// Which groups it is about; nil: it does not say so.
    public internal(set) var source: LogSource?
    /// A field that it wants an index of, and that has none: it finds nothing.
    public internal(set) var unindexedField: String?
    /// The rows that it says it wants; nil: it does not.
    public internal(set) var limit: Int?
    var stages: [Stage] = []
    /// What results show, and what each is.
    var shown: [(name: String, expression: Expression)] = []

    /// What is done with one row after another.
    enum Step: Sendable {
        case make(Int, Expression)
        case filter(Expression)
        case parse(Expression, ParsePattern, [Int])
        case unnest(Expression, Int)
        /// By which it will be sorted.
        case order([Expression])
    }

    /// What is done when all rows are there.
    enum Collection: Sendable {
        case groups(
            by: [(place: Int, expression: Expression)], [Aggregate], places: [Int],
            made: [(place: Int, expression: Expression)])
        /// The first rows. Where nothing says how they are sorted, the newest events are the first, and rows of `stats` as they come.
        case first(Int, descending: [Bool]?, without: [Expression], stopsEarly: Bool)
    }

    struct Stage: Sendable {
        var steps: [Step] = []
        var collection: Collection
    }

    /// Reads a query.
    /// - Throws: ``QueryProblem``.
    /// - Complexity: linear in the text, but for its regular expressions.
    public init(_ text: String) throws(QueryProblem) {
        var parser = try QueryParser(text)
        self = try parser.plan()
    }

    init() {}
}

/// Which log groups a query is about: `SOURCE logGroups(namePrefix: ['/aws/'])`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html>
public struct LogSource: Sendable, Equatable {
    /// nil: whatever their names.
    public var prefixes: [String]?
    /// `STANDARD` or `INFREQUENT_ACCESS`; nil: `STANDARD`.
    public var classes: [String]?
    /// nil: all that there are.
    public var accounts: [String]?
}
