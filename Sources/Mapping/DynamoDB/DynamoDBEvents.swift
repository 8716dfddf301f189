public import Wire

/// What CloudTrail records of calls to DynamoDB: which of them are data events, on what, and which of their parameters.
///
/// AWS: "Logging DynamoDB operations by using AWS CloudTrail", `logging-using-cloudtrail.html`, and "Understanding DynamoDB
/// log file entries", `understanding-ddb-log-entries.html`.
public enum DynamoDBEvents {
    /// The operations of both services whose calls are data events, which a trail has to ask for. All others are management
    /// events.
    public static let dataOperations: Set<String> = [
        "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement",
        "ExecuteTransaction", "GetItem", "GetRecords", "GetShardIterator", "PutItem", "Query", "Scan",
        "TransactGetItems", "TransactWriteItems", "UpdateItem",
    ]

    /// The data operations that change nothing, for the event's `readOnly`. Statements count as changes, as they do at AWS,
    /// whatever they say.
    public static let readOnlyDataOperations: Set<String> = [
        "BatchGetItem", "GetItem", "GetRecords", "GetShardIterator", "Query", "Scan", "TransactGetItems",
    ]

    /// A resource in a data event.
    public struct Resource: Sendable, Hashable {
        /// `AWS::DynamoDB::Table` or `AWS::DynamoDB::Stream`: what selectors name.
        public let type: String
        /// Of a table or a stream; the table's where an index is read.
        public let arn: String
        /// The twelve digits of the resource's account.
        public let account: String
    }

    /// The resources of a data event, each once, in the order of the accesses: tables, and a stream besides its table.
    ///
    /// At AWS, an event on a table that has a stream names the stream, too. Here it does not: a request says nothing of it.
    public static func resources(of accesses: [MappedAccess]) -> [Resource] {
        var resources: [Resource] = []
        var seen: Set<Resource> = []
        func add(_ type: String, _ arn: String) {
            let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, parts[2] == "dynamodb" else { return }
            let resource = Resource(type: type, arn: arn, account: String(parts[4]))
            if seen.insert(resource).inserted { resources.append(resource) }
        }
        for access in accesses {
            let table = DynamoDBNames.table(of: access.resource)
            if access.resource.dropFirst(table.count).hasPrefix("/stream/") {
                add("AWS::DynamoDB::Stream", access.resource)
            }
            add("AWS::DynamoDB::Table", table)
        }
        return resources
    }

    /// What an event may hold of a call's input, as `requestParameters`: keys with their values, of everything else in items
    /// the names alone.
    ///
    /// nil for management events, which hold the whole input.
    ///
    /// Values of expressions and parameters of statements are left out. In the text of a statement, values read
    /// `***(Redacted)`, except those that `WHERE` compares with key attributes; a statement that can't be understood reads so
    /// as a whole.
    /// - Parameter keys: by the tables' ARNs, as for ``DynamoDBRequest/map(keys:absent:)``. Where a table's are not known, no
    ///   value of an item to be put and none in a statement is shown.
    public static func requestParameters(
        of operation: OperationShape, _ input: Structure, in place: Place, keys: [String: TableKeys]
    ) -> JSONValue? {
        guard DynamoDBRequest.isDynamoDB(operation), dataOperations.contains(operation.name) else { return nil }
        let writer = EventParameters(names: DynamoDBNames(place: place), keys: keys)
        return .object(writer.members(of: operation.name, input))
    }
}
