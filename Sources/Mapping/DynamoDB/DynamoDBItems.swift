import Policy
import Wire

/// The operations on items: alone, in batches, in transactions, by query, scan and statement.
struct DynamoDBItems {
    private let input: Structure
    private let names: DynamoDBNames

    init(_ input: Structure, _ names: DynamoDBNames) {
        self.input = input
        self.names = names
    }

    /// nil: the operation is none on items.
    func steps(of operation: String) throws(Unmapped) -> [DynamoDBRequest.Step]? {
        switch operation {
        case "GetItem": [.items(try get(input, consumed: consumed))]
        case "PutItem": [.items(try put(input, consumed: consumed))]
        case "UpdateItem": [.items(try update(input, consumed: consumed))]
        case "DeleteItem": [.items(try delete(input, consumed: consumed))]
        case "Query": [.items(try query())]
        case "Scan": [.items(try scan())]
        case "BatchGetItem": try batchGet()
        case "BatchWriteItem": try batchWrite()
        case "TransactGetItems": try transactGet()
        case "TransactWriteItems": try transactWrite()
        case "ExecuteStatement": [.items(try statement(input, in: nil))]
        case "BatchExecuteStatement": try statements("Statements", in: nil)
        case "ExecuteTransaction": try statements("TransactStatements", in: operation)
        default: nil
        }
    }

    /// `ReturnConsumedCapacity`, which has a value in every request.
    private var consumed: String {
        get throws(Unmapped) { try input.text("ReturnConsumedCapacity") ?? "NONE" }
    }

    // MARK: One item

    private func get(_ input: Structure, consumed: String) throws(Unmapped) -> ItemAccess {
        var reader = try ExpressionReader(names: input.attributeNames)
        let isProjected = try reader.readProjection(of: input)
        let key = try input.entries("Key")
        return try access(
            "GetItem", input, .items([key]), consumed, attributes: reader.attributes.union(key),
            select: isProjected ? "SPECIFIC_ATTRIBUTES" : "ALL_ATTRIBUTES")
    }

    private func put(_ input: Structure, consumed: String) throws(Unmapped) -> ItemAccess {
        var reader = try ExpressionReader(names: input.attributeNames)
        let legacy = try reader.readConditions(of: input)
        let item = try input.entries("Item")
        return try access(
            "PutItem", input, .items([item]), consumed,
            attributes: reader.attributes.union(legacy).union(item), changes: true)
    }

    private func update(_ input: Structure, consumed: String) throws(Unmapped) -> ItemAccess {
        var reader = try ExpressionReader(names: input.attributeNames)
        var legacy = try reader.readConditions(of: input)
        if let expression = try input.text("UpdateExpression") { try reader.update(expression) }
        legacy += try input.entriesIfAny("AttributeUpdates").names
        let key = try input.entries("Key")
        return try access(
            "UpdateItem", input, .items([key]), consumed,
            attributes: reader.attributes.union(legacy).union(key), changes: true)
    }

    /// DeleteItem, `Delete` and `ConditionCheck`.
    private func delete(
        _ input: Structure, as action: String = "DeleteItem", consumed: String
    ) throws(Unmapped) -> ItemAccess {
        var reader = try ExpressionReader(names: input.attributeNames)
        let legacy = try reader.readConditions(of: input)
        let key = try input.entries("Key")
        return try access(
            action, input, .items([key]), consumed,
            attributes: reader.attributes.union(legacy).union(key), changes: true)
    }

    private func access(
        _ action: String, _ input: Structure, _ source: ItemAccess.KeySource, _ consumed: String?,
        attributes: Set<ExactText>, select: String? = nil, changes: Bool = false
    ) throws(Unmapped) -> ItemAccess {
        guard let name = try input.text("TableName") else { throw Unmapped("TableName is missing") }
        return try access(
            action, table: try names.table(name), source, consumed, attributes: attributes, select: select,
            returns: changes ? try input.returnValues : [])
    }

    private func access(
        _ action: String, table: String, index: String? = nil, _ source: ItemAccess.KeySource, _ consumed: String?,
        attributes: Set<ExactText>, select: String? = nil, returns: [String] = []
    ) throws(Unmapped) -> ItemAccess {
        // With room for all keys there may be, so that it is not made anew as they are added.
        var context = [String: ContextValue](minimumCapacity: 8)
        if !attributes.isEmpty { context["dynamodb:attributes"] = .many(attributes.sortedTexts) }
        if let consumed { context["dynamodb:returnconsumedcapacity"] = .one(consumed) }
        if let select { context["dynamodb:select"] = .one(select) }
        let resource = if let index { try names.index(index, of: table) } else { table }
        return ItemAccess(
            access: MappedAccess(action: "dynamodb:\(action)", resource: resource, context: context), table: table,
            index: index, source: source, returns: returns)
    }

    // MARK: Many items of a table

