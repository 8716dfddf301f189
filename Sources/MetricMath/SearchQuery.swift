/// What a `SEARCH` of metric math asks for: `{AWS/EC2,InstanceId} MetricName="CPUUtilization" (web OR shop) NOT test`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>
public struct SearchQuery: Sendable {
    /// A metric, as a search sees it.
    public struct Candidate: Sendable {
        public let namespace: String
        public let name: String
        public let dimensions: [(name: String, value: String)]

        /// - Parameters: see the properties.
        public init(namespace: String, name: String, dimensions: [(name: String, value: String)]) {
            (self.namespace, self.name, self.dimensions) = (namespace, name, dimensions)
        }
    }

    indirect enum Term: Sendable {
        case all([Term])
        case any([Term])
        case not(Term)
        /// Words that stand one behind the other anywhere.
        case words([String])
        /// The whole of some text.
        case phrase(String)
        /// A property has the words, or is the text.
        case property(String, Term)
    }

    /// The namespace of the schema; nil: there is no schema.
    public let namespace: String?
    /// The names of the dimensions that a metric of the schema has, and no others.
    private let dimensions: Set<String>
    private let term: Term

    /// - Throws: ``MathError`` for what is no search expression.
    public init(_ text: String) throws(MathError) {
        guard text.utf8.count <= 1024 else { throw MathError("A search expression has at most 1,024 characters.") }
        var reader = SearchReader(text)
        (namespace, dimensions) = try reader.schema()
        term = try reader.whole()
    }

    /// Whether a metric is asked for.
    public func matches(_ metric: Candidate) -> Bool {
        if let namespace {
            guard metric.namespace == namespace, metric.dimensions.count == dimensions.count,
                metric.dimensions.allSatisfy({ dimensions.contains($0.name) })
            else { return false }
        }
        return Self.matches(term, metric, metric.texts)
    }

    /// The name that every metric that is asked for has; nil: none is.
    public var metricName: String? {
        let terms = if case .all(let terms) = term { terms } else { [term] }
        for case .property("metricname", .phrase(let name)) in terms { return name }
        return nil
    }

    private static func matches(_ term: Term, _ metric: Candidate, _ texts: [String]) -> Bool {
        switch term {
        case .all(let terms): terms.allSatisfy { matches($0, metric, texts) }
        case .any(let terms): terms.contains { matches($0, metric, texts) }
        case .not(let inner): !matches(inner, metric, texts)
        case .words(let words): texts.contains { has(words, $0) }
        case .phrase(let phrase): texts.contains(phrase)
        case .property(let name, let inner): matches(inner, metric, metric.values(of: name))
        }
    }

    private static func has(_ words: [String], _ text: String) -> Bool {
        let tokens = Self.words(text)
        guard !words.isEmpty, tokens.count >= words.count else { return false }
        return (0...(tokens.count - words.count)).contains { tokens[$0...].starts(with: words) }
    }

    /// The words of a text, in lower case: they are parted by what is no letter or digit, and where a name goes on with a
    /// capital.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            guard character.isLetter || character.isNumber else {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            if let last = word.last, index > 0 {
                let isNew = characters[index - 1].isLowercase && character.isUppercase
                let next = index + 1 < characters.count ? characters[index + 1] : nil
                let isLastCapital =
                    characters[index - 1].isUppercase && character.isUppercase && next?.isLowercase == true
                if isNew || isLastCapital || last.isNumber != character.isNumber {
                    words.append(word)
                    word = ""
                }
            }
            word += character.lowercased()
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}

extension SearchQuery.Candidate {
    fileprivate var texts: [String] { [namespace, name] + dimensions.flatMap { [$0.name, $0.value] } }

    /// - Parameter property: in lower case.
    fileprivate func values(of property: String) -> [String] {
        switch property {
        case "namespace": [namespace]
        case "metricname": [name]
        default: dimensions.filter { $0.name.lowercased() == property }.map(\.value)
        }
    }
}

private struct SearchReader {
    private var rest: Substring
    private var depth = 0

    init(_ text: String) {
        rest = text[...]
    }

    private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

    private mutating func take(_ character: Character) -> Bool {
        skipSpace()
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        skipSpace()
        guard rest.prefix(while: { $0.isLetter }) == word else { return false }
        rest = rest.dropFirst(word.count)
        return true
    }

    /// `{Namespace, "A dimension", Another}`
    mutating func schema() throws(MathError) -> (String?, Set<String>) {
        guard take("{") else { return (nil, []) }
        var names: [String] = []
        repeat { names.append(try name()) } while take(",")
        guard take("}") else { throw MathError("A closing '}' is missing in the search expression.") }
        return (names.first, Set(names.dropFirst()))
    }

    private mutating func name() throws(MathError) -> String {
        skipSpace()
        if rest.first == "\"" { return try quoted() }
        let found = rest.prefix { $0 != "," && $0 != "}" }
        rest = rest.dropFirst(found.count)
        var name = String(found)
        while name.last?.isWhitespace == true { name.removeLast() }
        guard !name.isEmpty else { throw MathError("A name is missing in the schema of the search expression.") }
        return name
    }

    private mutating func quoted() throws(MathError) -> String {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: "\"") else {
            throw MathError("A closing quotation mark is missing in the search expression.")
        }
        defer { rest = rest[rest.index(after: end)...] }
        return String(rest[..<end])
    }

    mutating func whole() throws(MathError) -> SearchQuery.Term {
        skipSpace()
        guard !rest.isEmpty else { return .all([]) }
        let term = try alternatives()
        skipSpace()
        guard rest.isEmpty else { throw MathError("Unexpected input in the search expression.") }
        return term
    }

    private mutating func alternatives() throws(MathError) -> SearchQuery.Term {
        depth += 1
        defer { depth -= 1 }
        guard depth <= MathExpression.mostDepth else { throw MathError("The search expression is nested too deeply.") }
        var terms = [try sequence()]
        while takeWord("OR") { terms.append(try sequence()) }
        return terms.count == 1 ? terms[0] : .any(terms)
    }

    private mutating func sequence() throws(MathError) -> SearchQuery.Term {
        var terms = [try one()]
        while true {
            if takeWord("AND") {
                terms.append(try one())
                continue
            }
            skipSpace()
            let word = rest.prefix { $0.isLetter }
            guard let next = rest.first, next != ")", word != "OR" else { break }
            terms.append(try one())
        }
        return terms.count == 1 ? terms[0] : .all(terms)
    }

    private mutating func one() throws(MathError) -> SearchQuery.Term {
        depth += 1
        defer { depth -= 1 }
        guard depth <= MathExpression.mostDepth else { throw MathError("The search expression is nested too deeply.") }
        if takeWord("NOT") { return .not(try one()) }
        if take("(") {
            let inner = try alternatives()
            guard take(")") else { throw MathError("A closing parenthesis is missing in the search expression.") }
            return inner
        }
        skipSpace()
        if rest.first == "\"" {
            let text = try quoted()
            return take("=") ? .property(text.lowercased(), try value()) : .phrase(text)
        }
        let word = rest.prefix { !$0.isWhitespace && !"()=\"".contains($0) }
        guard !word.isEmpty else { throw MathError("A search term is missing.") }
        rest = rest.dropFirst(word.count)
        if take("=") { return .property(word.lowercased(), try value()) }
        return .words(SearchQuery.words(String(word)))
    }

    private mutating func value() throws(MathError) -> SearchQuery.Term {
        if take("(") {
            let inner = try alternatives()
            guard take(")") else { throw MathError("A closing parenthesis is missing in the search expression.") }
            return inner
        }
        return try one()
    }
}
