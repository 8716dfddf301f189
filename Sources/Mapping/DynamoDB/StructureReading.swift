import Wire

// What members of requests hold. A member that is of another type than the model says, or has an entry twice, is refused.
extension Structure {
    /// nil where the member is not there.
    func text(_ member: String) throws(Unmapped) -> String? {
        switch self[member] {
        case nil: return nil
        case .string(let text)?: return text
        default: throw Unmapped("\(member) is no string")
        }
    }

    /// The entries of a map that has to be there.
    func entries(_ member: String) throws(Unmapped) -> [MapEntry] {
        guard let value = self[member] else { throw Unmapped("\(member) is missing") }
        return try value.distinctEntries(member)
    }

    /// The entries of a map; none where it is not there.
    func entriesIfAny(_ member: String) throws(Unmapped) -> [MapEntry] {
        guard let value = self[member] else { return [] }
        return try value.distinctEntries(member)
    }

    /// The elements of a list that has to be there.
    func elements(_ member: String) throws(Unmapped) -> [Value] {
        guard case .list(let elements)? = self[member], !elements.isEmpty else {
            throw Unmapped("\(member) is missing")
        }
        return elements
    }

    /// What placeholders for names stand for.
    var attributeNames: [String: String] {
        get throws(Unmapped) {
            var names: [String: String] = [:]
            for entry in try entriesIfAny("ExpressionAttributeNames") {
                guard case .string(let name) = entry.value, !name.isEmpty else {
                    throw Unmapped("ExpressionAttributeNames has a name that is no string, or empty")
                }
                names[entry.key] = name
            }
            return names
        }
    }

    /// `dynamodb:ReturnValues`, `NONE` where nothing is said.
    ///
    /// An item can also be returned when its condition fails. AWS documents no key for that, except where it is all that can be
    /// returned: in transactions. It counts as a second value, for it shows what a policy about the key hides; each has to
    /// be allowed.
    var returnValues: [String] {
        get throws(Unmapped) {
            // Elements of transactions have no ReturnValues.
            let isElement = shape.index(of: "ReturnValues") == nil
            let onFailure = try text("ReturnValuesOnConditionCheckFailure")
            return isElement ? [onFailure ?? "NONE"] : Self.returnValues(try text("ReturnValues"), onFailure)
        }
    }

    static func returnValues(_ values: String?, _ onFailure: String?) -> [String] {
        let values = values ?? "NONE"
        guard let onFailure, onFailure != "NONE", onFailure != values else { return [values] }
        return [values, onFailure]
    }
}

extension Value {
    /// The entries of a map, each name once.
    func distinctEntries(_ member: String) throws(Unmapped) -> [MapEntry] {
        guard case .map(let entries) = self else { throw Unmapped("\(member) is no map") }
        // DynamoDB has no such names, and policies take an empty text for none at all.
        guard entries.allSatisfy({ !$0.key.isEmpty }) else { throw Unmapped("\(member) has an entry without a name") }
        // Most have one or two.
        guard entries.count > 1 else { return entries }
        var names: Set<ExactText> = []
        for entry in entries {
            guard names.insert(ExactText(entry.key)).inserted else { throw Unmapped("\(member) has an entry twice") }
        }
        return entries
    }

    /// The one member of a structure that has to have exactly one, and its name.
    func onlyMember(_ member: String) throws(Unmapped) -> (name: String, structure: Structure) {
        guard case .structure(let structure) = self else {
            throw Unmapped("\(member) has an element without a request")
        }
        var found: (name: String, structure: Structure)?
        for (index, shape) in structure.shape.members.enumerated() {
            guard let value = structure[member: index] else { continue }
            guard found == nil, case .structure(let request) = value else {
                throw Unmapped("\(member) has an element with more than one request")
            }
            found = (shape.name, request)
        }
        guard let found else { throw Unmapped("\(member) has an element without a request") }
        return found
    }
}

extension ExpressionReader {
    /// Reads what is to be returned. Says whether anything is specified.
    mutating func readProjection(of input: Structure) throws(Unmapped) -> Bool {
        var isProjected = false
        if let expression = try input.text("ProjectionExpression") {
            try projection(expression)
            isProjected = true
        }
        if case .list(let elements)? = input["AttributesToGet"] {
            for element in elements {
                guard case .string(let name) = element else { throw Unmapped("AttributesToGet has what is no name") }
                add(attribute: name)
                isProjected = true
            }
        }
        return isProjected
    }

    /// Reads the condition of a change. Returns the names in the parameter that was before expressions.
    mutating func readConditions(of input: Structure) throws(Unmapped) -> [ExactText] {
        if let expression = try input.text("ConditionExpression") { try condition(expression) }
        return try input.entriesIfAny("Expected").names
    }
}

extension [MapEntry] {
    /// The names of the entries: of attributes, where they are a key or an item.
    var names: [ExactText] { map { ExactText($0.key) } }
}
