/// Reads DynamoDB's expressions as far as permissions depend on them: which top-level attributes they name, and which of
/// them they say to be equal to a value.
///
/// It knows the whole grammar, for what it can't follow is refused rather than guessed. Reserved words, types and limits are
/// DynamoDB's to check. Every expression of a request is read by the same reader, which collects what they say.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>
struct ExpressionReader {
    /// All top-level attributes that have been named. Of `Address.City` that is `Address`; a placeholder stands for one
    /// attribute, dots and all.
    private(set) var attributes: Set<ExactText> = []

    /// The names that placeholders stand for, by the placeholders with their `#`.
    private let names: [String: String]
    private var tokens: [ExpressionToken] = []
    private var position = 0
    private var depth = 0
    /// The member that is being read, for reasons.
    private var member = ""
    private var condition = KeyCondition()

    /// Parentheses and functions within each other. DynamoDB allows 300 operators and functions altogether.
    private static let deepest = 100

    init(names: [String: String] = [:]) {
        self.names = names
    }

    /// What a key condition says of the attributes of a key.
    struct KeyCondition: Equatable {
        /// The placeholders of values that attributes are said to be equal to.
        fileprivate(set) var equalities: [ExactText: String] = [:]
        /// How often each attribute is named.
        fileprivate(set) var mentions: [ExactText: Int] = [:]
        /// Whether all of it has to hold: there is no `OR`, `NOT` or `IN`.
        fileprivate(set) var isConjunction = true
    }

    /// Adds an attribute that is named outside of expressions.
    mutating func add(attribute: String) { attributes.insert(ExactText(attribute)) }

    // MARK: The kinds of expressions

    /// `Name, Address.City, Reviews[0]`
    mutating func projection(_ text: String, _ member: String = "ProjectionExpression") throws(Unmapped) {
        try begin(text, member)
        repeat { _ = try path() } while take(.comma)
        try end()
    }

    /// A condition or a filter: `attribute_exists(Price) AND NOT Price > :most`.
    mutating func condition(_ text: String, _ member: String = "ConditionExpression") throws(Unmapped) {
        try begin(text, member)
        guard try disjunction() == .condition else { throw unexpected }
        try end()
    }

    /// `UserId = :id AND begins_with(GameTitle, :start)`
    mutating func keyCondition(_ text: String) throws(Unmapped) -> KeyCondition {
        condition = KeyCondition()
        try condition(text, "KeyConditionExpression")
        return condition
    }

    /// `SET Price = if_not_exists(Price, :one) + :more REMOVE Brand`
    mutating func update(_ text: String) throws(Unmapped) {
        try begin(text, "UpdateExpression")
        var clauses: Set<String> = []
        while let token = current {
            guard let clause = ["SET", "REMOVE", "ADD", "DELETE"].first(where: token.isKeyword),
                clauses.insert(clause).inserted
            else { throw unexpected }
            position += 1
            repeat {
                _ = try path()
                switch clause {
                case "SET":
                    try expect(.equal)
                    try value()
                case "ADD", "DELETE": _ = try operand()
                default: break
                }
            } while take(.comma)
        }
        guard !clauses.isEmpty else { throw unexpected }
    }

    // MARK: Conditions

    /// What an expression in parentheses may turn out to be.
    private enum Kind { case operand, condition }

    private mutating func disjunction() throws(Unmapped) -> Kind {
        try enter()
        var kind = try conjunction()
        while takeKeyword("OR") {
            condition.isConjunction = false
            guard kind == .condition, try conjunction() == .condition else { throw unexpected }
            kind = .condition
        }
        depth -= 1
        return kind
    }

    private mutating func conjunction() throws(Unmapped) -> Kind {
        let kind = try negation()
        while takeKeyword("AND") {
            guard kind == .condition, try negation() == .condition else { throw unexpected }
        }
        return kind
    }

    private mutating func negation() throws(Unmapped) -> Kind {
        var isNegated = false
        while takeKeyword("NOT") {
            condition.isConjunction = false
            isNegated = true
        }
        let kind = try comparison()
        guard kind == .condition || !isNegated else { throw unexpected }
        return kind
    }

    /// A function, a comparison, or anything in parentheses.
    private mutating func comparison() throws(Unmapped) -> Kind {
        var left: Operand?
        if take(.open) {
            let kind = try disjunction()
            try expect(.close)
            if kind == .condition { return .condition }
        } else {
            left = try operand()
            if left == .test { return .condition }
        }
        switch current {
        case .sign(let sign)? where sign.isComparator:
            position += 1
            let right = try operand()
            guard right != .test else { throw unexpected }
            if sign == .equal { note(left, equals: right) }
        case let token? where token.isKeyword("BETWEEN"):
            position += 1
            try plainOperand()
            guard takeKeyword("AND") else { throw unexpected }
            try plainOperand()
        case let token? where token.isKeyword("IN"):
            condition.isConjunction = false
            position += 1
            try expect(.open)
            repeat { try plainOperand() } while take(.comma)
            try expect(.close)
        default: return .operand
        }
        return .condition
    }

