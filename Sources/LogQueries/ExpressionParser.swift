import WAF

/// Reads expressions.
struct ExpressionParser {
    var scanner: QueryScanner
    var names: QueryNames
    /// Calls of functions over groups; nil: there can be none here.
    var aggregates: [Aggregate]?
    /// What `stats` has made so far, and what functions over groups make.
    var results = QueryNames(isClosed: true)
    private var depth = 0

    /// How many expressions may be open at once.
    private static let deepest = 48
    /// Patterns of one query: each takes memory.
    private static let mostPatterns = 128
    private var patterns = 0

    init(_ text: String) throws(QueryProblem) {
        scanner = try QueryScanner(text)
        names = QueryNames()
    }

    // MARK: Tokens

    mutating func take(_ symbol: String) throws(QueryProblem) -> Bool {
        guard scanner.token == .symbol(symbol) else { return false }
        try scanner.advance()
        return true
    }

    mutating func expect(_ symbol: String) throws(QueryProblem) {
        guard try take(symbol) else { throw scanner.unexpected() }
    }

    /// A keyword, in letters of any case.
    func isNext(_ word: String) -> Bool {
        if case .name(let name, isQuoted: false) = scanner.token { name.lowercased() == word } else { false }
    }

    mutating func takeWord(_ word: String) throws(QueryProblem) -> Bool {
        guard isNext(word) else { return false }
        try scanner.advance()
        return true
    }

    mutating func name() throws(QueryProblem) -> String {
        guard case .name(let name, _) = scanner.token else { throw scanner.unexpected() }
        try scanner.advance()
        return name
    }

    mutating func string() throws(QueryProblem) -> String {
        guard case .string(let text) = scanner.token else { throw scanner.unexpected() }
        try scanner.advance()
        return text
    }

    // MARK: Expressions

    /// An expression, and how it is written.
    mutating func named() throws(QueryProblem) -> (expression: Expression, text: String) {
        let (start, token) = (scanner.start, scanner.token)
        let expression = try expression()
        // A name between backticks is shown without them.
        if case .name(let name, isQuoted: true) = token, scanner.previousEnd - start <= name.utf8.count + 2 {
            return (expression, name)
        }
        return (expression, scanner.text(start..<scanner.previousEnd))
    }

    /// A field, or anything else that needs no operator.
    mutating func operand() throws(QueryProblem) -> Expression { try primary() }

