/// A statement of CloudTrail Lake, in the words of SQLite.
///
/// ```swift
/// let text = "SELECT userIdentity.arn FROM 3f1b0a2c-…"
/// let statement = try LakeStatement(text, now: now)
/// ```
///
/// AWS runs Trino, whose SQL is SQLite's in most of what is asked of events. The rest is a matter of tokens: names of event
/// data stores, members of structures, elements of maps and arrays, casts, names of columns, and where NULL stands in an
/// order. Everything else is SQLite's to understand, or to refuse.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-limitations.html>
public struct LakeStatement: Sendable {
    /// The ids of the event data stores that it reads, in lower case, each once.
    public let stores: [String]
    /// What SQLite is asked.
    let sql: String
    /// The columns that it may read.
    let columns: [EventColumn]
    /// What it calls queries of its own (`WITH x AS …`), in lower case.
    let queries: Set<String>

    /// - Parameter now: what `now()` is, in milliseconds since 1970.
    /// - Throws: ``LakeQueryError/statement(_:)`` for what is no query, or has what is not supported.
    public init(_ text: String, now: Int64) throws(LakeQueryError) {
        var tokens = try SQLScanner.tokens(of: text)
        while tokens.last?.is(";") == true { tokens.removeLast() }
        guard !tokens.contains(.symbol(";")) else { throw .statement("Only one statement is allowed.") }
        guard let first = tokens.first, first.is("(") || first.keyword == "select" || first.keyword == "with" else {
            throw .statement("Only SELECT statements are allowed.")
        }
        for case .word(let word) in tokens where Self.refused.contains(word.lowercased()) {
            throw .statement("\(word.uppercased()) is not supported.")
        }
        let nodes = try SQLNode.tree(of: tokens)
        var translation = Translation(now: LakeTime.text(now))
        sql = try translation.translate(nodes[...]).joined(separator: " ")
        guard !translation.stores.isEmpty else {
            throw .statement("The statement has to name the ID of an event data store in its FROM.")
        }
        stores = translation.stores
        queries = translation.queries
        let (names, readsAll) = (translation.columns, translation.readsAll)
        columns = EventColumn.all.filter { readsAll || names.contains($0.name) }
    }

    /// Of Trino, but without anything in SQLite that it could become. All other words that are not known are names.
    private static let refused: Set<String> = [
        "interval", "unnest", "lateral", "tablesample", "recursive", "rollup", "cube", "match_recognize",
    ]
}

/// A token, or what stands between parentheses.
indirect enum SQLNode {
    case token(SQLToken)
    case group([SQLNode])

    private static let deepest = 64

    static func tree(of tokens: [SQLToken]) throws(LakeQueryError) -> [SQLNode] {
        var open: [[SQLNode]] = [[]]
        for token in tokens {
            if token.is("(") {
                guard open.count <= deepest else { throw .statement("The statement is nested too deeply.") }
                open.append([])
            } else if token.is(")") {
                guard open.count > 1, let group = open.popLast() else {
                    throw .statement("There is a ) without a (.")
                }
                open[open.count - 1].append(.group(group))
            } else {
                open[open.count - 1].append(.token(token))
            }
        }
        guard open.count == 1, let nodes = open.first else { throw .statement("There is a ( without a ).") }
        return nodes
    }

    var token: SQLToken? {
        guard case .token(let token) = self else { return nil }
        return token
    }

    var keyword: String? { token?.keyword }

    func `is`(_ symbol: String) -> Bool { token?.is(symbol) == true }
}
