import WAF

/// A rule of ModSecurity's language, as far as it is understood here.
/// <https://github.com/owasp-modsecurity/ModSecurity/wiki/Reference-Manual-(v3.x)>
struct SecRule: Sendable {
    /// The number by which logs and exceptions know it; 0: it has none.
    var id = 0
    /// 1: the head of a request is there; 2: the body as well. Others look at responses, and at logs.
    var phase = 2
    /// Tests that all have to be fulfilled, in this order.
    var links: [SecLink] = []
    /// Where the rules of the phase go on when it has matched; nil: with the next.
    var skipAfter: String?
    /// Whether logs are told.
    var isLogged = true
    /// Whether it refuses the request by itself, instead of raising the score.
    var denies = false
    var tags: [String] = []
    var message = ""
    /// Where it was read.
    var place = ""
    /// Why it can't be asked; nil: it can.
    var unread: String?
}

/// One test of a rule, and what is done where it is fulfilled.
struct SecLink: Sendable {
    /// nil: there is nothing to test.
    var test: Test?
    var assignments: [SecAssignment] = []
    /// Whether the parts that the expression captures are kept.
    var captures = false

    /// Values, and what they have to fulfil.
    struct Test: Sendable {
        var variables: SecVariables
        var transformations: [SecTransformation] = []
        /// Whether a value is tested after each of the transformations that changes it, and before the first.
        var isMultiMatch = false
        var isNegated = false
        var condition: SecOperator
    }
}

/// What a value has to fulfil.
enum SecOperator: Sendable, Equatable {
    /// An expression for RE2 over bytes.
    case regex(SecText)
    /// One of these texts is in it, whatever their case.
    case phrases([String])
    case sqlInjection, crossSiteScripting
    /// It has bytes besides these.
    case byteRange([Bool])
    case urlEncoding, utf8Encoding
    case within(SecText)
    case equals(SecText)
    case begins(SecText)
    case ends(SecText)
    case contains(SecText)
    case number(Comparison, SecText)
    case addresses([String])
    /// See ``WordComparison``. No rule names it.
    case wordComparison
    case always

    enum Comparison: Sendable, Equatable {
        case equal, greaterOrEqual, greater, lessOrEqual, less

        func holds(_ left: Int, _ right: Int) -> Bool {
            switch self {
            case .equal: left == right
            case .greaterOrEqual: left >= right
            case .greater: left > right
            case .lessOrEqual: left <= right
            case .less: left < right
            }
        }
    }
}

/// A text with names of variables in it: `%{tx.score}`.
struct SecText: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case literal([UInt8])
        /// The first value of a variable.
        case variable(SecVariable, key: [UInt8]?)
        /// It stands for nothing: a variable that isn't there.
        case empty
    }

    var parts: [Part]

    /// Its bytes, where it has no variables.
    var constant: [UInt8]? {
        var bytes: [UInt8] = []
        for part in parts {
            guard case .literal(let literal) = part else { return nil }
            bytes += literal
        }
        return bytes
    }
}

/// Sets, raises, lowers or removes a variable of the transaction.
struct SecAssignment: Sendable {
    enum Change: Sendable { case set, add, subtract, remove }
    /// The name behind `tx.`.
    let name: SecText
    let change: Change
    let value: SecText
}

/// What is done to a value before it is tested.
enum SecTransformation: Sendable, Hashable {
    /// One that AWS's statements have as well.
    case shared(TextTransformation)
    case length, removeWhitespace, trim, trimLeft, trimRight, uppercase, hexEncode
}
