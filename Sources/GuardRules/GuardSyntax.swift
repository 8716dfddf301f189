import WAF

/// A whole file.
struct RuleFile: Sendable {
    var assignments: [String: Operand] = [:]
    var rules: [NamedRule] = []
    /// The rules that take arguments; they are evaluated only where they are called.
    var functions: [String: NamedRule] = [:]
}

struct NamedRule: Sendable {
    let name: String
    let parameters: [String]
    let conditions: Conjunctions?
    let block: Block
}

/// Clauses in conjunctive normal form: all lines, and in each line one of several.
typealias Conjunctions = [[Clause]]

struct Block: Sendable {
    var assignments: [String: Operand] = [:]
    var conjunctions: Conjunctions = []
}

enum Clause: Sendable {
    case comparison(ComparisonClause)
    case block(Query, Block)
    case when(Conjunctions, Block)
    case type(Query, conditions: Conjunctions?, Block)
    case rule(String, isNegated: Bool, message: String?)
    case call(String, [Operand], message: String?)
}

struct ComparisonClause: Sendable {
    let query: Query
    let comparator: Comparator
    /// `!exists`, `not in`, `!=`.
    let isInverse: Bool
    /// A `not` before the query.
    let isNegated: Bool
    let operand: Operand?
    let message: String?
}

enum Comparator: Sendable {
    case equal, less, lessOrEqual, greater, greaterOrEqual, isIn
    case exists, isEmpty, isString, isList, isStruct, isBool, isInt, isFloat, isNull

    var isUnary: Bool {
        switch self {
        case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn: false
        default: true
        }
    }
}

/// What stands on the right of a comparison or an assignment, or is an argument.
indirect enum Operand: Sendable {
    case value(GuardValue)
    case query(Query)
    case function(String, [Operand])
}

struct Query: Sendable {
    var parts: [QueryPart]
    /// With `some`, one value is enough.
    var isSome = false

    /// Whether nothing but a variable: its values are asked as a collection.
    var isVariableOnly: Bool {
        guard parts.count == 1, case .variable = parts[0] else { return false }
        return true
    }
}

indirect enum QueryPart: Sendable {
    case this
    case key(String)
    /// `%name`: the values of a variable, or keys by them.
    case variable(String)
    /// `*`
    case allValues
    /// `[*]`
    case allIndices
    case index(Int)
    /// `[ name | clauses ]`
    case filter(capture: String?, Conjunctions)
    /// `[ keys == /x/ ]`
    case keys(capture: String?, Comparator, isInverse: Bool, Operand)
}
