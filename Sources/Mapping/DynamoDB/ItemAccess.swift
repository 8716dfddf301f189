import Policy
import Wire

/// Access to items of one table, by one action: what `dynamodb:LeadingKeys` is still missing of.
struct ItemAccess: Sendable {
    /// `dynamodb:GetItem` and the like, on the table or the index.
    var access: MappedAccess
    /// The ARN of the table.
    var table: String
    /// The index that is read.
    var index: String?
    /// Where the values of the partition key stand.
    var source: KeySource
    /// What the request may have returned of the items that it changes, each of which must be allowed. Empty for operations
    /// that don't change any.
    var returns: [String] = []

    /// Where the values of the partition key stand in a request.
    enum KeySource: Sendable {
        /// Nowhere: a Scan.
        case none
        /// In items, or in their keys, by the attributes' names.
        case items([[MapEntry]])
        /// In a condition that has exactly one value for each attribute that it says to be equal to one.
        case equalities([ExactText: Value])
        /// In a statement, and its parameters.
        case statement(PartiQLStatement, [Value])
    }

    var needsKeys: Bool {
        if case .none = source { false } else { true }
    }

    /// One access; several where what is returned counts as several.
    func accesses(keys: TableKeys?, absent: Set<String>) throws(Unmapped) -> [MappedAccess] {
        var access = access
        if needsKeys {
            if let keys {
                try addLeadingKeys(of: try key(of: keys), to: &access.context)
            } else if absent.contains(table) {
                addPossibleKeys(to: &access.context)
            } else {
                throw Unmapped("The keys of \(table) are not known")
            }
        }
        guard !returns.isEmpty else { return [access] }
        return returns.map { value in
            var access = access
            access.context["dynamodb:returnvalues"] = .one(value)
            return access
        }
    }

    private func key(of keys: TableKeys) throws(Unmapped) -> TableKeys.Key {
        guard let index else { return keys.primary }
        guard let key = keys.indexes[index] else { throw Unmapped("\(table) is not known to have this index") }
        return key
    }

    /// `dynamodb:LeadingKeys` is the first attribute's values, under two names. Keys of several attributes have a key for
    /// each.
    private func addLeadingKeys(
        of key: TableKeys.Key, to context: inout [String: ContextValue]
    ) throws(Unmapped) {
        guard key.partition.count <= Self.names.count else {
            throw Unmapped("\(table) has a key of too many attributes")
        }
        var isFullScan = false
        for (names, attribute) in zip(Self.names, key.partition) {
            guard let values = try values(of: ExactText(attribute)) else {
                isFullScan = true
                continue
            }
            for name in names { context[name] = .many(values) }
        }
        if case .statement(let statement, _) = source, statement.verb == .select {
            if isFullScan { for name in Self.names.joined() { context[name] = nil } }
            context["dynamodb:fulltablescan"] = .one(isFullScan ? "true" : "false")
        }
    }

    private static let names = [
        ["dynamodb:leadingkeys", "dynamodb:firstpartitionkeyvalues"], ["dynamodb:secondpartitionkeyvalues"],
        ["dynamodb:thirdpartitionkeyvalues"], ["dynamodb:fourthpartitionkeyvalues"],
    ]

    /// The values of an attribute of the partition key, each once; nil for a statement that reads all of them.
    private func values(of attribute: ExactText) throws(Unmapped) -> [String]? {
        switch source {
        case .none: return nil
        case .items(let items):
            var values = UniqueTexts()
            for item in items {
                if let entry = item.first(where: { ExactText($0.key) == attribute }) {
                    values.add(try KeyText.text(of: entry.value))
                } else {
                    // No item can be found or kept by this; DynamoDB says so. What might be a key has to be allowed.
                    let possible = item.compactMap { try? KeyText.text(of: $0.value) }
                    guard !possible.isEmpty else { throw Unmapped("The request has no key for \(table)") }
                    for text in possible { values.add(text) }
                }
            }
            return values.texts
        case .equalities(let equalities):
            guard let value = equalities[attribute] else {
                throw Unmapped("The request does not say what the partition key of \(table) is equal to")
            }
            return [try KeyText.text(of: value)]
        case .statement(let statement, let parameters):
            guard let operands = try operands(for: attribute, in: statement, parameters) else { return nil }
            var values = UniqueTexts()
            for operand in operands { values.add(try Self.text(of: operand, parameters)) }
            return values.texts
        }
    }

    /// What a statement says of the partition key; nil for a SELECT that says nothing.
    private func operands(
        for attribute: ExactText, in statement: PartiQLStatement, _ parameters: [Value]
    ) throws(Unmapped) -> [PartiQLOperand]? {
        if statement.verb == .insert {
            guard let operand = statement.item[attribute] else {
                throw Unmapped("The statement has no value for the partition key of \(table)")
            }
            return [operand]
        }
        let operands = try statement.condition?.values(of: attribute)
        guard operands != nil || statement.verb == .select else {
            throw Unmapped("WHERE does not say what the partition key of \(table) is equal to")
        }
        return operands
    }

    private static func text(of operand: PartiQLOperand, _ parameters: [Value]) throws(Unmapped) -> String {
        switch operand {
        case .literal(let text):
            guard !text.isEmpty else { throw Unmapped("The value of a key is empty") }
            return text
        case .parameter(let place):
            guard place < parameters.count else { throw Unmapped("Statement has more parameters than the request") }
            return try KeyText.text(of: parameters[place])
        case .other: throw Unmapped("The partition key of the table is compared with what is no plain value")
        }
    }

    /// Of a table that does not exist, any value may be the key's.
    private func addPossibleKeys(to context: inout [String: ContextValue]) {
        var values = UniqueTexts()
        switch source {
        case .none: break
        case .items(let items):
            for item in items {
                for entry in item { if let text = try? KeyText.text(of: entry.value) { values.add(text) } }
            }
        case .equalities(let equalities):
            for value in equalities.values { if let text = try? KeyText.text(of: value) { values.add(text) } }
        case .statement(let statement, let parameters):
            for operand in Array(statement.item.values) + (statement.condition?.allValues ?? []) {
                if let text = try? Self.text(of: operand, parameters) { values.add(text) }
            }
            if statement.verb == .select {
                context["dynamodb:fulltablescan"] = .one(values.texts.isEmpty ? "true" : "false")
            }
        }
        guard !values.texts.isEmpty else { return }
        for name in Self.names.joined() { context[name] = .many(values.texts.sorted()) }
    }
}