    private func query() throws(Unmapped) -> ItemAccess {
        var reader = try ExpressionReader(names: input.attributeNames)
        let legacy = try input.entriesIfAny("KeyConditions")
        let equalities: [ExactText: Value]
        if let expression = try input.text("KeyConditionExpression") {
            guard legacy.isEmpty else {
                throw Unmapped("The request has both KeyConditionExpression and KeyConditions")
            }
            equalities = try self.equalities(try reader.keyCondition(expression))
        } else {
            equalities = try self.equalities(legacy)
        }
        return try read("Query", &reader, .equalities(equalities), legacy.names)
    }

    private func scan() throws(Unmapped) -> ItemAccess {
        var reader = try ExpressionReader(names: input.attributeNames)
        return try read("Scan", &reader, .none, [])
    }

    /// What Query and Scan have in common. The key that one begins after is among the attributes: it is specified.
    private func read(
        _ action: String, _ reader: inout ExpressionReader, _ source: ItemAccess.KeySource, _ legacy: [ExactText]
    ) throws(Unmapped) -> ItemAccess {
        let isProjected = try reader.readProjection(of: input)
        if let filter = try input.text("FilterExpression") { try reader.condition(filter, "FilterExpression") }
        var attributes = reader.attributes.union(legacy)
        for member in ["QueryFilter", "ScanFilter", "ExclusiveStartKey"] where input.shape.index(of: member) != nil {
            attributes.formUnion(try input.entriesIfAny(member).names)
        }
        guard let name = try input.text("TableName") else { throw Unmapped("TableName is missing") }
        let index = try input.text("IndexName")
        return try access(
            action, table: try names.table(name), index: index, source, try consumed, attributes: attributes,
            select: try select(isProjected: isProjected, hasIndex: index != nil))
    }

    /// `Select`, or what it is by default. `SPECIFIC_ATTRIBUTES` counts only where attributes are specified: without them,
    /// DynamoDB refuses the request, and another endpoint may return all.
    private func select(isProjected: Bool, hasIndex: Bool) throws(Unmapped) -> String {
        let every = hasIndex ? "ALL_PROJECTED_ATTRIBUTES" : "ALL_ATTRIBUTES"
        guard let select = try input.text("Select") else { return isProjected ? "SPECIFIC_ATTRIBUTES" : every }
        return select == "SPECIFIC_ATTRIBUTES" && !isProjected ? every : select
    }

    /// The values that a key condition says attributes to be equal to. Those of an attribute that it names elsewhere, too,
    /// do not count.
    private func equalities(_ condition: ExpressionReader.KeyCondition) throws(Unmapped) -> [ExactText: Value] {
        guard condition.isConjunction else { throw Unmapped("KeyConditionExpression is no conjunction") }
        let values = try input.entriesIfAny("ExpressionAttributeValues")
        let byName = Dictionary(values.map { ($0.key, $0.value) }) { first, _ in first }
        var equalities: [ExactText: Value] = [:]
        for (attribute, placeholder) in condition.equalities where condition.mentions[attribute] == 1 {
            guard let value = byName[placeholder] else {
                throw Unmapped(
                    "KeyConditionExpression has the placeholder \(DynamoDBNames.shown(placeholder)), which ExpressionAttributeValues lacks"
                )
            }
            equalities[attribute] = value
        }
        return equalities
    }

    /// The same for the parameter that was before expressions.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.KeyConditions.html>
    private func equalities(_ conditions: [MapEntry]) throws(Unmapped) -> [ExactText: Value] {
        var equalities: [ExactText: Value] = [:]
        for entry in conditions {
            guard case .structure(let condition) = entry.value else { continue }
            guard try condition.text("ComparisonOperator") == "EQ" else { continue }
            guard case .list(let values)? = condition["AttributeValueList"], values.count == 1 else {
                throw Unmapped("KeyConditions has an EQ without exactly one value")
            }
            equalities[ExactText(entry.key)] = values[0]
        }
        return equalities
    }

    // MARK: Batches

    /// One access for each table.
    private func batchGet() throws(Unmapped) -> [DynamoDBRequest.Step] {
        let consumed = try consumed
        var steps: [DynamoDBRequest.Step] = []
        for entry in try input.entries("RequestItems") {
            guard case .structure(let request) = entry.value else { throw Unmapped("RequestItems has no keys") }
            var reader = try ExpressionReader(names: request.attributeNames)
            let isProjected = try reader.readProjection(of: request)
            var attributes = reader.attributes
            var keys: [[MapEntry]] = []
            for key in try request.elements("Keys") {
                let key = try key.distinctEntries("Keys")
                attributes.formUnion(key.names)
                keys.append(key)
            }
            steps.append(
                .items(
                    try access(
                        "BatchGetItem", table: try names.table(entry.key), .items(keys), consumed,
                        attributes: attributes, select: isProjected ? "SPECIFIC_ATTRIBUTES" : "ALL_ATTRIBUTES")))
        }
        return steps
    }