    private mutating func note(_ left: Operand?, equals right: Operand?) {
        switch (left, right) {
        case (.attribute(let name)?, .placeholder(let value)?), (.placeholder(let value)?, .attribute(let name)?):
            // Twice: it is equal to neither for certain.
            if condition.equalities.updateValue(value, forKey: name) != nil { condition.isConjunction = false }
        default: break
        }
    }

    // MARK: Operands

    private enum Operand: Equatable {
        /// A whole top-level attribute.
        case attribute(ExactText)
        case placeholder(String)
        /// A nested attribute, or the result of a function.
        case other
        /// A function that is a condition.
        case test
    }

    private mutating func plainOperand() throws(Unmapped) {
        if try operand() == .test { throw unexpected }
    }

    private mutating func operand() throws(Unmapped) -> Operand {
        switch current {
        case .valueAlias(let name)?:
            position += 1
            return .placeholder(name)
        case .sign(.open)?:
            // Needless parentheses.
            try enter()
            position += 1
            let inner = try operand()
            try expect(.close)
            depth -= 1
            return inner
        case .word(let name)? where next == .sign(.open):
            position += 2
            try enter()
            let isTest = try function(name)
            try expect(.close)
            depth -= 1
            return isTest ? .test : .other
        default: return try path()
        }
    }

    /// The arguments of a function, whose name is told by its case, too. Says whether it is a condition.
    private mutating func function(_ name: String) throws(Unmapped) -> Bool {
        switch name {
        case "attribute_exists", "attribute_not_exists", "size":
            _ = try path()
            return name != "size"
        case "attribute_type", "begins_with", "contains":
            try plainOperand()
            try expect(.comma)
            try plainOperand()
            return true
        case "if_not_exists":
            _ = try path()
            try expect(.comma)
            try value()
            return false
        case "list_append":
            try value()
            try expect(.comma)
            try value()
            return false
        default: throw Unmapped("\(member) has a function that DynamoDB does not have")
        }
    }

    /// What `SET` sets: operands, added to and subtracted from each other.
    private mutating func value() throws(Unmapped) {
        repeat {
            if take(.open) {
                try enter()
                try value()
                try expect(.close)
                depth -= 1
            } else {
                try plainOperand()
            }
        } while take(.plus) || take(.minus)
    }

    /// A document path. Its first name is an attribute of the item, the others are within that.
    private mutating func path() throws(Unmapped) -> Operand {
        let attribute = ExactText(try name())
        attributes.insert(attribute)
        condition.mentions[attribute, default: 0] += 1
        var isWhole = true
        while true {
            if take(.dot) {
                _ = try name()
            } else if take(.openBracket) {
                guard current == .number else { throw unexpected }
                position += 1
                try expect(.closeBracket)
            } else {
                return isWhole ? .attribute(attribute) : .other
            }
            isWhole = false
        }
    }

    private mutating func name() throws(Unmapped) -> String {
        defer { position += 1 }
        switch current {
        case .word(let name)?: return name
        case .nameAlias(let alias)?:
            guard let name = names[alias] else {
                throw Unmapped(
                    "\(member) has the placeholder \(DynamoDBNames.shown(alias)), which ExpressionAttributeNames lacks")
            }
            return name
        default: throw unexpected
        }
    }

    // MARK: Tokens

    private var current: ExpressionToken? { position < tokens.count ? tokens[position] : nil }
    private var next: ExpressionToken? { position + 1 < tokens.count ? tokens[position + 1] : nil }

    private mutating func begin(_ text: String, _ member: String) throws(Unmapped) {
        self.member = member
        tokens = try ExpressionToken.tokens(of: text, member)
        (position, depth) = (0, 0)
    }

    private func end() throws(Unmapped) {
        guard current == nil else { throw unexpected }
    }

    private mutating func enter() throws(Unmapped) {
        depth += 1
        guard depth <= Self.deepest else { throw Unmapped("\(member) is nested too deeply") }
    }

    private mutating func take(_ sign: ExpressionSign) -> Bool {
        guard current == .sign(sign) else { return false }
        position += 1
        return true
    }

    private mutating func takeKeyword(_ keyword: String) -> Bool {
        guard let current, current.isKeyword(keyword) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ sign: ExpressionSign) throws(Unmapped) {
        guard take(sign) else { throw unexpected }
    }

    private var unexpected: Unmapped { Unmapped("\(member) can't be understood from its word \(position + 1) on") }
}
