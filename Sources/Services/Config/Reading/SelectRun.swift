import AWSConfigAPI
import ConfigSelect
import FoundationEssentials
import Ledger
import Platform
import Posture
import Wire

/// Answers one page of a query, from the current items of some places.
///
/// Items are read a few hundred at a time, by their types where the query says which: rows are sealed, so that no database can
/// look into them. What is kept of them is a page of results; or, of an aggregation, its groups.
struct SelectRun: Sendable {
    let query: ConfigQuery
    let environment: Environment
    /// Where to look, in this order.
    let places: [Scope]
    /// Whether an item counts: for aggregators that are about some types alone.
    var includes: @Sendable (StoredItem) -> Bool = { _ in true }

    private static let atOnce = 256
    /// So many results may be put into an order of their own.
    private static let mostOrdered = 10_000

    /// The results of a page, as JSON texts, and where the next begins.
    struct Answer: Sendable {
        var results: [String]
        var next: String?
    }

    /// Where a page begins: after how many results, in which place, after which row.
    private struct Token: Codable {
        var count = 0
        var account: String?
        var region: String?
        var key: Data?
    }

    /// - Parameters:
    ///   - limit: as the request says; nil or 0: what is usual.
    ///   - token: of the page before.
    /// - Throws: InvalidNextTokenException, InvalidExpressionException.
    func page(_ limit: Int?, _ token: String?) async throws(ServiceError) -> Answer {
        var start = Token()
        if let token {
            guard let data = Data(base64Encoded: token), let read = try? JSONDecoder().decode(Token.self, from: data),
                (0...Int(Int32.max)).contains(read.count)
            else { throw AWSConfig.Failure.invalidNextTokenException("The specified next token is not valid.") }
            start = read
        }
        let asked = limit ?? 0
        var size = asked > 0 ? min(asked, 100) : query.isAggregation ? 500 : 25
        if let most = query.limit { size = min(size, max(0, most - start.count)) }
        guard size > 0 else { return Answer(results: []) }
        if query.isAggregation { return try await aggregated(size, start) }
        return query.isOrdered ? try await ordered(size, start) : try await plain(size, start)
    }

    private func encoded(_ token: Token) -> String? {
        (try? JSONEncoder().encode(token))?.base64EncodedString()
    }

    private func isOver(_ count: Int) -> Bool { query.limit.map { count >= $0 } ?? false }

    private func plain(_ size: Int, _ start: Token) async throws(ServiceError) -> Answer {
        var results: [String] = []
        var next: Token?
        var from: (scope: Scope, key: RowKey)?
        if let account = start.account, let key = start.key {
            from = (Scope(account: account, region: start.region ?? ""), RowKey(bytes: Array(key)))
        }
        try await walk(from: from) { (scope, row) throws(ServiceError) in
            if results.count == size {
                // There is one more: the next page begins behind the last of this.
                return false
            }
            let json = row.item.queried
            guard query.matches(json) else { return true }
            results.append(query.projection(of: json).jsonText)
            next = Token(
                count: start.count + results.count, account: scope.account, region: scope.region,
                key: Data(row.key.bytes))
            return true
        } end: {
            next = nil
        }
        if isOver(start.count + results.count) { next = nil }
        return Answer(results: results, next: next.flatMap(encoded))
    }

    private func ordered(_ size: Int, _ start: Token) async throws(ServiceError) -> Answer {
        // The token is the caller's word: it must not decide how much is kept here.
        guard start.count <= Self.mostOrdered else {
            throw AWSConfig.Failure.invalidNextTokenException(
                "Only the first \(Self.mostOrdered) results of a query with ORDER BY can be listed.")
        }
        var found: [(place: ResultPlace, number: Int, text: String)] = []
        let wanted = start.count + size + 1
        var number = 0
        try await walk(from: nil) { (_, row) throws(ServiceError) in
            let json = row.item.queried
            guard query.matches(json) else { return true }
            found.append((query.place(of: json), number, query.projection(of: json).jsonText))
            number += 1
            if found.count > wanted + Self.mostOrdered {
                found.sort { $0.place != $1.place ? $0.place < $1.place : $0.number < $1.number }
                found.removeLast(found.count - wanted)
            }
            return true
        }
        found.sort { $0.place != $1.place ? $0.place < $1.place : $0.number < $1.number }
        return rest(of: found.map(\.text), size, start)
    }