    /// One access for each table, for the batch's own action: not for PutItem and DeleteItem.
    private func batchWrite() throws(Unmapped) -> [DynamoDBRequest.Step] {
        let consumed = try consumed
        var steps: [DynamoDBRequest.Step] = []
        for entry in try input.entries("RequestItems") {
            guard case .list(let requests) = entry.value else { throw Unmapped("RequestItems has no requests") }
            var attributes: Set<ExactText> = []
            var items: [[MapEntry]] = []
            for request in requests {
                let (member, request) = try request.onlyMember("RequestItems")
                let item = try request.entries(member == "PutRequest" ? "Item" : "Key")
                attributes.formUnion(item.names)
                items.append(item)
            }
            guard !items.isEmpty else { throw Unmapped("RequestItems has a table without requests") }
            steps.append(
                .items(
                    try access(
                        "BatchWriteItem", table: try names.table(entry.key), .items(items), consumed,
                        attributes: attributes)))
        }
        return steps
    }

    // MARK: Transactions

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
    private func transactGet() throws(Unmapped) -> [DynamoDBRequest.Step] {
        let consumed = try consumed
        var steps: [DynamoDBRequest.Step] = []
        for element in try input.elements("TransactItems") {
            var items = try get(try element.onlyMember("TransactItems").structure, consumed: consumed)
            items.access.context["dynamodb:enclosingoperation"] = .one("TransactGetItems")
            steps.append(.items(items))
        }
        return steps
    }

    private func transactWrite() throws(Unmapped) -> [DynamoDBRequest.Step] {
        let consumed = try consumed
        var steps: [DynamoDBRequest.Step] = []
        for element in try input.elements("TransactItems") {
            let (member, request) = try element.onlyMember("TransactItems")
            var items: ItemAccess
            switch member {
            case "Put": items = try put(request, consumed: consumed)
            case "Update": items = try update(request, consumed: consumed)
            case "Delete": items = try delete(request, consumed: consumed)
            case "ConditionCheck": items = try delete(request, as: "ConditionCheckItem", consumed: consumed)
            default: throw Unmapped("TransactItems has a \(member), which is not known")
            }
            items.access.context["dynamodb:enclosingoperation"] = .one("TransactWriteItems")
            steps.append(.items(items))
        }
        return steps
    }

    // MARK: Statements

    private func statements(_ member: String, in operation: String?) throws(Unmapped) -> [DynamoDBRequest.Step] {
        var steps: [DynamoDBRequest.Step] = []
        for element in try input.elements(member) {
            guard case .structure(let structure) = element else { throw Unmapped("\(member) has no statement") }
            steps.append(.items(try statement(structure, in: operation)))
        }
        return steps
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>
    private func statement(_ input: Structure, in operation: String?) throws(Unmapped) -> ItemAccess {
        guard let text = try input.text("Statement") else { throw Unmapped("Statement is missing") }
        let statement = try PartiQLStatement(parsing: text, inTransaction: operation != nil)
        var parameters: [Value] = []
        if case .list(let elements)? = input["Parameters"] { parameters = elements }
        guard parameters.count == statement.parameterCount else {
            throw Unmapped("Statement has \(statement.parameterCount) parameters, the request \(parameters.count)")
        }
        // AWS's own examples write '?' and mean a parameter. What reads it so would bind the others to other places.
        guard parameters.isEmpty || text.utf8.count(where: { $0 == UInt8(ascii: "?") }) == parameters.count else {
            throw Unmapped(
                "Statement has a question mark in quotes besides parameters: make that text a parameter, too")
        }
        var attributes = statement.attributes
        var source = ItemAccess.KeySource.statement(statement, parameters)
        if let place = statement.itemParameter {
            let item = try item(parameters, place)
            attributes.formUnion(item.names)
            source = .items([item])
        }
        var items = try access(
            statement.verb.rawValue, table: try names.table(statement.table), index: statement.index, source, nil,
            attributes: attributes, select: statement.select,
            returns: try statement.returns(else: try input.text("ReturnValuesOnConditionCheckFailure")))
        if let operation { items.access.context["dynamodb:enclosingoperation"] = .one(operation) }
        return items
    }

    /// The item that a parameter is: a map.
    private func item(_ parameters: [Value], _ place: Int) throws(Unmapped) -> [MapEntry] {
        guard place < parameters.count, case .structure(let value) = parameters[place], case .map? = value["M"] else {
            throw Unmapped("The item to insert is no map")
        }
        return try value.entries("M")
    }
}

extension PartiQLStatement {
    /// `dynamodb:Select`; nil for what reads nothing.
    fileprivate var select: String? {
        guard verb == .select else { return nil }
        guard selectsAll else { return "SPECIFIC_ATTRIBUTES" }
        return index == nil ? "ALL_ATTRIBUTES" : "ALL_PROJECTED_ATTRIBUTES"
    }

    /// `dynamodb:ReturnValues`: of an UPDATE and a DELETE, see ``Structure/returnValues``.
    fileprivate func returns(else onFailure: String?) throws(Unmapped) -> [String] {
        guard verb == .update || verb == .delete else { return [] }
        return Structure.returnValues(returning, onFailure)
    }
}
