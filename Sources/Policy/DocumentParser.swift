/// Turns JSON into a document's statements and refuses what AWS refuses.
///
/// AWS: `reference_policies_grammar.html` and the pages of the elements.
struct DocumentParser {
    struct Result {
        var version = PolicyDocument.Version.v2008
        var versionPosition: SourcePosition?
        var id: String?
        var statements: [Statement] = []
    }

    let type: PolicyType
    let strictness: PolicyDocument.Strictness

    func parse(_ text: String) throws(PolicyError) -> Result {
        if strictness == .stored, type.refusesLeadingSpace, let first = text.utf8.first, first.isJSONWhitespace {
            throw error(.leadingSpace, SourcePosition(line: 1, column: 1, offset: 0))
        }
        let root: JSONElement
        do {
            root = try JSONText.parse(text)
        } catch {
            throw self.error(.notJSON(error.reason), error.position)
        }
        guard case .object(let members) = root.value else {
            throw error(.syntax("a policy is a JSON object"), root.position)
        }
        return try document(members, root.position)
    }

    func error(_ problem: PolicyProblem, _ position: SourcePosition?) -> PolicyError {
        PolicyError(message: problem.message(in: type), position: position, detail: problem.detail)
    }

    private func document(
        _ members: [JSONMember], _ position: SourcePosition
    ) throws(PolicyError) -> Result {
        var result = Result()
        var statement: JSONElement?
        for member in members {
            switch member.name.value {
            case "Version":
                guard case .string(let text) = member.element.value,
                    let version = PolicyDocument.Version(rawValue: text)
                else { throw error(.badVersion, member.element.position) }
                result.version = version
                result.versionPosition = member.element.position
            case "Id":
                guard case .string(let text) = member.element.value else {
                    throw error(.syntax("Id is a string"), member.element.position)
                }
                result.id = text
            case "Statement": statement = member.element
            default: throw error(.unknownElement(member.name.value), member.name.position)
            }
        }
        guard let statement else { throw error(.missing("Statement"), position) }
        result.statements = try statements(statement)
        if strictness == .stored { try checkSids(result.statements) }
        return result
    }

    private func statements(_ element: JSONElement) throws(PolicyError) -> [Statement] {
        switch element.value {
        case .object(let members): return [try statement(members, index: 0, element.position)]
        case .array(let elements):
            guard !elements.isEmpty else { throw error(.noStatement, element.position) }
            var statements: [Statement] = []
            statements.reserveCapacity(elements.count)
            for element in elements {
                guard case .object(let members) = element.value else {
                    throw error(.syntax("a statement is a JSON object"), element.position)
                }
                statements.append(try statement(members, index: statements.count, element.position))
            }
            return statements
        default: throw error(.syntax("Statement is an object or an array of objects"), element.position)
        }
    }

    /// The elements of a statement, before it is known whether all are there.
    private struct Elements {
        var sid: Located?
        var effect: Statement.Effect?
        var principals: Statement.Principals?
        var actions: Statement.Patterns?
        var resources: Statement.Patterns?
        var conditions: [Statement.Condition] = []
    }

    private func statement(
        _ members: [JSONMember], index: Int, _ position: SourcePosition
    ) throws(PolicyError) -> Statement {
        var elements = Elements()
        for member in members { try read(member, into: &elements) }
        guard let effect = elements.effect else { throw error(.missing("Effect"), position) }
        guard let actions = elements.actions else { throw error(.missing("Action"), position) }
        if strictness == .stored, type.hasPrincipal, elements.principals == nil {
            throw error(.missing("Principal"), position)
        }
        if type != .roleTrust, elements.resources == nil { throw error(.missing("Resource"), position) }
        let statement = Statement(
            index: index, position: position, sid: elements.sid, effect: effect, principals: elements.principals,
            actions: actions, resources: elements.resources, conditions: elements.conditions)
        if strictness == .stored { try check(statement) }
        return statement
    }