    private func aggregated(_ size: Int, _ start: Token) async throws(ServiceError) -> Answer {
        var aggregation = ConfigAggregation(query)
        try await walk(from: nil) { (_, row) throws(ServiceError) in
            let json = row.item.queried
            guard query.matches(json) else { return true }
            do throws(ConfigQueryError) { try aggregation.add(json) } catch {
                throw AWSConfig.Failure.invalidExpressionException(error.message)
            }
            return true
        }
        return rest(of: aggregation.results().map(\.jsonText), size, start)
    }

    private func rest(of all: [String], _ size: Int, _ start: Token) -> Answer {
        let results = Array(all.dropFirst(start.count).prefix(size))
        let end = start.count + results.count
        let hasMore = end < all.count && !isOver(end)
        return Answer(results: results, next: hasMore ? encoded(Token(count: end)) : nil)
    }

    /// Passes on the rows that may match.
    /// - Parameters:
    ///   - from: behind which row to begin, and in which place.
    ///   - body: false: it has had enough.
    ///   - end: called when all were passed on.
    private func walk(
        from: (scope: Scope, key: RowKey)?, _ body: (Scope, CurrentItem) throws(ServiceError) -> Bool,
        end: () -> Void = {}
    ) async throws(ServiceError) {
        let types = query.values(of: "resourceType")?.sorted()
        let accounts = query.values(of: "accountId")
        var rest = places[...]
        if let from {
            rest = rest.drop { $0 != from.scope }
            guard !rest.isEmpty else { return end() }
        }
        for scope in rest where accounts?.contains(scope.account) ?? true {
            let after = from?.scope == scope ? from?.key : nil
            let prefixes = types.map { $0.map { RowPrefix(.text($0)) } } ?? [.none]
            for prefix in prefixes {
                // What comes before the place is done with: a range finds nothing there.
                var range = RowRange(prefix, after: after.map { .key($0) })
                while true {
                    let wanted = range
                    let rows = try await environment.read(scope) { (records) throws(ServiceError) in
                        try records.list(CurrentItem.self, wanted, limit: Self.atOnce)
                    }
                    // AWS Config has no queries on resources that lie outside.
                    for row in rows where row.item.record != nil && includes(row.item) {
                        guard try body(scope, row) else { return }
                    }
                    guard rows.count == Self.atOnce, let last = rows.last else { break }
                    range.after = .key(last.key)
                    await Task.yield()
                }
            }
        }
        end()
    }
}

extension ConfigQuery {
    /// - Throws: InvalidExpressionException.
    init(expression: String) throws(ServiceError) {
        do throws(ConfigQueryError) { try self.init(expression) } catch {
            throw AWSConfig.Failure.invalidExpressionException(error.message)
        }
    }

    var info: AWSConfig.QueryInfo {
        AWSConfig.QueryInfo {
            $0.selectFields = fieldNames.map { name in AWSConfig.FieldInfo { $0.name = name } }
        }
    }
}

extension AWSConfig.SelectResourceConfig: ComputeOperation, OnAllOfConfig {
    public static var isReadOnly: Bool { true }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let query = try ConfigQuery(expression: input.expression)
        let run = SelectRun(query: query, environment: call.environment, places: [call.scope])
        let answer = try await run.page(input.limit, input.nextToken)
        return Output {
            $0.results = answer.results
            $0.queryInfo = query.info
            $0.nextToken = answer.next
        }
    }
}
