/// Reads a query, command by command.
struct QueryParser {
    private var parser: ExpressionParser
    private var result = QueryPlan()
    private var steps: [QueryPlan.Step] = []
    /// The last `sort` that no `limit` has followed, and what `dedup` wants.
    private var descending: [Bool]?
    private var without: [Expression] = []
    /// Where a `sort` or a `limit` is: no `stats` may follow it.
    private var ordered: Range<Int>?
    private var shown: [(name: String, expression: Expression)] = []
    private var displayed: [(name: String, expression: Expression)]?
    private var extracted: [(name: String, expression: Expression)] = []
    private var stats = 0

    /// Fields that all groups of the class STANDARD have an index of.
    private static let indexed: Set<String> = [
        "@logStream", "@aws.region", "@aws.account", "@source.log", "@data_source_name", "@data_source_type",
        "@data_format",
        "traceId", "severityText", "attributes.session.id",
    ]
    /// What AWS has, and Gatehouse has not.
    private static let notBuilt: Set<String> = [
        "pattern", "diff", "anomaly", "lookup", "join", "subquery", "subqueries", "autoregress", "logcompare",
        "filldown",
        "fillmissing", "cidrlookup", "addtotals", "appendcols", "accum", "countfrequent", "estimate", "expand",
        "outlier",
        "relevantfields", "sessionize",
    ]

    init(_ text: String) throws(QueryProblem) { parser = try ExpressionParser(text) }

    mutating func plan() throws(QueryProblem) -> QueryPlan {
        // AWS takes an empty query for one that shows all events.
        if parser.scanner.token != .end {
            repeat { try command() } while try parser.take("|")
            guard parser.scanner.token == .end else { throw parser.scanner.unexpected() }
        }
        if !steps.isEmpty || descending != nil || !without.isEmpty || !endsWithLimit {
            collect(first: .max, stopsEarly: false)
        }
        if let displayed {
            result.shown = displayed
        } else {
            result.shown = shown
            if shown.isEmpty, stats == 0 {
                result.shown = [("@timestamp", .system(.timestamp)), ("@message", .system(.message))] + extracted
            }
        }
        return result
    }

    private var endsWithLimit: Bool {
        if case .first? = result.stages.last?.collection { true } else { false }
    }

    private mutating func collect(first count: Int, stopsEarly: Bool) {
        result.stages.append(
            QueryPlan.Stage(
                steps: steps,
                collection: .first(count, descending: descending, without: without, stopsEarly: stopsEarly)))
        (steps, descending, without) = ([], nil, [])
    }

    private mutating func command() throws(QueryProblem) {
        let range = parser.scanner.start..<parser.scanner.end
        guard case .name(let word, isQuoted: false) = parser.scanner.token else { throw parser.scanner.unexpected() }
        let name = word.lowercased()
        if !without.isEmpty, name != "limit" {
            throw parser.scanner.problem(.malformed, "only limit can follow dedup", range)
        }
        try parser.scanner.advance()
        switch name {
        case "fields", "display": try fields(isDisplay: name == "display")
        case "filter", "where": steps.append(.filter(try parser.expression()))
        case "filterindex": try filterIndex()
        case "parse": try parse()
        case "stats": try stats(range)
        case "sort", "order": try sort(range)
        case "limit", "head": try limit(range)
        case "dedup": try dedup()
        case "unnest": try unnest()
        case "unmask": result.unmasks = true
        case "source" where result.stages.isEmpty && steps.isEmpty: try source()
        case _ where Self.notBuilt.contains(name):
            throw parser.scanner.problem(
                .notSupported, "Gatehouse does not have the command \(name) of queries.", range)
        default: throw parser.scanner.malformed(range)
        }
    }

    private mutating func make(_ name: String?, _ expression: Expression) -> Expression {
        let place = parser.names.add(name)
        steps.append(.make(place, expression))
        return .made(place)
    }

    private mutating func fields(isDisplay: Bool) throws(QueryProblem) {
        if isDisplay { displayed = [] }
        repeat {
            var (expression, name) = try parser.named()
            if try parser.takeWord("as") {
                name = try parser.name()
                expression = make(name, expression)
            } else {
                switch expression {
                case .system, .discovered, .made, .inside: break
                // Later commands may name it as it is written.
                default: expression = make(name, expression)
                }
            }
            if isDisplay { displayed?.append((name, expression)) } else { show(name, expression) }
        } while try parser.take(",")
    }

    private mutating func show(_ name: String, _ expression: Expression) {
        if let place = shown.firstIndex(where: { $0.name == name }) {
            shown[place].expression = expression
        } else {
            shown.append((name, expression))
        }
    }

    private mutating func filterIndex() throws(QueryProblem) {
        let start = parser.scanner.start
        guard case .name(let name, _) = parser.scanner.token else { throw parser.scanner.unexpected() }
        let condition = try parser.expression()
        switch condition {
        case .binary(.equal, _, .constant), .isAny(_, _, isNegated: false): break
        default: throw parser.scanner.malformed(start..<parser.scanner.previousEnd)
        }
        steps.append(.filter(condition))
        if !Self.indexed.contains(name) { result.unindexedField = name }
    }

