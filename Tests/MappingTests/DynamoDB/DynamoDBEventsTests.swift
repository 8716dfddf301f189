import Mapping
import Testing
import Wire

/// What events hold: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/understanding-ddb-log-entries.html>
struct DynamoDBEventsTests {
    private func parameters(
        _ operation: String, _ input: String, keys: [String: TableKeys] = knownTables
    ) throws -> JSONValue? {
        DynamoDBEvents.requestParameters(
            of: try dynamoDB(operation).operation, try dynamoDBInput(operation, input), in: west, keys: keys)
    }

    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(
        "The page's events, from the calls that they are of",
        arguments: [
            (
                "PutItem",
                #"{"TableName":"Music","Item":{"Artist":{"S":"No One You Know"},"SongTitle":{"S":"Scared of My Shadow"},"AlbumTitle":{"S":"Secret"}},"ReturnConsumedCapacity":"TOTAL"}"#,
                #"{"tableName":"Music","key":{"Artist":"No One You Know","SongTitle":"Scared of My Shadow"},"item":["Artist","SongTitle","AlbumTitle"],"returnConsumedCapacity":"TOTAL"}"#
            ),
            (
                "UpdateItem",
                ##"{"TableName":"Music","Key":{"Artist":{"S":"No One You Know"},"SongTitle":{"S":"Call Me Today"}},"UpdateExpression":"SET #Y = :y, #AT = :t","ExpressionAttributeNames":{"#Y":"Year","#AT":"AlbumTitle"},"ExpressionAttributeValues":{":y":{"N":"1"},":t":{"S":"Secret"}},"ConditionExpression":"attribute_not_exists(#Y)","ReturnConsumedCapacity":"TOTAL"}"##,
                ##"{"tableName":"Music","key":{"Artist":"No One You Know","SongTitle":"Call Me Today"},"returnConsumedCapacity":"TOTAL","updateExpression":"SET #Y = :y, #AT = :t","conditionExpression":"attribute_not_exists(#Y)","expressionAttributeNames":{"#Y":"Year","#AT":"AlbumTitle"}}"##
            ),
            (
                "TransactWriteItems",
                ##"{"TransactItems":[{"Put":{"TableName":"Music","Item":{"Artist":{"S":"No One You Know"},"SongTitle":{"S":"Call Me Today"},"AlbumTitle":{"S":"Secret"}},"ConditionExpression":"#AT = :A","ExpressionAttributeNames":{"#AT":"AlbumTitle"},"ExpressionAttributeValues":{":A":{"S":"Secret"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}],"ReturnItemCollectionMetrics":"SIZE"}"##,
                ##"{"requestItems":[{"operation":"Put","key":{"Artist":"No One You Know","SongTitle":"Call Me Today"},"items":["Artist","SongTitle","AlbumTitle"],"tableName":"Music","conditionExpression":"#AT = :A","expressionAttributeNames":{"#AT":"AlbumTitle"},"returnValuesOnConditionCheckFailure":"ALL_OLD"}],"returnItemCollectionMetrics":"SIZE"}"##
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"SELECT * FROM Music WHERE Artist = 'No One You Know' AND SongTitle = 'Call Me Today' AND nonKeyAttr = 'Secret'"}"#,
                #"{"statement":"SELECT * FROM Music WHERE Artist = 'No One You Know' AND SongTitle = 'Call Me Today' AND nonKeyAttr = ***(Redacted)"}"#
            ),
            (
                "BatchExecuteStatement",
                #"{"Statements":[{"Statement":"UPDATE Music SET Album = 'Secret' WHERE Artist = 'No One You Know' AND SongTitle = 'Call Me Today'"},{"Statement":"INSERT INTO Music VALUE {'Artist' : 'a', 'SongTitle' : 'b', 'Album' : {'x':['Secret']}}","Parameters":[]}]}"#,
                #"{"requestItems":[{"statement":"UPDATE Music SET Album = ***(Redacted) WHERE Artist = 'No One You Know' AND SongTitle = 'Call Me Today'"},{"statement":"INSERT INTO Music VALUE {'Artist' : ***(Redacted), 'SongTitle' : ***(Redacted), 'Album' : ***(Redacted)}"}]}"#
            ),
        ])
    func documented(_ operation: String, _ input: String, _ expected: String) throws {
        #expect(try sorted(parameters(operation, input)) == sorted(json(expected)))
    }

    /// Members in the order of their names: the pages' orders differ.
    private func sorted(_ value: JSONValue?) -> JSONValue? {
        switch value {
        case .object(let members)?:
            .object(
                members.sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: sorted($0.value) ?? .null) })
        case .array(let elements)?: .array(elements.map { sorted($0) ?? .null })
        default: value
        }
    }

    /// A request of each data operation in which all that is not a key's value or a name reads "Secret".
    private static let secrets: [(String, String)] = [
        ("GetItem", #"{"TableName":"Music","Key":{"Artist":{"S":"a"},"SongTitle":{"S":"b"}},"AttributesToGet":["x"]}"#),
        (
            "PutItem",
            #"{"TableName":"Music","Item":{"Artist":{"S":"a"},"x":{"S":"Secret"},"y":{"M":{"z":{"S":"Secret"}}},"b":{"SS":["Secret"]}},"Expected":{"x":{"Value":{"S":"Secret"}}}}"#
        ),
        ("PutItem", #"{"TableName":"Unknown","Item":{"Artist":{"S":"Secret"},"x":{"S":"Secret"}}}"#),
        (
            "UpdateItem",
            #"{"TableName":"Music","Key":{"Artist":{"S":"a"}},"AttributeUpdates":{"x":{"Value":{"S":"Secret"}}},"ExpressionAttributeValues":{":x":{"S":"Secret"}}}"#
        ),
        (
            "DeleteItem",
            #"{"TableName":"Music","Key":{"Artist":{"S":"a"},"x":{"L":[{"S":"Secret"}]}},"ExpressionAttributeValues":{":x":{"S":"Secret"}}}"#
        ),
        (
            "Query",
            #"{"TableName":"Music","KeyConditions":{"Artist":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"Secret"}]}},"QueryFilter":{"x":{"AttributeValueList":[{"S":"Secret"}]}},"ExpressionAttributeValues":{":x":{"S":"Secret"}},"ExclusiveStartKey":{"Artist":{"S":"a"}}}"#
        ),
        (
            "Scan",
            #"{"TableName":"Music","ScanFilter":{"x":{"AttributeValueList":[{"S":"Secret"}]}},"ExpressionAttributeValues":{":x":{"S":"Secret"}}}"#
        ),
        (
            "BatchGetItem",
            #"{"RequestItems":{"Music":{"Keys":[{"Artist":{"S":"a"},"SongTitle":{"S":"b"}}],"ProjectionExpression":"x"}}}"#
        ),
        (
            "BatchWriteItem",
            #"{"RequestItems":{"Music":[{"PutRequest":{"Item":{"Artist":{"S":"a"},"x":{"S":"Secret"}}}},{"DeleteRequest":{"Key":{"Artist":{"S":"a"}}}}]}}"#
        ),
        ("TransactGetItems", #"{"TransactItems":[{"Get":{"TableName":"Music","Key":{"Artist":{"S":"a"}}}}]}"#),
        (
            "TransactWriteItems",
            #"{"TransactItems":[{"Update":{"TableName":"Music","Key":{"Artist":{"S":"a"}},"UpdateExpression":"SET x = :x","ExpressionAttributeValues":{":x":{"S":"Secret"}}}}]}"#
        ),
        (
            "ExecuteStatement",
            #"{"Statement":"UPDATE Music SET x='Secret' SET y=[{'z':'Secret'}] WHERE Artist='a' AND w IN ['Secret'] AND begins_with(v, 'Secret')","Parameters":[]}"#
        ),
        (
            "ExecuteStatement",
            #"{"Statement":"SELECT * FROM Unknown WHERE Artist='Secret'","Parameters":[{"S":"Secret"}]}"#
        ),
        ("ExecuteStatement", #"{"Statement":"SELECT 'Secret"}"#),
        (
            "ExecuteTransaction",
            #"{"TransactStatements":[{"Statement":"INSERT INTO Music VALUE {'Artist':?,'x':'Secret'}","Parameters":[{"S":"Secret"}]}]}"#
        ),
        (
            "BatchExecuteStatement",
            #"{"Statements":[{"Statement":"gibberish 'Secret'","Parameters":[{"S":"Secret"}]}]}"#
        ),
        ("GetRecords", #"{"ShardIterator":"\#(tableARN("Music"))/stream/2015|1|AAA"}"#),
        (
            "GetShardIterator",
            #"{"StreamArn":"\#(tableARN("Music"))/stream/2015","ShardId":"s","ShardIteratorType":"LATEST"}"#
        ),
    ]

    @Test("No event holds a value of an item other than its key's", arguments: secrets)
    func noSecrets(_ operation: String, _ input: String) throws {
        let parameters = try #require(try parameters(operation, input))
        #expect(!"\(parameters)".contains("Secret"))
        guard case .object(let members) = parameters else {
            Issue.record("no object")
            return
        }
        #expect(!members.isEmpty)
    }

    @Test("All data operations have been looked at; all others are management events")
    func dataOperations() throws {
        #expect(Set(Self.secrets.map(\.0)) == DynamoDBEvents.dataOperations)
        #expect(DynamoDBEvents.readOnlyDataOperations.isSubset(of: DynamoDBEvents.dataOperations))
        for id in ["dynamodb", "dynamodbstreams"] {
            let service = try #require(ServiceModels.aws.service(id))
            for name in service.operationNames where !DynamoDBEvents.dataOperations.contains(name) {
                #expect(try parameters(name, "{}") == nil, "\(name)")
            }
        }
    }

    @Test("Resources are tables, and streams with their tables")
    func resources() throws {
        let index =
            #"{"TableName":"GameScores","IndexName":"ByGame","KeyConditionExpression":"GameTitle=:a","ExpressionAttributeValues":{":a":{"S":"x"}}}"#
        let query = DynamoDBEvents.resources(of: try #require(try asked("Query", index)))
        #expect(query.map(\.type) == ["AWS::DynamoDB::Table"])
        #expect(query.map(\.arn) == [tableARN("GameScores")])
        #expect(query.map(\.account) == ["123456789012"])
        let records = #"{"ShardIterator":"\#(tableARN("Music"))/stream/2015-05-11T21:21:33.291|1|AAA"}"#
        let stream = DynamoDBEvents.resources(of: try #require(try asked("GetRecords", records)))
        #expect(stream.map(\.type) == ["AWS::DynamoDB::Stream", "AWS::DynamoDB::Table"])
        #expect(stream.map(\.arn) == [tableARN("Music") + "/stream/2015-05-11T21:21:33.291", tableARN("Music")])
        let transaction =
            #"{"TransactStatements":[{"Statement":"INSERT INTO Music VALUE {'Artist':'a'}"},{"Statement":"INSERT INTO Music VALUE {'Artist':'b'}"}]}"#
        #expect(DynamoDBEvents.resources(of: try #require(try asked("ExecuteTransaction", transaction))).count == 1)
    }
}
