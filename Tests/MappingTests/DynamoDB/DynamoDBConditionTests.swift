import Mapping
import Policy
import Testing
import Wire

/// The condition keys of requests on items.
struct DynamoDBConditionTests {
    // MARK: LeadingKeys

    private static let user = #""Key":{"UserId":{"S":"alice"},"GameTitle":{"S":"Go"}}"#

    @Test(
        "LeadingKeys is the partition key's value, wherever it stands",
        arguments: [
            ("GetItem", #"{"TableName":"GameScores",\#(user)}"#, ["alice"]),
            ("DeleteItem", #"{"TableName":"GameScores",\#(user)}"#, ["alice"]),
            ("UpdateItem", #"{"TableName":"GameScores",\#(user),"UpdateExpression":"SET Wins = :w"}"#, ["alice"]),
            (
                "PutItem",
                #"{"TableName":"GameScores","Item":{"Wins":{"N":"1"},"GameTitle":{"S":"Go"},"UserId":{"S":"bob"}}}"#,
                ["bob"]
            ),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditionExpression":"UserId = :u AND begins_with(GameTitle, :g)","ExpressionAttributeValues":{":u":{"S":"alice"},":g":{"S":"G"}}}"#,
                ["alice"]
            ),
            (
                "Query",
                ##"{"TableName":"GameScores","KeyConditionExpression":"#t between :a and :b and (:u = #u)","ExpressionAttributeNames":{"#u":"UserId","#t":"GameTitle"},"ExpressionAttributeValues":{":u":{"S":"alice"},":a":{"S":"G"},":b":{"S":"H"}}}"##,
                ["alice"]
            ),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditionExpression":"GameTitle = :g AND UserId = :u","ExpressionAttributeValues":{":u":{"S":"alice"},":g":{"S":"bob"}}}"#,
                ["alice"]
            ),
            // An index has a key of its own.
            (
                "Query",
                #"{"TableName":"GameScores","IndexName":"ByGame","KeyConditionExpression":"GameTitle = :g","ExpressionAttributeValues":{":g":{"S":"Go"}}}"#,
                ["Go"]
            ),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditions":{"UserId":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"alice"}]},"GameTitle":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"G"}]}}}"#,
                ["alice"]
            ),
            (
                "BatchGetItem",
                #"{"RequestItems":{"GameScores":{"Keys":[{"UserId":{"S":"alice"},"GameTitle":{"S":"Go"}},{"UserId":{"S":"bob"},"GameTitle":{"S":"Go"}},{"UserId":{"S":"alice"},"GameTitle":{"S":"Chess"}}]}}}"#,
                ["alice", "bob"]
            ),
            (
                "BatchWriteItem",
                #"{"RequestItems":{"GameScores":[{"PutRequest":{"Item":{"UserId":{"S":"alice"},"GameTitle":{"S":"Go"}}}},{"DeleteRequest":{"Key":{"UserId":{"S":"carol"},"GameTitle":{"S":"Go"}}}}]}}"#,
                ["alice", "carol"]
            ),
            ("TransactGetItems", #"{"TransactItems":[{"Get":{"TableName":"GameScores",\#(user)}}]}"#, ["alice"]),
            // A name or an ARN, also of another account.
            (
                "GetItem",
                #"{"TableName":"arn:aws:dynamodb:us-west-2:444455556666:table/Shared","Key":{"Owner":{"S":"us"}}}"#,
                ["us"]
            ),
            // Statements.
            (
                "ExecuteStatement",
                #"{"Statement":"SELECT * FROM GameScores WHERE UserId = 'alice' AND GameTitle = 'bob'"}"#, ["alice"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"select * from \"GameScores\" where \"UserId\" in ['alice', ?]","Parameters":[{"S":"bob"}]}"#,
                ["alice", "bob"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"SELECT * FROM GameScores WHERE UserId = ? OR (UserId = 'o''hara' AND Wins > 3)","Parameters":[{"S":"bob"}]}"#,
                ["bob", "o'hara"]
            ),
            (
                "ExecuteStatement", #"{"Statement":"SELECT * FROM \"GameScores\".\"ByGame\" WHERE GameTitle = 'Go'"}"#,
                ["Go"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"INSERT INTO GameScores VALUE {'GameTitle':'Go','UserId':?}","Parameters":[{"S":"bob"}]}"#,
                ["bob"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"INSERT INTO GameScores VALUE ?","Parameters":[{"M":{"UserId":{"S":"bob"},"GameTitle":{"S":"Go"}}}]}"#,
                ["bob"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"UPDATE GameScores SET Wins=Wins+1 WHERE UserId='alice' AND GameTitle='Go'"}"#, ["alice"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"DELETE FROM GameScores WHERE 'alice' = UserId AND GameTitle=?","Parameters":[{"S":"Go"}]}"#,
                ["alice"]
            ),
            (
                "ExecuteStatement", #"{"Statement":"SELECT * FROM Orders WHERE OrderID IN (1, -2.50, 1e2)"}"#,
                ["-2.5", "1", "100"]
            ),
        ])
    func leadingKeys(_ operation: String, _ input: String, _ expected: [String]) throws {
        #expect(try values("leadingkeys", operation, input) == expected)
        // `FirstPartitionKeyValues` and `LeadingKeys` can be used exchangeably.
        #expect(try values("firstpartitionkeyvalues", operation, input) == expected)
    }

    @Test("A Scan has no leading keys, and needs no table's keys")
    func scan() throws {
        let request = try dynamoDBRequest("Scan", #"{"TableName":"Unknown","FilterExpression":"UserId = :u"}"#)
        #expect(request.tables == [])
        guard case .accesses(let accesses, by: .exact) = request.map(keys: [:]) else {
            Issue.record("unmapped")
            return
        }
        #expect(accesses[0].context["dynamodb:leadingkeys"] == nil)
        #expect(accesses[0].context["dynamodb:attributes"] == .many(["UserId"]))
    }

    @Test(
        "Without a table's keys, nothing that needs them is mapped",
        arguments: [
            ("GetItem", #"{"TableName":"Unknown","Key":{"a":{"S":"x"}}}"#),
            (
                "Query",
                #"{"TableName":"Unknown","KeyConditionExpression":"a = :u","ExpressionAttributeValues":{":u":{"S":"x"}}}"#
            ),
            ("BatchGetItem", #"{"RequestItems":{"Unknown":{"Keys":[{"a":{"S":"x"}}]}}}"#),
            ("ExecuteStatement", #"{"Statement":"SELECT * FROM Unknown"}"#),
            ("ExecuteStatement", #"{"Statement":"INSERT INTO Unknown VALUE {'a':'x'}"}"#),
        ])
    func unknownTables(_ operation: String, _ input: String) throws {
        #expect(try dynamoDBRequest(operation, input).tables == [tableARN("Unknown")])
        #expect(try refusal(operation, input) == "The keys of \(tableARN("Unknown")) are not known")
        // The endpoint has just said that there is no such table: what may be a key counts as one.
        #expect(try asked(operation, input, absent: [tableARN("Unknown")]) != nil)
    }

    @Test("A request can't have many tables looked up")
    func manyTables() throws {
        func batch(_ count: Int) -> String {
            let tables = (1...count).map { #""t\#($0)":{"Keys":[{"a":{"S":"x"}}]}"# }
            return #"{"RequestItems":{\#(tables.joined(separator: ","))}}"#
        }
        #expect(try dynamoDBRequest("BatchGetItem", batch(100)).tables.count == 100)
        let request = try dynamoDBRequest("BatchGetItem", batch(101))
        #expect(request.tables == [])
        #expect(request.map(keys: [:]) == .unmapped(because: "The request names more than 100 tables"))
    }

    @Test("Of a table that does not exist, all values may be keys")
    func absentTables() throws {
        let input = #"{"TableName":"Unknown","Key":{"a":{"S":"x"},"b":{"N":"07"}}}"#
        let accesses = try #require(try asked("GetItem", input, absent: [tableARN("Unknown")]))
        #expect(accesses.first?.context["dynamodb:leadingkeys"] == .many(["7", "x"]))
    }

    @Test("A key that lacks the partition key is DynamoDB's to refuse; all that it has counts as keys")
    func wrongKeys() throws {
        let input = #"{"TableName":"GameScores","Key":{"User":{"S":"alice"},"GameTitle":{"S":"Go"}}}"#
        #expect(try values("leadingkeys", "GetItem", input) == ["Go", "alice"])
        #expect(try refusal("GetItem", #"{"TableName":"GameScores","Key":{}}"#) != nil)
    }

    @Test("Keys of several attributes have a condition key for each")
    func severalAttributes() throws {
        let condition =
            #"{"TableName":"GameScores","IndexName":"ByPlace","KeyConditionExpression":"Country = :c AND City = :d AND Street = :e","ExpressionAttributeValues":{":c":{"S":"AT"},":d":{"S":"Wien"},":e":{"S":"Ring"}}}"#
        #expect(try values("leadingkeys", "Query", condition) == ["AT"])
        #expect(try values("firstpartitionkeyvalues", "Query", condition) == ["AT"])
        #expect(try values("secondpartitionkeyvalues", "Query", condition) == ["Wien"])
        #expect(try values("thirdpartitionkeyvalues", "Query", condition) == ["Ring"])
        #expect(try values("fourthpartitionkeyvalues", "Query", condition) == nil)
        let partial =
            #"{"Statement":"SELECT * FROM \"GameScores\".\"ByPlace\" WHERE Country = 'AT' AND City = 'Wien'"}"#
        #expect(try value("fulltablescan", "ExecuteStatement", partial) == "true")
        #expect(try values("secondpartitionkeyvalues", "ExecuteStatement", partial) == nil)
    }

    @Test(
        "A condition that is not certainly about one partition is refused",
        arguments: [
            "UserId = :u OR UserId = :g", "NOT UserId = :u", "UserId > :u", "GameTitle = :g",
            "UserId = :u AND UserId > :g",
            "UserId = :u AND UserId = :g", "UserId IN (:u, :g)", "UserId = GameTitle", "UserId.a = :u",
            "UserId = :missing",
            "#u = :u AND #v = :g", "UserId = :u AND", "UserId = :u GameTitle = :g", "", "(UserId = :u", "UserId == :u",
            "UserId = :u AND size(UserId) > :g", "userid = :u", "UserId = :u; GameTitle = :g", "UserId = 'alice'",
        ])
    func uncertainConditions(_ expression: String) throws {
        let input =
            ##"{"TableName":"GameScores","KeyConditionExpression":"\##(expression)","ExpressionAttributeNames":{"#u":"UserId","#v":"UserId"},"ExpressionAttributeValues":{":u":{"S":"alice"},":g":{"S":"bob"}}}"##
        #expect(try refusal("Query", input) != nil)
    }

    @Test(
        "Statements that are not certainly about keys are refused",
        arguments: [
            "UPDATE GameScores SET Wins=1 WHERE GameTitle='Go'", "DELETE FROM GameScores WHERE UserId > 'a'",
            "DELETE FROM GameScores WHERE UserId='a' OR GameTitle='Go'", "UPDATE GameScores SET Wins=1",
            "SELECT * FROM GameScores WHERE UserId='a' AND UserId='b'",
            "SELECT * FROM GameScores WHERE UserId='a' || 'b'",
            "SELECT * FROM GameScores WHERE UserId=''", "SELECT * FROM GameScores WHERE UserId=['a']",
            "SELECT * FROM GameScores WHERE UserId='a'+'b'", "SELECT * FROM GameScores WHERE UserId=?",
            "SELECT * FROM GameScores WHERE UserId", "SELECT * FROM GameScores WHERE UserId='a' LIMIT 1",
            "SELECT * FROM GameScores -- WHERE\n", "SELECT * FROM GameScores /* x */",
            "SELECT * FROM GameScores; DROP TABLE x",
            "SELECT * FROM GameScores g WHERE g.UserId='a'", "SELECT * FROM GameScores WHERE GameScores.UserId='a'",
            "SELECT * FROM GameScores WHERE UserId=`a`", "SELECT * FROM GameScores WHERE UserId=\\\"alice\\\" AND",
            "SELECT * FROM GameScores, Music", "SELECT * FROM GameScores.ByGame", "SELECT FROM GameScores",
            "SELECT DISTINCT a FROM GameScores", "SELECT a AS b FROM GameScores", "SELECT COUNT(*) FROM GameScores",
            "INSERT INTO GameScores VALUE {'UserId':'a','UserId':'b'}",
            "INSERT INTO GameScores VALUE {'GameTitle':'a'}",
            "INSERT INTO GameScores VALUE {'UserId':['a']}", "INSERT INTO GameScores VALUE {}",
            "INSERT INTO GameScores VALUE {'UserId':'a','':1}", "SELECT \\\"\\\" FROM GameScores WHERE UserId='a'",
            "INSERT INTO GameScores VALUES ('a')", "EXISTS(SELECT * FROM GameScores WHERE UserId='a')",
            "SELECT * FROM GameScores WHERE UserId='a", "SELECT * FROM GameScores WHERE UserId=1x", "CREATE TABLE x",
            "",
            "SELECT * FROM \\\"Game/Scores\\\"", "SELECT * FROM SELECT", "SELECT * FROM GameScores WHERE UserId != 'a'",
        ])
    func uncertainStatements(_ statement: String) throws {
        #expect(try refusal("ExecuteStatement", #"{"Statement":"\#(statement.replacing("\n", with: "\\n"))"}"#) != nil)
    }

    @Test("Parameters are bound only where their number is certain")
    func parameters() throws {
        let quoted =
            #"{"Statement":"INSERT INTO Music value {'Artist':'?','SongTitle':'?'}","Parameters":[{"S":"Acme Band"},{"S":"Best Song"}]}"#
        #expect(try refusal("ExecuteStatement", quoted) == "Statement has 0 parameters, the request 2")
        let mixed =
            #"{"Statement":"SELECT * FROM Music WHERE SongTitle='?' AND Artist=?","Parameters":[{"S":"Acme Band"}]}"#
        #expect(try refusal("ExecuteStatement", mixed)?.contains("question mark") == true)
        let alone = #"{"Statement":"SELECT * FROM Music WHERE SongTitle='Who?' AND Artist='a'"}"#
        #expect(try values("leadingkeys", "ExecuteStatement", alone) == ["a"])
    }

    @Test(
        "Values that are no keys are refused",
        arguments: [
            #"{"S":""}"#, #"{"BOOL":true}"#, #"{"NULL":true}"#, #"{"S":"a","N":"1"}"#, "{}", #"{"SS":["a"]}"#,
            #"{"M":{}}"#, #"{"N":"seven"}"#, #"{"N":"1e999"}"#, #"{"B":""}"#, #"{"N":""}"#,
        ])
    func noKeys(_ value: String) throws {
        #expect(try refusal("GetItem", #"{"TableName":"Orders","Key":{"OrderID":\#(value)}}"#) != nil)
    }

    @Test(
        "Numbers and bytes have one form",
        arguments: [
            (#"{"N":"7"}"#, "7"), (#"{"N":"007"}"#, "7"), (#"{"N":"7.00"}"#, "7"), (#"{"N":"70e-1"}"#, "7"),
            (#"{"N":"-0"}"#, "0"), (#"{"B":"AQIDBA=="}"#, "AQIDBA=="), (#"{"S":"007"}"#, "007"),
        ])
    func oneForm(_ value: String, _ text: String) throws {
        #expect(try values("leadingkeys", "GetItem", #"{"TableName":"Orders","Key":{"OrderID":\#(value)}}"#) == [text])
    }

    // MARK: Attributes

    @Test(
        "Attributes are all top-level attributes that the request specifies",
        arguments: [
            // The page's own example.
            (
                "GetItem",
                #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"ProjectionExpression":"Name, Address.City"}"#,
                ["Address", "Name", "OrderID"]
            ),
            (
                "GetItem", #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"AttributesToGet":["a.b","c"]}"#,
                ["OrderID", "a.b", "c"]
            ),
            (
                "GetItem",
                ##"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"ProjectionExpression":"#a.#b[0].c, d[1]","ExpressionAttributeNames":{"#a":"Safety.Warning","#b":"inner"}}"##,
                ["OrderID", "Safety.Warning", "d"]
            ),
            (
                "PutItem",
                #"{"TableName":"Orders","Item":{"OrderID":{"N":"1"},"a":{"M":{"nested":{"S":"x"}}}},"ConditionExpression":"attribute_not_exists(OrderID) OR size(b) > :s AND c IN (:x, d)"}"#,
                ["OrderID", "a", "b", "c", "d"]
            ),
            (
                "PutItem", #"{"TableName":"Orders","Item":{"OrderID":{"N":"1"}},"Expected":{"old":{"Exists":false}}}"#,
                ["OrderID", "old"]
            ),
            (
                "UpdateItem",
                ##"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"UpdateExpression":"SET a = if_not_exists(b, :n) + c, #l = list_append(d, :v) REMOVE e[0], f ADD g :n DELETE h :s","ExpressionAttributeNames":{"#l":"list"},"ConditionExpression":"i BETWEEN :n AND j"}"##,
                ["OrderID", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "list"]
            ),
            (
                "UpdateItem",
                #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"AttributeUpdates":{"a":{"Action":"DELETE"}}}"#,
                ["OrderID", "a"]
            ),
            (
                "DeleteItem",
                #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"ConditionExpression":"NOT (contains(a.b, :x) AND begins_with(c, :y) OR attribute_type(d, :t))"}"#,
                ["OrderID", "a", "c", "d"]
            ),
            (
                "Query",
                ##"{"TableName":"Orders","KeyConditionExpression":"OrderID = :o","FilterExpression":"#f <> :x","ExpressionAttributeNames":{"#f":"f"},"ProjectionExpression":"p","ExpressionAttributeValues":{":o":{"N":"1"},":x":{"S":"secret"}},"ExclusiveStartKey":{"OrderID":{"N":"0"},"start":{"S":"x"}}}"##,
                ["OrderID", "f", "p", "start"]
            ),
            (
                "Query",
                #"{"TableName":"Orders","KeyConditions":{"OrderID":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"1"}]}},"QueryFilter":{"f":{"ComparisonOperator":"NULL"}}}"#,
                ["OrderID", "f"]
            ),
            (
                "Scan",
                #"{"TableName":"Orders","ScanFilter":{"f":{"ComparisonOperator":"NULL"}},"AttributesToGet":["g"]}"#,
                ["f", "g"]
            ),
            (
                "BatchGetItem",
                #"{"RequestItems":{"Orders":{"Keys":[{"OrderID":{"N":"1"}}],"ProjectionExpression":"a"}}}"#,
                ["OrderID", "a"]
            ),
            (
                "BatchWriteItem",
                #"{"RequestItems":{"Orders":[{"PutRequest":{"Item":{"OrderID":{"N":"1"},"a":{"S":"x"}}}},{"PutRequest":{"Item":{"OrderID":{"N":"2"},"b":{"S":"x"}}}}]}}"#,
                ["OrderID", "a", "b"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"SELECT a.b, \"c d\", size(e) FROM Orders WHERE OrderID=1 AND f.g[0] > h ORDER BY i DESC"}"#,
                ["OrderID", "a", "c d", "e", "f", "h", "i"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"UPDATE Orders SET a=list_append(b,[1,c]) SET d.e={'x':1} REMOVE f[0] WHERE OrderID=1 AND g IS NOT MISSING RETURNING ALL OLD *"}"#,
                ["OrderID", "a", "b", "c", "d", "f", "g"]
            ),
            (
                "ExecuteStatement",
                #"{"Statement":"INSERT INTO Orders VALUE {'OrderID':1,'a':{'nested':2},'b':<<1,2>>}"}"#,
                ["OrderID", "a", "b"]
            ),
        ])
    func attributes(_ operation: String, _ input: String, _ expected: [String]) throws {
        #expect(try values("attributes", operation, input) == expected)
    }

    @Test(
        "An expression that can't be followed is refused",
        arguments: [
            ("ProjectionExpression", "a,"), ("ProjectionExpression", ",a"), ("ProjectionExpression", "a b"),
            ("ProjectionExpression", "#x"), ("ProjectionExpression", "a.[0]"), ("ProjectionExpression", "a[-1]"),
            ("ProjectionExpression", "a[b]"), ("ProjectionExpression", "5a"), ("ProjectionExpression", "a-b"),
            ("ProjectionExpression", "ä"), ("ProjectionExpression", ":a"), ("ProjectionExpression", ""),
            ("ProjectionExpression", "*"), ("ProjectionExpression", "a;b"), ("ProjectionExpression", "#"),
        ])
    func refusedProjections(_ member: String, _ expression: String) throws {
        let input = #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"\#(member)":"\#(expression)"}"#
        #expect(try refusal("GetItem", input) != nil)
    }

    @Test(
        "Updates that can't be followed are refused",
        arguments: [
            "a = :b", "SET a", "SET a = ", "SET a = :b SET c = :d", "SET a = :b,", "REMOVE", "ADD a", "SET a = f(:b)",
            "SET a = :b * :c", "SET a = b = c", "DROP a", "SET a = attribute_exists(b)", "SET :a = b", "SET a = :b }",
        ])
    func refusedUpdates(_ expression: String) throws {
        let input = #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"UpdateExpression":"\#(expression)"}"#
        #expect(try refusal("UpdateItem", input) != nil)
    }

    // MARK: Select, ReturnValues and the others

    @Test(
        "Select always has a value where attributes are returned",
        arguments: [
            ("Query", #""KeyConditionExpression":"OrderID = :o","ExpressionAttributeValues":{":o":{"N":"1"}}"#),
            ("Scan", #""Limit":1"#),
        ])
    func select(_ operation: String, _ rest: String) throws {
        func select(_ more: String) throws -> String? {
            try value("select", operation, #"{"TableName":"Orders",\#(rest)\#(more)}"#)
        }
        #expect(try select("") == "ALL_ATTRIBUTES")
        #expect(try select(#","Select":"COUNT""#) == "COUNT")
        #expect(try select(#","ProjectionExpression":"a""#) == "SPECIFIC_ATTRIBUTES")
        #expect(try select(#","AttributesToGet":["a"]"#) == "SPECIFIC_ATTRIBUTES")
        #expect(try select(#","AttributesToGet":[]"#) == "ALL_ATTRIBUTES")
        #expect(try select(#","Select":"SPECIFIC_ATTRIBUTES","ProjectionExpression":"a""#) == "SPECIFIC_ATTRIBUTES")
        // moto returns all attributes for this one; DynamoDB refuses it.
        #expect(try select(#","Select":"SPECIFIC_ATTRIBUTES""#) == "ALL_ATTRIBUTES")
    }

    @Test("Select of single items, batches, indexes and statements")
    func otherSelects() throws {
        let key = #""TableName":"Orders","Key":{"OrderID":{"N":"1"}}"#
        #expect(try value("select", "GetItem", "{\(key)}") == "ALL_ATTRIBUTES")
        #expect(try value("select", "GetItem", #"{\#(key),"ProjectionExpression":"a"}"#) == "SPECIFIC_ATTRIBUTES")
        #expect(
            try value("select", "Scan", #"{"TableName":"Orders","IndexName":"ByYear"}"#) == "ALL_PROJECTED_ATTRIBUTES")
        #expect(try value("select", "ExecuteStatement", #"{"Statement":"SELECT * FROM Orders"}"#) == "ALL_ATTRIBUTES")
        #expect(
            try value("select", "ExecuteStatement", #"{"Statement":"SELECT a FROM Orders"}"#) == "SPECIFIC_ATTRIBUTES")
        #expect(try value("select", "DeleteItem", "{\(key)}") == nil)
    }

    @Test("ReturnValues always has a value where items are changed")
    func returnValues() throws {
        let key = #""TableName":"Orders","Key":{"OrderID":{"N":"1"}}"#
        #expect(try value("returnvalues", "DeleteItem", "{\(key)}") == "NONE")
        #expect(try value("returnvalues", "UpdateItem", #"{\#(key),"ReturnValues":"ALL_NEW"}"#) == "ALL_NEW")
        #expect(try value("returnvalues", "GetItem", "{\(key)}") == nil)
        #expect(
            try value("returnvalues", "ExecuteStatement", #"{"Statement":"DELETE FROM Orders WHERE OrderID=1"}"#)
                == "NONE")
        #expect(
            try value(
                "returnvalues", "ExecuteStatement",
                #"{"Statement":"UPDATE Orders SET a=1 WHERE OrderID=1 RETURNING MODIFIED NEW *"}"#)
                == "UPDATED_NEW")
        let check =
            #"{"TransactItems":[{"ConditionCheck":{\#(key),"ConditionExpression":"a=:b","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}"#
        #expect(try value("returnvalues", "TransactWriteItems", check) == "ALL_OLD")
    }

    @Test("What is returned when a condition fails has to be allowed, too")
    func returnValuesOnFailure() throws {
        let input =
            #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"ConditionExpression":"a = :b","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"#
        let accesses = try #require(try asked("DeleteItem", input))
        #expect(accesses.map { $0.context["dynamodb:returnvalues"] } == [.one("NONE"), .one("ALL_OLD")])
    }

    @Test("ReturnConsumedCapacity is NONE where nothing is said; EnclosingOperation is only in transactions")
    func others() throws {
        let get = #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}}}"#
        #expect(try value("returnconsumedcapacity", "GetItem", get) == "NONE")
        #expect(try value("enclosingoperation", "GetItem", get) == nil)
        let transaction = #"{"TransactItems":[{"Get":\#(get)}],"ReturnConsumedCapacity":"TOTAL"}"#
        #expect(try value("returnconsumedcapacity", "TransactGetItems", transaction) == "TOTAL")
        #expect(try value("enclosingoperation", "TransactGetItems", transaction) == "TransactGetItems")
        let statement = #"{"Statement":"SELECT * FROM Orders WHERE OrderID=1"}"#
        #expect(
            try value("enclosingoperation", "ExecuteTransaction", #"{"TransactStatements":[\#(statement)]}"#)
                == "ExecuteTransaction")
        #expect(try value("enclosingoperation", "BatchExecuteStatement", #"{"Statements":[\#(statement)]}"#) == nil)
        #expect(try value("returnconsumedcapacity", "ExecuteStatement", statement) == nil)
    }

    @Test("Tags of a request are condition keys")
    func tags() throws {
        let input =
            #"{"ResourceArn":"\#(tableARN("Music"))","Tags":[{"Key":"Team","Value":"x"},{"Key":"stage","Value":""}]}"#
        #expect(
            try context("TagResource", input)
                == [
                    "aws:tagkeys": .many(["Team", "stage"]), "aws:requesttag/team": .one("x"),
                    "aws:requesttag/stage": .one(""),
                ])
        #expect(
            try context("UntagResource", #"{"ResourceArn":"\#(tableARN("Music"))","TagKeys":["Team"]}"#)
                == ["aws:tagkeys": .many(["Team"])])
    }

    @Test("A replica's permissions are asked for in its region")
    func replicas() throws {
        let input =
            #"{"TableName":"Music","ReplicaUpdates":[{"Create":{"RegionName":"us-east-1"}}],"GlobalTableWitnessUpdates":[{"Create":{"RegionName":"us-east-2"}}]}"#
        let accesses = try #require(try asked("UpdateTable", input))
        let create = accesses.first { $0.action == "dynamodb:CreateTableReplica" }
        #expect(create?.context == ["aws:requestedregion": .one("us-east-1")])
        #expect(
            accesses.filter { $0.action == "dynamodb:CreateGlobalTableWitness" }.map(\.resource)
                == [tableARN("Music"), "arn:aws:dynamodb:us-east-1:123456789012:table/Music"])
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html>
    @Test(
        "A SELECT that names no partition reads the whole table",
        arguments: [
            ("SELECT * FROM Orders WHERE OrderID = 100", "false"),
            ("SELECT * FROM Orders WHERE OrderID = 100 and Address='some address'", "false"),
            ("SELECT * FROM Orders WHERE OrderID = 100 or OrderID = 200", "false"),
            ("SELECT * FROM Orders WHERE OrderID IN [100, 300, 234]", "false"),
            ("SELECT * FROM Orders WHERE OrderID > 1", "true"),
            ("SELECT * FROM Orders WHERE Address='some address'", "true"),
            ("SELECT * FROM Orders WHERE OrderID = 100 OR Address='some address'", "true"),
            ("SELECT OrderID, Total FROM Orders WHERE OrderID IN [1, 2, 3] ORDER BY OrderID DESC", "false"),
            ("SELECT OrderID, Total FROM Orders WHERE Total BETWEEN 500 AND 600", "true"),
            (
                "SELECT Devices.FireStick.DateWatched[0] FROM WatchList WHERE CustomerID= 'C1' AND MovieID= 'M1'",
                "false"
            ),
            ("SELECT Devices FROM WatchList WHERE Devices.FireStick.DateWatched[0] >= '12/12/19'", "true"),
            ("SELECT * FROM Orders WHERE NOT OrderID = 100", "true"),
            ("SELECT * FROM Orders WHERE OrderID NOT IN [1]", "true"),
            ("SELECT * FROM Orders", "true"), ("SELECT * FROM Orders WHERE OrderID.x = 1", "true"),
        ])
    func fullTableScan(_ statement: String, _ expected: String) throws {
        let input = #"{"Statement":"\#(statement)"}"#
        #expect(try value("fulltablescan", "ExecuteStatement", input) == expected)
        #expect((try values("leadingkeys", "ExecuteStatement", input) == nil) == (expected == "true"))
    }

    // MARK: Names and values that Swift takes for the same

    @Test("Two forms of a letter are two attributes, and two keys")
    func unicodeForms() throws {
        // An é of one scalar, and an e with an accent behind it.
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        let projection =
            ##"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}},"ProjectionExpression":"#a, #b","ExpressionAttributeNames":{"#a":"\##(decomposed)","#b":"\##(composed)"}}"##
        #expect(try values("attributes", "GetItem", projection)?.count == 3)
        let batch =
            #"{"RequestItems":{"Orders":{"Keys":[{"OrderID":{"S":"\#(decomposed)"}},{"OrderID":{"S":"\#(composed)"}}]}}}"#
        #expect(try values("leadingkeys", "BatchGetItem", batch)?.count == 2)
        let policy = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"dynamodb:Attributes":"\#(composed)"}}}]}"#
        )
        #expect(try !policy.allows("GetItem", projection))
        let statement = try PartiQLRequest.asked(#"SELECT * FROM tab WHERE "\#(decomposed)" = 'alice'"#, composed)
        #expect(statement["dynamodb:fulltablescan"] == .one("true"))
        #expect(statement["dynamodb:leadingkeys"] == nil)
        #expect(
            try PartiQLRequest.asked(#"SELECT * FROM tab WHERE "\#(composed)" = 'alice'"#, composed)[
                "dynamodb:fulltablescan"] == .one("false"))
    }

    /// Statements on a table of any partition key.
    private enum PartiQLRequest {
        static func asked(_ statement: String, _ partition: String) throws -> [String: ContextValue] {
            let json = #"{"Statement":"\#(statement.replacing("\"", with: "\\\""))"}"#
            let request = try dynamoDBRequest("ExecuteStatement", json)
            guard
                case .accesses(let accesses, by: .exact) = request.map(
                    keys: [tableARN("tab"): TableKeys(partition: partition)])
            else { return [:] }
            return accesses.first?.context ?? [:]
        }
    }
}