    private mutating func parse() throws(QueryProblem) {
        var text = Expression.system(.message)
        switch parser.scanner.token {
        case .string, .symbol("/"): break
        default: text = try parser.operand()
        }
        let start = parser.scanner.start
        try parser.countPattern(start..<parser.scanner.end)
        let pattern: ParsePattern
        do {
            if case .string(let glob) = parser.scanner.token {
                try parser.scanner.advance()
                pattern = try ParsePattern(glob: glob)
            } else {
                pattern = try ParsePattern(regex: try parser.pattern())
            }
        } catch let problem as QueryProblem {
            throw problem
        } catch {
            let reason = (error as? ParsePattern.Problem)?.reason ?? ""
            throw parser.scanner.problem(
                .malformed, "invalid pattern of parse: \(reason)", start..<parser.scanner.previousEnd)
        }
        var names = pattern.names
        if try parser.takeWord("as") {
            names = []
            repeat { names.append(try parser.name()) } while try parser.take(",")
        }
        guard names.count == pattern.count else {
            throw parser.scanner.problem(
                .malformed, "parse has \(pattern.count) values for \(names.count) names",
                start..<parser.scanner.previousEnd)
        }
        let places = names.map { parser.names.add($0) }
        for (name, place) in zip(names, places) {
            if !name.hasPrefix("@") { parser.names.alias("@" + name, of: place) }
            extracted.append((name, .made(place)))
        }
        steps.append(.parse(text, pattern, places))
    }

    private mutating func stats(_ range: Range<Int>) throws(QueryProblem) {
        if let ordered {
            throw parser.scanner.problem(.malformed, "sort and limit have to be behind the last stats", ordered)
        }
        stats += 1
        guard stats <= QueryPlan.mostStats else {
            throw parser.scanner.problem(.malformed, "there are more than \(QueryPlan.mostStats) stats", range)
        }
        parser.aggregates = []
        parser.results = QueryNames(isClosed: true)
        var (places, made): ([Int], [(place: Int, expression: Expression)]) = ([], [])
        var columns: [(name: String, expression: Expression)] = []
        repeat {
            let before = parser.results.count
            var (expression, name) = try parser.named()
            places += before..<parser.results.count
            if try parser.takeWord("as") { name = try parser.name() }
            let place = parser.results.add(name)
            made.append((place, expression))
            columns.append((name, .made(place)))
        } while try parser.take(",")
        let aggregates = parser.aggregates ?? []
        parser.aggregates = nil
        var groups: [(place: Int, expression: Expression)] = []
        var groupColumns: [(name: String, expression: Expression)] = []
        if try parser.takeWord("by") {
            repeat {
                var (expression, name) = try parser.named()
                if try parser.takeWord("as") { name = try parser.name() }
                let place = parser.results.add(name)
                groups.append((place, expression))
                groupColumns.append((name, .made(place)))
            } while try parser.take(",")
        }
        result.stages.append(
            QueryPlan.Stage(
                steps: steps, collection: .groups(by: groups, aggregates, places: places, made: made)))
        steps = []
        parser.names = parser.results
        (shown, displayed, extracted) = (groupColumns + columns, nil, [])
    }

    private mutating func sort(_ range: Range<Int>) throws(QueryProblem) {
        _ = try parser.takeWord("by")
        var (keys, directions): ([Expression], [Bool]) = ([], [])
        repeat {
            let key = try parser.expression()
            var isDescending = try parser.takeWord("desc")
            if !isDescending { _ = try parser.takeWord("asc") }
            if try parser.takeWord("as") {
                keys.append(make(try parser.name(), key))
                if try parser.takeWord("desc") { isDescending = true } else { _ = try parser.takeWord("asc") }
            } else {
                keys.append(key)
            }
            directions.append(isDescending)
        } while try parser.take(",")
        steps.append(.order(keys))
        descending = directions
        ordered = ordered ?? range
    }

    private mutating func limit(_ range: Range<Int>) throws(QueryProblem) {
        let stopsEarly = try parser.takeWord("any")
        guard case .number(let number) = parser.scanner.token, let count = Int(exactly: number),
            (1...100_000).contains(count)
        else { throw parser.scanner.unexpected() }
        try parser.scanner.advance()
        result.limit = min(result.limit ?? .max, count)
        collect(first: count, stopsEarly: stopsEarly && descending == nil && without.isEmpty && result.stages.isEmpty)
        ordered = ordered ?? range
    }

    private mutating func dedup() throws(QueryProblem) {
        repeat { without.append(try parser.operand()) } while try parser.take(",")
    }

    private mutating func unnest() throws(QueryProblem) {
        let list = try parser.operand()
        guard try parser.takeWord("into") else { throw parser.scanner.unexpected() }
        let name = try parser.name()
        let place = parser.names.add(name)
        steps.append(.unnest(list, place))
        extracted.append((name, .made(place)))
    }

    /// `SOURCE logGroups(namePrefix: ['a'], class: ['STANDARD'])`
    private mutating func source() throws(QueryProblem) {
        let range = parser.scanner.start..<parser.scanner.end
        switch try parser.name().lowercased() {
        case "loggroups": break
        case "datasource", "datasources":
            throw parser.scanner.problem(.notSupported, "Gatehouse does not have data sources of queries.", range)
        default: throw parser.scanner.malformed(range)
        }
        var source = LogSource()
        try parser.expect("(")
        while scannerIsAtName {
            let start = parser.scanner.start..<parser.scanner.end
            let key = try parser.name().lowercased()
            try parser.expect(":")
            try parser.expect("[")
            var values: [String] = []
            repeat { values.append(try parser.string()) } while try parser.take(",")
            try parser.expect("]")
            switch key {
            case "nameprefix" where values.count <= 5: source.prefixes = values
            case "class", "loggroupclass": source.classes = values
            case "accountidentifiers" where values.count <= 20: source.accounts = values
            default: throw parser.scanner.malformed(start)
            }
            guard try parser.take(",") else { break }
        }
        try parser.expect(")")
        result.source = source
    }

    private var scannerIsAtName: Bool { if case .name = parser.scanner.token { true } else { false } }
}
