import Wire

/// What a statement of PartiQL for DynamoDB asks for, as far as permissions depend on it.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html>
struct PartiQLStatement {
    /// What is done; each is an action of its own.
    enum Verb: String {
        case select = "PartiQLSelect"
        case insert = "PartiQLInsert"
        case update = "PartiQLUpdate"
        case delete = "PartiQLDelete"
    }

    let verb: Verb
    /// The name or the ARN of the table.
    let table: String
    /// The index that is read; nil for the table itself.
    let index: String?
    /// All top-level attributes that the statement names.
    let attributes: Set<ExactText>
    /// Whether it asks for all attributes: `SELECT *`.
    let selectsAll: Bool
    /// `ALL_OLD` for `RETURNING ALL OLD *`; nil where nothing is returned.
    let returning: String?
    /// What the items have to fulfil; nil where there is no `WHERE`.
    let condition: PartiQLCondition?
    /// The item to insert, if it stands in the statement: what each attribute is to be.
    let item: [ExactText: PartiQLOperand]
    /// The place of the parameter that is the item to insert.
    let itemParameter: Int?
    /// The values that stand in the text: see ``PartiQLLiteral``.
    let literals: [PartiQLLiteral]
    /// How many `?` there are.
    let parameterCount: Int
}

/// A value in the text of a statement.
struct PartiQLLiteral: Equatable {
    /// Its bytes in the text.
    let range: Range<Int>
    /// The top-level attribute that `WHERE` compares it with, if it is that.
    let attribute: ExactText?
}

/// A value, as far as it can be a key.
enum PartiQLOperand: Equatable {
    /// A string or a number in the statement, as ``KeyText`` has it.
    case literal(String)
    /// `?`, by its place among them.
    case parameter(Int)
    /// Anything else.
    case other
}

/// What `WHERE` says of attributes being equal to values. Conditions of all other kinds are `.other`, which may be true or
/// false.
indirect enum PartiQLCondition: Equatable {
    case equal(ExactText, [PartiQLOperand])
    case all([PartiQLCondition])
    case any([PartiQLCondition])
    case other

    /// The values one of which an attribute has in every item that fulfils the condition; nil where it may have any.
    ///
    /// Throws where that can't be said: two parts of the condition are about the attribute.
    func values(of attribute: ExactText) throws(Unmapped) -> [PartiQLOperand]? {
        switch self {
        case .equal(attribute, let values): return values
        case .equal, .other: return nil
        case .all(let parts):
            var found: [PartiQLOperand]?
            for part in parts {
                guard let values = try part.values(of: attribute) else { continue }
                guard found == nil else { throw Unmapped("WHERE has the partition key more than once") }
                found = values
            }
            return found
        case .any(let parts):
            var found: [PartiQLOperand] = []
            for part in parts {
                guard let values = try part.values(of: attribute) else { return nil }
                found += values
            }
            return found
        }
    }

    /// Every value that any attribute is compared with.
    var allValues: [PartiQLOperand] {
        switch self {
        case .equal(_, let values): values
        case .all(let parts), .any(let parts): parts.flatMap(\.allValues)
        case .other: []
        }
    }
}

extension PartiQLStatement {
    /// Reads a statement.
    ///
    /// - Parameter inTransaction: whether `EXISTS(SELECT …)` may stand here.
    /// - Complexity: linear in the length of the text.
    init(parsing text: String, inTransaction: Bool) throws(Unmapped) {
        var reader = PartiQLReader(try PartiQLToken.tokens(of: Array(text.utf8)))
        self = try reader.statement(inTransaction: inTransaction)
    }
}