    mutating func expression() throws(QueryProblem) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw scanner.unexpected() }
        var left = try conjunction()
        while try takeWord("or") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(QueryProblem) -> Expression {
        var left = try negation()
        while try takeWord("and") { left = .and(left, try negation()) }
        return left
    }

    private mutating func negation() throws(QueryProblem) -> Expression {
        guard try takeWord("not") else { return try comparison() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw scanner.unexpected() }
        return .not(try negation())
    }

    private mutating func comparison() throws(QueryProblem) -> Expression {
        let left = try sum()
        if case .symbol(let text) = scanner.token, ["=", "!=", "<", "<=", ">", ">="].contains(text),
            let relation = Expression.Operator(rawValue: text)
        {
            try scanner.advance()
            return .binary(relation, left, try sum())
        }
        if try take("=~") { return .matches(left, try matcher(), isNegated: false) }
        let isNegated = try takeWord("not")
        if try takeWord("like") { return .matches(left, try matcher(), isNegated: isNegated) }
        if try takeWord("in") { return try membership(of: left, isNegated: isNegated) }
        guard !isNegated else { throw scanner.unexpected() }
        return left
    }

    private mutating func membership(of left: Expression, isNegated: Bool) throws(QueryProblem) -> Expression {
        let closing: String
        if try take("[") {
            closing = "]"
        } else if try take("(") {
            closing = ")"
        } else {
            return .isElement(left, of: try sum(), isNegated: isNegated)
        }
        var choices: [Expression] = []
        if scanner.token != .symbol(closing) {
            repeat { choices.append(try sum()) } while try take(",")
        }
        try expect(closing)
        return .isAny(left, choices, isNegated: isNegated)
    }

    /// What `like` has on its right: a part of the text, or a regular expression.
    private mutating func matcher() throws(QueryProblem) -> LinearRegex {
        if case .string(let text) = scanner.token {
            let range = scanner.start..<scanner.end
            try scanner.advance()
            return try regex(ParsePattern.quoted(text), range)
        }
        return try compiledPattern()
    }

    private mutating func compiledPattern() throws(QueryProblem) -> LinearRegex {
        let start = scanner.start
        let text = try pattern()
        return try regex(text, start..<scanner.previousEnd)
    }

    /// The text of a regular expression between slashes.
    mutating func pattern() throws(QueryProblem) -> String {
        guard scanner.token == .symbol("/") else { throw scanner.unexpected() }
        return try scanner.regex()
    }

    /// Counts a pattern.
    mutating func countPattern(_ range: Range<Int>) throws(QueryProblem) {
        patterns += 1
        guard patterns <= Self.mostPatterns else {
            throw scanner.problem(.malformed, "there are more than \(Self.mostPatterns) patterns", range)
        }
    }

    private mutating func regex(_ text: String, _ range: Range<Int>) throws(QueryProblem) -> LinearRegex {
        try countPattern(range)
        do throws(LinearRegex.Problem) { return try LinearRegex(text, capturing: true, isUnicode: true) } catch {
            throw scanner.problem(.malformed, "invalid regular expression: \(error.reason)", range)
        }
    }

    private mutating func sum() throws(QueryProblem) -> Expression {
        try chain(["+", "-"]) { (parser: inout ExpressionParser) throws(QueryProblem) in try parser.product() }
    }

    private mutating func product() throws(QueryProblem) -> Expression {
        try chain(["*", "/", "%"]) { (parser: inout ExpressionParser) throws(QueryProblem) in try parser.factor() }
    }

    private mutating func chain(
        _ symbols: [String], _ part: (inout ExpressionParser) throws(QueryProblem) -> Expression
    ) throws(QueryProblem) -> Expression {
        var left = try part(&self)
        while case .symbol(let text) = scanner.token, symbols.contains(text),
            let relation = Expression.Operator(rawValue: text)
        {
            try scanner.advance()
            left = .binary(relation, left, try part(&self))
        }
        return left
    }

    private mutating func factor() throws(QueryProblem) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw scanner.unexpected() }
        if try take("-") { return .binary(.subtract, .constant(.number(0)), try factor()) }
        let base = try primary()
        // From right to left: 2 ^ 3 ^ 2 is 2 ^ 9.
        return try take("^") ? .binary(.power, base, try factor()) : base
    }

    private mutating func primary() throws(QueryProblem) -> Expression {
        switch scanner.token {
        case .number(let number):
            try scanner.advance()
            return .constant(.number(number))
        case .string(let text):
            try scanner.advance()
            return .constant(.text(text))
        case .symbol("("):
            try scanner.advance()
            let inner = try expression()
            try expect(")")
            return inner
        case .name(let name, let isQuoted): return try named(name, isQuoted)
        default: throw scanner.unexpected()
        }
    }

    private mutating func named(_ name: String, _ isQuoted: Bool) throws(QueryProblem) -> Expression {
        let range = scanner.start..<scanner.end
        if !isQuoted, names.isClosed || aggregates != nil, let known = try shown() { return known }
        if !isQuoted, ["true", "false"].contains(name.lowercased()) {
            try scanner.advance()
            return .constant(.boolean(name.lowercased() == "true"))
        }
        try scanner.advance()
        if !isQuoted, scanner.token == .symbol("(") { return try call(name.lowercased(), range) }
        let scope = aggregates == nil ? names : results
        guard let found = scope.find(name) else { throw scanner.malformed(range) }
        return found
    }

    /// What `stats` has made under the name that it is written with: `count(*)`.
    private mutating func shown() throws(QueryProblem) -> Expression? {
        let scope = aggregates == nil ? names : results
        for (name, place) in scope.made where name.utf8.contains(UInt8(ascii: "(")) {
            if try scanner.take(text: name) { return .made(place) }
        }
        return nil
    }

    private mutating func call(_ name: String, _ range: Range<Int>) throws(QueryProblem) -> Expression {
        try expect("(")
        if let function = AggregateFunction(name) {
            guard aggregates != nil else { throw scanner.malformed(range) }
            return try aggregate(function)
        }
        if ["bin", "datefloor", "dateceil"].contains(name) { return try rounding(name) }
        if name == "regexreplace" { return try replacing() }
        guard let function = QueryFunction(rawValue: name) else {
            guard !QueryFunction.notBuilt.contains(name) else {
                throw scanner.problem(.notSupported, "Gatehouse does not have the function \(name) of queries.", range)
            }
            throw scanner.malformed(range)
        }
        var arguments: [Expression] = []
        if scanner.token != .symbol(")") {
            repeat { arguments.append(try expression()) } while try take(",")
        }
        guard function.arguments.contains(arguments.count) else { throw scanner.unexpected() }
        try expect(")")
        return .call(function, arguments)
    }

    private mutating func rounding(_ name: String) throws(QueryProblem) -> Expression {
        var time = Expression.system(.timestamp)
        if name != "bin" {
            time = try expression()
            try expect(",")
        } else if let found = names.find("@timestamp") {
            time = found
        } else {
            throw scanner.unexpected()
        }
        guard case .period(let count, let unit) = scanner.token, let period = TimePeriod(count, unit: unit) else {
            throw scanner.unexpected()
        }
        try scanner.advance()
        try expect(")")
        return .period(time, period, roundsUp: name == "dateceil")
    }

    /// `regexReplace(field, "pattern", "replacement")`: the pattern is compiled once.
    private mutating func replacing() throws(QueryProblem) -> Expression {
        let text = try expression()
        try expect(",")
        let range = scanner.start..<scanner.end
        let pattern = scanner.token == .symbol("/") ? try compiledPattern() : try regex(try string(), range)
        try expect(",")
        let replacement = try expression()
        try expect(")")
        return .replaced(text, pattern, with: replacement)
    }

    private mutating func aggregate(_ function: AggregateFunction) throws(QueryProblem) -> Expression {
        let outer = aggregates
        aggregates = nil
        var (function, argument): (AggregateFunction, Expression?) = (function, nil)
        if try take("*") {
            guard function == .count else { throw scanner.unexpected() }
        } else if scanner.token != .symbol(")") {
            argument = try expression()
        } else if function != .count {
            throw scanner.unexpected()
        }
        if case .percentile = function {
            try expect(",")
            guard case .number(let percent) = scanner.token, (0...100).contains(percent) else {
                throw scanner.unexpected()
            }
            try scanner.advance()
            function = .percentile(percent)
        }
        try expect(")")
        aggregates = (outer ?? []) + [Aggregate(function: function, argument: argument)]
        return .made(results.add(nil))
    }
}
