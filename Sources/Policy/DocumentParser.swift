// Rules are numbered as in Documentation/PolicyRules.md.

/// Turns JSON into a document's statements and refuses what AWS refuses.
///
/// First the structure is read, of the whole document; then the checks are made, one after the other, each on the whole
/// document (``check(_:)``). So if there are several faults, the one that is reported is the one that AWS reports.
///
/// AWS: `reference_policies_grammar.html` and the pages of the elements.
struct DocumentParser {
    struct Result {
        var version = PolicyDocument.Version.v2008
        var versionPosition: SourcePosition?
        var id: String?
        var statements: [Statement] = []
    }

    /// A document whose structure is right, before it is known whether all required elements are there.
    struct Draft {
        var text: String
        var version = PolicyDocument.Version.v2008
        var versionPosition: SourcePosition?
        var id: String?
        /// Where the document begins.
        var position: SourcePosition
        var statements: [DraftStatement] = []
    }

    struct DraftStatement {
        let position: SourcePosition
        var sid: Located?
        /// As it is written.
        var effect: Located?
        var principals: Statement.Principals?
        var actions: Statement.Patterns?
        var resources: Statement.Patterns?
        var conditions: [Statement.Condition] = []
    }

    let type: PolicyType
    let strictness: PolicyDocument.Strictness

    func parse(_ text: String) throws(PolicyError) -> Result {
        let draft = try structure(text)
        for check in checks { try self.check(check, draft) }
        var result = Result(version: draft.version, versionPosition: draft.versionPosition, id: draft.id)
        result.statements.reserveCapacity(draft.statements.count)
        for (index, statement) in draft.statements.enumerated() {
            guard let effect = (statement.effect?.value).flatMap(Statement.Effect.init) else {
                throw error(.missing("Effect"), statement.position)
            }
            guard let actions = statement.actions else { throw error(.missing("Action"), statement.position) }
            result.statements.append(
                Statement(
                    index: index, position: statement.position, sid: statement.sid, effect: effect,
                    principals: statement.principals, actions: actions, resources: statement.resources,
                    conditions: statement.conditions))
        }
        return result
    }

    func error(_ problem: PolicyProblem, _ position: SourcePosition?) -> PolicyError {
        PolicyError(message: problem.message(in: type), position: position, detail: problem.detail)
    }

    // MARK: The structure

    private func structure(_ text: String) throws(PolicyError) -> Draft {
        let root: JSONElement
        do {
            root = try JSONText.parse(text)
        } catch {
            throw self.error(.notJSON(error.reason), error.position)
        }
        guard case .object(let members) = root.value else {
            throw error(.syntax("a policy is a JSON object"), root.position)
        }
        var draft = Draft(text: text, position: root.position)
        var statement: JSONElement?
        for member in members {
            switch member.name.value {
            case "Version":
                guard case .string(let text) = member.element.value,
                    let version = PolicyDocument.Version(rawValue: text)
                else { throw error(.badVersion, member.element.position) }
                draft.version = version
                draft.versionPosition = member.element.position
            case "Id":
                guard case .string(let text) = member.element.value else {
                    throw error(.syntax("Id is a string"), member.element.position)
                }
                draft.id = text
            case "Statement": statement = member.element
            default: throw error(.unknownElement(member.name.value), member.name.position)
            }
        }
        guard let statement else { throw error(.missing("Statement"), root.position) }
        draft.statements = try statements(statement)
        return draft
    }

    private func statements(_ element: JSONElement) throws(PolicyError) -> [DraftStatement] {
        switch element.value {
        case .object(let members): return [try statement(members, element.position)]
        case .array(let elements):
            guard !elements.isEmpty else { throw error(.noStatement, element.position) }
            var statements: [DraftStatement] = []
            statements.reserveCapacity(elements.count)
            for element in elements {
                guard case .object(let members) = element.value else {
                    throw error(.syntax("a statement is a JSON object"), element.position)
                }
                statements.append(try statement(members, element.position))
            }
            return statements
        default: throw error(.syntax("Statement is an object or an array of objects"), element.position)
        }
    }

    private func statement(
        _ members: [JSONMember], _ position: SourcePosition
    ) throws(PolicyError) -> DraftStatement {
        var statement = DraftStatement(position: position)
        for member in members { try read(member, into: &statement) }
        guard statement.effect != nil else { throw error(.missing("Effect"), position) }
        return statement
    }

    private func read(_ member: JSONMember, into statement: inout DraftStatement) throws(PolicyError) {
        let name = member.name.value
        let isNegated = name.hasPrefix("Not")
        switch name {
        case "Sid":
            guard case .string(let text) = member.element.value else {
                throw error(.syntax("Sid is a string"), member.element.position)
            }
            statement.sid = Located(text, at: member.element.position)
        case "Effect":
            guard case .string(let text) = member.element.value, isEffect(text) else {
                throw error(.badEffect(member.element.value), member.element.position)
            }
            statement.effect = Located(text, at: member.element.position)
        case "Principal", "NotPrincipal":
            guard statement.principals == nil else { throw error(.bothForms("Principal"), member.name.position) }
            statement.principals = try principals(member, isNegated: isNegated)
        case "Action", "NotAction":
            guard statement.actions == nil else { throw error(.bothForms("Action"), member.name.position) }
            statement.actions = try patterns(member, isNegated: isNegated)
        case "Resource", "NotResource":
            guard statement.resources == nil else { throw error(.bothForms("Resource"), member.name.position) }
            statement.resources = try patterns(member, isNegated: isNegated)
        case "Condition": statement.conditions = try conditions(member.element)
        default: throw error(.unknownElement(name), member.name.position)
        }
    }

    /// The parser of permission policies accepts an effect in another case, and a later check refuses it.
    private func isEffect(_ text: String) -> Bool {
        if strictness != .evaluable, !type.hasPrincipal {
            return ["allow", "deny"].contains(text.lowercasedASCII)
        }
        return Statement.Effect(rawValue: text) != nil
    }

    /// A string or an array of strings.
    private func patterns(_ member: JSONMember, isNegated: Bool) throws(PolicyError) -> Statement.Patterns {
        let values = try strings(member.element, of: member.name.value)
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
            guard case .object(let keys) = block.element.value else {
                throw error(.syntax("a condition operator holds an object"), block.element.position)
            }
            // Permission policies may have any operator, as long as there are no keys under it.
            guard ConditionOperator(block.name.value) != nil || (keys.isEmpty && !type.hasPrincipal) else {
                throw error(.badOperator(block.name.value), block.name.position)
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
