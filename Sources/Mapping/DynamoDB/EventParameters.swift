import Wire

/// Writes the parameters of data events.
struct EventParameters {
    let names: DynamoDBNames
    let keys: [String: TableKeys]

    /// What an event has in place of a value.
    static let redacted = "***(Redacted)"

    func members(of operation: String, _ input: Structure) -> [JSONMember] {
        switch operation {
        case "BatchGetItem": with(batchGet(input), members(of: input))
        case "BatchWriteItem": with(batchWrite(input), members(of: input))
        case "TransactGetItems", "TransactWriteItems": with(transaction(input), members(of: input))
        case "BatchExecuteStatement": with(statements(input, "Statements", false), members(of: input))
        case "ExecuteTransaction": with(statements(input, "TransactStatements", true), members(of: input))
        case "ExecuteStatement": statement(input, false)
        default: members(of: input)
        }
    }

    private func with(_ items: [JSONValue], _ rest: [JSONMember]) -> [JSONMember] {
        [JSONMember(key: "requestItems", value: .array(items))] + rest
    }

    // MARK: One request

    /// The members that a structure has, and what may be shown of each. What is not known is left out.
    ///
    /// - Parameter items: what names of attributes are called: `item` for PutItem, `items` in a transaction.
    private func members(of structure: Structure, items: String = "item") -> [JSONMember] {
        var members: [JSONMember] = []
        for index in structure.shape.members.indices {
            guard let value = structure[member: index] else { continue }
            let shape = structure.shape.members[index]
            let shown: JSONValue?
            switch value {
            case .map(let entries) where shape.name == "Item":
                if let key = key(of: entries, in: structure) { members.append(JSONMember(key: "key", value: key)) }
                members.append(JSONMember(key: items, value: Self.attributes(entries)))
                continue
            case .map(let entries): shown = Self.shown(entries, as: shape.name)
            case .list(let elements): shown = Self.shown(elements, as: shape.name)
            default: shown = Self.plain(value)
            }
            if let shown { members.append(JSONMember(key: shape.camelCaseName, value: shown)) }
        }
        return members
    }

    private static func shown(_ entries: [MapEntry], as member: String) -> JSONValue? {
        switch member {
        case "Key", "ExclusiveStartKey": values(entries)
        case "ExpressionAttributeNames": strings(entries)
        case "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter": attributes(entries)
        default: nil
        }
    }

    private static func shown(_ elements: [Value], as member: String) -> JSONValue? {
        switch member {
        case "Keys":
            .array(elements.map { key in if case .map(let entries) = key { values(entries) } else { .null } })
        case "AttributesToGet": .array(elements.compactMap(plain))
        default: nil
        }
    }

    /// The key of an item that is put; nil where the table's is not known.
    private func key(of item: [MapEntry], in structure: Structure) -> JSONValue? {
        guard case .string(let table)? = structure["TableName"] else { return nil }
        return key(of: item, in: table)
    }

    private func key(of item: [MapEntry], in table: String) -> JSONValue? {
        guard let arn = try? names.table(table), let key = keys[arn]?.primary else { return nil }
        let attributes = key.attributes.map { ExactText($0) }
        return Self.values(item.filter { attributes.contains(ExactText($0.key)) })
    }

    // MARK: Many requests

    private func batchGet(_ input: Structure) -> [JSONValue] {
        guard case .map(let tables)? = input["RequestItems"] else { return [] }
        return tables.compactMap { table in
            guard case .structure(let request) = table.value else { return nil }
            return .object([JSONMember(key: "tableName", value: .string(table.key))] + members(of: request))
        }
    }

    private func batchWrite(_ input: Structure) -> [JSONValue] {
        guard case .map(let tables)? = input["RequestItems"] else { return [] }
        return tables.flatMap { table -> [JSONValue] in
            guard case .list(let requests) = table.value else { return [] }
            return requests.compactMap { request in
                guard let (name, structure) = try? request.onlyMember("RequestItems") else { return nil }
                var members = [
                    JSONMember(key: "operation", value: .string(name == "PutRequest" ? "Put" : "Delete")),
                    JSONMember(key: "tableName", value: .string(table.key)),
                ]
                if case .map(let item)? = structure["Item"], let key = key(of: item, in: table.key) {
                    members.append(JSONMember(key: "key", value: key))
                }
                return .object(members + self.members(of: structure, items: "items"))
            }
        }
    }

    private func transaction(_ input: Structure) -> [JSONValue] {
        guard case .list(let elements)? = input["TransactItems"] else { return [] }
        return elements.compactMap { element in
            guard let (name, structure) = try? element.onlyMember("TransactItems") else { return nil }
            return .object(
                [JSONMember(key: "operation", value: .string(name))] + members(of: structure, items: "items"))
        }
    }

    private func statements(_ input: Structure, _ member: String, _ inTransaction: Bool) -> [JSONValue] {
        guard case .list(let elements)? = input[member] else { return [] }
        return elements.compactMap { element in
            guard case .structure(let structure) = element else { return nil }
            return .object(statement(structure, inTransaction))
        }
    }

    // MARK: Statements

    private func statement(_ input: Structure, _ inTransaction: Bool) -> [JSONMember] {
        members(of: input).map { member in
            guard member.key == "statement", case .string(let text) = member.value else { return member }
            return JSONMember(key: member.key, value: .string(redact(text, inTransaction)))
        }
    }

    private func redact(_ text: String, _ inTransaction: Bool) -> String {
        guard let statement = try? PartiQLStatement(parsing: text, inTransaction: inTransaction) else {
            return Self.redacted
        }
        let known = (try? names.table(statement.table)).flatMap { keys[$0] }
        let key = statement.index.map { known?.indexes[$0] } ?? known?.primary
        let shown = Set(((key?.attributes ?? []) + (known?.primary.attributes ?? [])).map { ExactText($0) })
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var end = 0
        for literal in statement.literals.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard literal.range.lowerBound >= end, literal.range.upperBound <= bytes.count else { return Self.redacted }
            if let attribute = literal.attribute, shown.contains(attribute) { continue }
            result += bytes[end..<literal.range.lowerBound] + Array(Self.redacted.utf8)
            end = literal.range.upperBound
        }
        return String(decoding: result + bytes[end...], as: UTF8.self)
    }

    // MARK: Values

    /// The names of attributes.
    private static func attributes(_ entries: [MapEntry]) -> JSONValue { .array(entries.map { .string($0.key) }) }

    /// Keys' values, without their types. One that can't be a key is not shown.
    private static func values(_ entries: [MapEntry]) -> JSONValue {
        .object(
            distinct(entries).map { entry in
                JSONMember(key: entry.key, value: .string((try? KeyText.text(of: entry.value)) ?? redacted))
            })
    }

    private static func strings(_ entries: [MapEntry]) -> JSONValue {
        .object(
            distinct(entries).compactMap { entry in
                plain(entry.value).map { JSONMember(key: entry.key, value: $0) }
            })
    }

    private static func distinct(_ entries: [MapEntry]) -> [MapEntry] {
        guard entries.count > 1 else { return entries }
        var seen: Set<ExactText> = []
        return entries.filter { seen.insert(ExactText($0.key)).inserted }
    }

    /// What may always be shown: names, expressions, numbers and settings. nil for whatever holds values of items.
    private static func plain(_ value: Value) -> JSONValue? {
        switch value {
        case .string(let text): .string(text)
        case .integer(let number): .integer(number)
        case .boolean(let boolean): .boolean(boolean)
        default: nil
        }
    }
}