    private func read(_ member: JSONMember, into elements: inout Elements) throws(PolicyError) {
        let name = member.name.value
        let isNegated = name.hasPrefix("Not")
        switch name {
        case "Sid":
            guard case .string(let text) = member.element.value else {
                throw error(.syntax("Sid is a string"), member.element.position)
            }
            elements.sid = Located(text, at: member.element.position)
        case "Effect":
            guard case .string(let text) = member.element.value, let effect = Statement.Effect(rawValue: text) else {
                throw error(.badEffect(member.element.value), member.element.position)
            }
            elements.effect = effect
        case "Principal", "NotPrincipal":
            guard type.hasPrincipal else { throw error(.prohibited(name), member.name.position) }
            guard elements.principals == nil else { throw error(.bothForms("Principal"), member.name.position) }
            elements.principals = try principals(member, isNegated: isNegated)
        case "Action", "NotAction":
            guard elements.actions == nil else { throw error(.bothForms("Action"), member.name.position) }
            elements.actions = try patterns(member, isNegated: isNegated)
        case "Resource", "NotResource":
            guard type != .roleTrust else { throw error(.prohibited(name), member.name.position) }
            guard elements.resources == nil else { throw error(.bothForms("Resource"), member.name.position) }
            elements.resources = try patterns(member, isNegated: isNegated)
        case "Condition": elements.conditions = try conditions(member.element)
        default: throw error(.unknownElement(name), member.name.position)
        }
    }

    /// A string or an array of strings, at least one.
    private func patterns(_ member: JSONMember, isNegated: Bool) throws(PolicyError) -> Statement.Patterns {
        let values = try strings(member.element, of: member.name.value)
        guard !values.isEmpty else { throw error(.empty(member.name.value), member.element.position) }
        return Statement.Patterns(isNegated: isNegated, values: values, position: member.name.position)
    }

    private func strings(_ element: JSONElement, of name: String) throws(PolicyError) -> [Located] {
        switch element.value {
        case .string(let text): return [Located(text, at: element.position)]
        case .array(let elements):
            var values: [Located] = []
            values.reserveCapacity(elements.count)
            for element in elements {
                guard case .string(let text) = element.value else {
                    throw error(.syntax("\(name) holds strings"), element.position)
                }
                values.append(Located(text, at: element.position))
            }
            return values
        default: throw error(.syntax("\(name) is a string or an array of strings"), element.position)
        }
    }

    private func principals(_ member: JSONMember, isNegated: Bool) throws(PolicyError) -> Statement.Principals {
        var entries: [PrincipalEntry] = []
        switch member.element.value {
        case .string(let text):
            guard text == "*" else { throw error(.badPrincipal("AWS", text), member.element.position) }
            entries.append(PrincipalEntry(type: "*", value: "*", position: member.element.position))
        case .object(let members):
            for kind in members {
                for value in try strings(kind.element, of: member.name.value) {
                    entries.append(
                        PrincipalEntry(type: kind.name.value, value: value.value, position: value.position))
                }
            }
        default: throw error(.syntax("\(member.name.value) is \"*\" or an object"), member.element.position)
        }
        return Statement.Principals(isNegated: isNegated, entries: entries, position: member.name.position)
    }

    private func conditions(_ element: JSONElement) throws(PolicyError) -> [Statement.Condition] {
        guard case .object(let operators) = element.value else {
            throw error(.syntax("Condition is an object"), element.position)
        }
        var conditions: [Statement.Condition] = []
        for block in operators {
            guard ConditionOperator(block.name.value) != nil else {
                throw error(.badOperator(block.name.value), block.name.position)
            }
            guard case .object(let keys) = block.element.value else {
                throw error(.syntax("a condition operator holds an object"), block.element.position)
            }
            for key in keys {
                conditions.append(
                    Statement.Condition(
                        operatorName: block.name, key: key.name, values: try conditionValues(key.element)))
            }
        }
        return conditions
    }

    /// A string, number or boolean, or an array of them; an empty array is legal (rule 36).
    private func conditionValues(_ element: JSONElement) throws(PolicyError) -> [Located] {
        if case .array(let elements) = element.value {
            var values: [Located] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try conditionValue(element)) }
            return values
        }
        return [try conditionValue(element)]
    }

    private func conditionValue(_ element: JSONElement) throws(PolicyError) -> Located {
        switch element.value {
        case .string(let text), .number(let text): Located(text, at: element.position)
        case .bool(let value): Located(value ? "true" : "false", at: element.position)
        case .null, .object, .array:
            throw error(.syntax("a condition value is a string, a number or a boolean"), element.position)
        }
    }
}
