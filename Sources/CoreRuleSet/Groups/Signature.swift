import WAF

/// A rule's tests without what it looks at: they can be put to any part of a request.
struct Signature: Sendable {
    let id: Int
    let test: PreparedTest
    /// What the text that was found has to fulfil besides.
    let further: [PreparedTest]

    /// - Returns: nil for a rule whose tests mean nothing without their place.
    init?(_ rule: PreparedRule) {
        guard let test = rule.links.first?.test, !test.isNegated else { return nil }
        switch test.condition {
        case .scanned, .regex, .sql, .script, .other(.wordComparison): break
        case .other: return nil
        }
        var further: [PreparedTest] = []
        for link in rule.links.dropFirst() {
            guard let test = link.test, test.variables.exceptions.isEmpty, test.nodes.count == 1,
                test.variables.choices.allSatisfy({ $0.variable == .matched || $0.variable == .allMatched })
            else { return nil }
            further.append(test)
        }
        id = rule.id
        self.test = test
        self.further = further
    }
}

/// All rules that can be put to any part of a request, by their numbers.
struct SignatureTable: Sendable {
    private let byID: [Int: Signature]

    init(_ rules: [PreparedRule]) {
        byID = Dictionary(rules.compactMap { Signature($0) }.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Those of some ranges of numbers.
    func signatures(in ranges: [ClosedRange<Int>]) -> [Signature] {
        byID.values.filter { signature in ranges.contains { $0.contains(signature.id) } }.sorted { $0.id < $1.id }
    }
}

/// A part of a request, as AWS's rules name it.
enum RequestPart: Sendable, CaseIterable {
    case body, cookie, header, userAgent, queryArguments, queryString, uriPath

    /// What rules' names end with.
    var suffix: String {
        switch self {
        case .body: "BODY"
        case .cookie: "COOKIE"
        case .header, .userAgent: "HEADER"
        case .queryArguments: "QUERYARGUMENTS"
        case .queryString: "QUERYSTRING"
        case .uriPath: "URIPATH"
        }
    }

    /// Whether a variable's values with a name are in it.
    func has(_ variable: SecVariable, _ name: [UInt8]) -> Bool {
        switch self {
        case .body:
            switch variable {
            case .bodyArguments, .bodyArgumentNames, .jsonArguments, .jsonArgumentNames, .files, .opaqueBody, .xml:
                true
            default: false
            }
        case .cookie: variable == .cookies || variable == .cookieNames
        case .header:
            variable == .headers && !name.map(asciiLowercased).elementsEqual("cookie".utf8)
        case .userAgent:
            variable == .headers && name.map(asciiLowercased).elementsEqual("user-agent".utf8)
        case .queryArguments: variable == .queryArguments || variable == .queryArgumentNames
        case .queryString:
            variable == .queryArguments || variable == .queryArgumentNames || variable == .query
        case .uriPath: variable == .filename
        }
    }

    /// Where something was found, as logs have it.
    var location: String {
        switch self {
        case .body: "BODY"
        case .cookie: "COOKIE"
        case .header, .userAgent: "HEADER"
        case .queryArguments: "ALL_QUERY_ARGS"
        case .queryString: "QUERY_STRING"
        case .uriPath: "URI"
        }
    }
}
