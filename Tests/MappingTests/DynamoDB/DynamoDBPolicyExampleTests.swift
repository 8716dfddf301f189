import Mapping
import Policy
import Testing

/// The policies of AWS's pages, and what they say that these allow and don't.
struct DynamoDBPolicyExampleTests {
    // MARK: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html

    private static let player: [String: ContextValue] = ["www.amazon.com:user_id": .one("amzn1.alice")]
    private static let scores = "arn:aws:dynamodb:us-west-2:123456789012:table/GameScores"

    private static let game = """
        {"Version":"2012-10-17","Statement":[{"Sid":"AllowAccessToOnlyItemsMatchingUserID","Effect":"Allow","Action":[
        "dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Query","dynamodb:PutItem","dynamodb:UpdateItem",
        "dynamodb:DeleteItem","dynamodb:BatchWriteItem"],"Resource":["\(scores)"],"Condition":{
        "ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${www.amazon.com:user_id}"],"dynamodb:Attributes":["UserId",
        "GameTitle","Wins","Losses","TopScore","TopScoreDateTime"]},
        "StringEqualsIfExists":{"dynamodb:Select":"SPECIFIC_ATTRIBUTES"}}}]}
        """

    private static let own = #""TableName":"GameScores","Key":{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"}}"#
    private static let other = #""TableName":"GameScores","Key":{"UserId":{"S":"amzn1.bob"},"GameTitle":{"S":"Go"}}"#

    @Test(
        "Example 1: only the player's own items, and only some attributes",
        arguments: [
            ("GetItem", #"{\#(own),"ProjectionExpression":"Wins, Losses"}"#, true),
            ("GetItem", ##"{\##(own),"ProjectionExpression":"#w","ExpressionAttributeNames":{"#w":"Wins"}}"##, true),
            ("GetItem", #"{\#(other),"ProjectionExpression":"Wins, Losses"}"#, false),
            // All attributes.
            ("GetItem", "{\(own)}", false),
            ("GetItem", #"{\#(own),"ProjectionExpression":"Wins, Password"}"#, false),
            (
                "GetItem", ##"{\##(own),"ProjectionExpression":"#w","ExpressionAttributeNames":{"#w":"Password"}}"##,
                false
            ),
            ("GetItem", #"{\#(own),"ProjectionExpression":"Secrets.Wins"}"#, false),
            (
                "PutItem",
                #"{"TableName":"GameScores","Item":{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"},"Wins":{"N":"1"}}}"#,
                true
            ),
            (
                "PutItem",
                #"{"TableName":"GameScores","Item":{"UserId":{"S":"amzn1.bob"},"GameTitle":{"S":"amzn1.alice"},"Wins":{"N":"1"}}}"#,
                false
            ),
            (
                "PutItem",
                #"{"TableName":"GameScores","Item":{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"},"IsAdmin":{"BOOL":true}}}"#,
                false
            ),
            ("UpdateItem", #"{\#(own),"UpdateExpression":"SET Wins = Wins + :one"}"#, true),
            ("UpdateItem", #"{\#(own),"UpdateExpression":"SET Wins = Balance"}"#, false),
            (
                "UpdateItem", #"{\#(own),"UpdateExpression":"SET Wins = :one","ConditionExpression":"Balance > :b"}"#,
                false
            ),
            ("DeleteItem", "{\(own)}", true), ("DeleteItem", "{\(other)}", false),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditionExpression":"UserId = :u","ExpressionAttributeValues":{":u":{"S":"amzn1.alice"}},"ProjectionExpression":"TopScore"}"#,
                true
            ),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditionExpression":"UserId = :u","ExpressionAttributeValues":{":u":{"S":"amzn1.bob"}},"ProjectionExpression":"TopScore"}"#,
                false
            ),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditionExpression":"UserId = :u","ExpressionAttributeValues":{":u":{"S":"amzn1.alice"}},"Select":"COUNT"}"#,
                false
            ),
            (
                "BatchGetItem",
                #"{"RequestItems":{"GameScores":{"Keys":[{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"}}],"AttributesToGet":["Wins"]}}}"#,
                true
            ),
            (
                "BatchGetItem",
                #"{"RequestItems":{"GameScores":{"Keys":[{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"}},{"UserId":{"S":"amzn1.bob"},"GameTitle":{"S":"Go"}}],"AttributesToGet":["Wins"]}}}"#,
                false
            ),
            (
                "BatchGetItem",
                #"{"RequestItems":{"GameScores":{"Keys":[{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"}}],"AttributesToGet":["Wins"]},"Music":{"Keys":[{"Artist":{"S":"amzn1.alice"},"SongTitle":{"S":"x"}}],"AttributesToGet":["Wins"]}}}"#,
                false
            ),
            (
                "BatchWriteItem",
                #"{"RequestItems":{"GameScores":[{"DeleteRequest":{"Key":{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"}}}}]}}"#,
                true
            ),
            (
                "BatchWriteItem",
                #"{"RequestItems":{"GameScores":[{"DeleteRequest":{"Key":{"UserId":{"S":"amzn1.alice"},"GameTitle":{"S":"Go"}}}},{"PutRequest":{"Item":{"UserId":{"S":"amzn1.bob"},"GameTitle":{"S":"Go"}}}}]}}"#,
                false
            ),
            ("Scan", #"{"TableName":"GameScores","ProjectionExpression":"Wins"}"#, false),
            // An index is another resource.
            (
                "Query",
                #"{"TableName":"GameScores","IndexName":"TopScoreDateTimeIndex","KeyConditionExpression":"UserId = :u","ExpressionAttributeValues":{":u":{"S":"amzn1.alice"}},"ProjectionExpression":"TopScore"}"#,
                false
            ),
            // Elements of transactions are what they are outside of them.
            ("TransactGetItems", #"{"TransactItems":[{"Get":{\#(own),"ProjectionExpression":"Wins"}}]}"#, true),
            (
                "TransactGetItems",
                #"{"TransactItems":[{"Get":{\#(own),"ProjectionExpression":"Wins"}},{"Get":{\#(other),"ProjectionExpression":"Wins"}}]}"#,
                false
            ),
            ("ExecuteStatement", #"{"Statement":"SELECT Wins FROM GameScores WHERE UserId='amzn1.alice'"}"#, false),
        ])
    func mobileGame(_ operation: String, _ input: String, _ isAllowed: Bool) throws {
        #expect(try UserPolicy(Self.game).allows(operation, input, Self.player) == isAllowed)
    }

    @Test("Example 1 allows nothing in a table whose keys are not known")
    func unknownKeys() throws {
        let request = try dynamoDBRequest("GetItem", #"{\#(Self.own),"ProjectionExpression":"Wins"}"#)
        guard case .unmapped = request.map(keys: [:]) else {
            Issue.record("mapped without the table's keys")
            return
        }
    }

    @Test(
        "Example 2: items of one partition key",
        arguments: [
            ("GetItem", "{\(own)}", true), ("GetItem", "{\(other)}", false), ("DeleteItem", "{\(own)}", false),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditionExpression":"UserId = :u AND GameTitle = :g","ExpressionAttributeValues":{":u":{"S":"amzn1.alice"},":g":{"S":"x"}}}"#,
                true
            ),
            (
                "Query",
                #"{"TableName":"GameScores","KeyConditionExpression":"UserId = :u AND GameTitle = :g","ExpressionAttributeValues":{":g":{"S":"amzn1.alice"},":u":{"S":"x"}}}"#,
                false
            ),
        ])
    func leadingKeys(_ operation: String, _ input: String, _ isAllowed: Bool) throws {
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"ReadOnlyAccessToUserItems","Effect":"Allow","Action":["dynamodb:GetItem",
            "dynamodb:BatchGetItem","dynamodb:Query"],"Resource":["\(Self.scores)"],"Condition":{"ForAllValues:StringEquals":{
            "dynamodb:LeadingKeys":["${www.amazon.com:user_id}"]}}}]}
            """)
        #expect(try policy.allows(operation, input, Self.player) == isAllowed)
    }

    @Test(
        "Example 3: two attributes of a table; what is returned is limited, too",
        arguments: [
            (
                "UpdateItem",
                #"{"TableName":"GameScores","Key":{"UserId":{"S":"a"}},"UpdateExpression":"SET TopScore = :s"}"#, true
            ),
            (
                "UpdateItem",
                #"{"TableName":"GameScores","Key":{"UserId":{"S":"a"}},"UpdateExpression":"SET TopScore = :s","ReturnValues":"UPDATED_NEW"}"#,
                true
            ),
            (
                "UpdateItem",
                #"{"TableName":"GameScores","Key":{"UserId":{"S":"a"}},"UpdateExpression":"SET TopScore = :s","ReturnValues":"ALL_OLD"}"#,
                false
            ),
            (
                "UpdateItem",
                #"{"TableName":"GameScores","Key":{"UserId":{"S":"a"}},"UpdateExpression":"SET TopScore = :s","ConditionExpression":"TopScore < :s","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"#,
                false
            ),
            (
                "UpdateItem",
                #"{"TableName":"GameScores","Key":{"UserId":{"S":"a"}},"UpdateExpression":"SET Wins = :s"}"#, false
            ),
            ("Scan", #"{"TableName":"GameScores","ProjectionExpression":"UserId, TopScore"}"#, true),
            (
                "Scan", #"{"TableName":"GameScores","ProjectionExpression":"UserId","FilterExpression":"Wins > :w"}"#,
                false
            ),
            ("Scan", #"{"TableName":"GameScores"}"#, false),
            ("Scan", #"{"TableName":"GameScores","Select":"SPECIFIC_ATTRIBUTES"}"#, false),
            ("PutItem", #"{"TableName":"GameScores","Item":{"UserId":{"S":"a"}}}"#, false),
        ])
    func attributes(_ operation: String, _ input: String, _ isAllowed: Bool) throws {
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"LimitAccessToSpecificAttributes","Effect":"Allow","Action":[
            "dynamodb:UpdateItem","dynamodb:GetItem","dynamodb:Query","dynamodb:BatchGetItem","dynamodb:Scan"],
            "Resource":["\(Self.scores)"],"Condition":{"ForAllValues:StringEquals":{"dynamodb:Attributes":["UserId","TopScore"]},
            "StringEqualsIfExists":{"dynamodb:Select":"SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnValues":["NONE","UPDATED_OLD","UPDATED_NEW"]}}}]}
            """)
        #expect(try policy.allows(operation, input) == isAllowed)
    }

    @Test(
        "Example 4: some attributes are not to be updated",
        arguments: [
            ("SET Wins = :w", true), ("SET FreeGamesAvailable = :w", false), ("REMOVE Wins, BossLevelUnlocked", false),
            ("SET BossLevelUnlocked.first = :w", false), ("SET Wins = FreeGamesAvailable", false),
        ])
    func protectedAttributes(_ update: String, _ isAllowed: Bool) throws {
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"PreventUpdatesOnCertainAttributes","Effect":"Allow","Action":[
            "dynamodb:UpdateItem"],"Resource":"\(Self.scores)","Condition":{"ForAllValues:StringNotLike":{
            "dynamodb:Attributes":["FreeGamesAvailable","BossLevelUnlocked"]},"StringEqualsIfExists":{
            "dynamodb:Select":"SPECIFIC_ATTRIBUTES","dynamodb:ReturnValues":["NONE","UPDATED_OLD","UPDATED_NEW"]}}}]}
            """)
        #expect(try policy.allows("UpdateItem", #"{\#(Self.own),"UpdateExpression":"\#(update)"}"#) == isAllowed)
    }

    @Test("Example 5: queries of an index, of some or of all projected attributes")
    func projectedAttributes() throws {
        let index = "\(Self.scores)/index/ByGame"
        let some = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"QueryOnlyProjectedIndexAttributes","Effect":"Allow","Action":[
            "dynamodb:Query"],"Resource":["\(index)"],"Condition":{"ForAllValues:StringEquals":{"dynamodb:Attributes":[
            "TopScoreDateTime","GameTitle","Wins","Losses","Attempts"]},"StringEquals":{
            "dynamodb:Select":"SPECIFIC_ATTRIBUTES"}}}]}
            """)
        let all = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"QueryAllIndexAttributes","Effect":"Allow","Action":["dynamodb:Query"],
            "Resource":["\(index)"],"Condition":{"StringEquals":{"dynamodb:Select":"ALL_PROJECTED_ATTRIBUTES"}}}]}
            """)
        func query(_ more: String) -> String {
            #"{"TableName":"GameScores","IndexName":"ByGame","KeyConditionExpression":"GameTitle = :g","ExpressionAttributeValues":{":g":{"S":"Go"}}\#(more)}"#
        }
        let projected = query(#","ProjectionExpression":"Wins, Losses""#)
        #expect(try some.allows("Query", projected))
        #expect(try !all.allows("Query", projected))
        #expect(try !some.allows("Query", query("")))
        #expect(try all.allows("Query", query("")))
        #expect(try all.allows("Query", query(#","Select":"ALL_PROJECTED_ATTRIBUTES""#)))
        #expect(try !all.allows("Query", query(#","Select":"ALL_ATTRIBUTES""#)))
        #expect(try !some.allows("Query", query(#","ProjectionExpression":"Wins, UserId""#)))
        // The permission is for the index alone.
        let table =
            #"{"TableName":"GameScores","KeyConditionExpression":"UserId = :g","ExpressionAttributeValues":{":g":{"S":"Go"}},"ProjectionExpression":"Wins"}"#
        #expect(try !some.allows("Query", table))
    }

    @Test("Example 6: attributes and partition keys, of a table and an index")
    func both() throws {
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"LimitAccessToCertainAttributesAndKeyValues","Effect":"Allow","Action":[
            "dynamodb:UpdateItem","dynamodb:GetItem","dynamodb:Query","dynamodb:BatchGetItem"],"Resource":["\(Self.scores)",
            "\(Self.scores)/index/TopScoreDateTimeIndex"],"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":[
            "${graph.facebook.com:id}"],"dynamodb:Attributes":["UserId","GameTitle","attribute-A","attribute-B"]},
            "StringEqualsIfExists":{"dynamodb:Select":"SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnValues":["NONE","UPDATED_OLD","UPDATED_NEW"]}}}]}
            """)
        let facebook: [String: ContextValue] = ["graph.facebook.com:id": .one("10")]
        func query(_ user: String, _ names: String) -> String {
            ##"{"TableName":"GameScores","IndexName":"TopScoreDateTimeIndex","KeyConditionExpression":"UserId = :u","ExpressionAttributeValues":{":u":{"S":"\##(user)"}},"ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":"\##(names)"}}"##
        }
        #expect(try policy.allows("Query", query("10", "attribute-A"), facebook))
        #expect(try !policy.allows("Query", query("11", "attribute-A"), facebook))
        #expect(try !policy.allows("Query", query("10", "attribute-C"), facebook))
    }

    @Test(
        "Example 7: sensitive attributes are denied, and can't be had by leaving the projection out",
        arguments: [
            (
                "GetItem",
                #"{"TableName":"CustomerData","Key":{"CustomerID":{"S":"1"}},"ProjectionExpression":"Phone"}"#, true
            ),
            (
                "GetItem",
                #"{"TableName":"CustomerData","Key":{"CustomerID":{"S":"1"}},"ProjectionExpression":"Phone, SSN"}"#,
                false
            ),
            (
                "GetItem",
                ##"{"TableName":"CustomerData","Key":{"CustomerID":{"S":"1"}},"ProjectionExpression":"#x.y","ExpressionAttributeNames":{"#x":"SSN"}}"##,
                false
            ),
            ("GetItem", #"{"TableName":"CustomerData","Key":{"CustomerID":{"S":"1"}}}"#, false),
            ("Scan", #"{"TableName":"CustomerData","ProjectionExpression":"Phone"}"#, true),
            (
                "Scan",
                #"{"TableName":"CustomerData","ProjectionExpression":"Phone","FilterExpression":"begins_with(CreditCardNumber, :c)"}"#,
                false
            ),
            ("Scan", #"{"TableName":"CustomerData","Select":"SPECIFIC_ATTRIBUTES"}"#, false),
            ("Scan", #"{"TableName":"CustomerData","Select":"COUNT"}"#, false),
        ])
    func deniedAttributes(_ operation: String, _ input: String, _ isAllowed: Bool) throws {
        let table = "arn:aws:dynamodb:us-west-2:123456789012:table/CustomerData"
        let actions = #"["dynamodb:GetItem","dynamodb:Query","dynamodb:Scan"]"#
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":\(actions),"Resource":"\(table)"},
            {"Effect":"Deny","Action":\(actions),"Resource":"\(table)","Condition":{"ForAnyValue:StringEquals":{
            "dynamodb:Attributes":["SSN","CreditCardNumber"]}}},
            {"Effect":"Deny","Action":\(actions),"Resource":"\(table)","Condition":{"StringNotEqualsIfExists":{
            "dynamodb:Select":"SPECIFIC_ATTRIBUTES"}}}]}
            """)
        #expect(try policy.allows(operation, input) == isAllowed)
    }

    // MARK: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html

    private static let items = """
        ["dynamodb:ConditionCheckItem","dynamodb:PutItem","dynamodb:UpdateItem","dynamodb:DeleteItem","dynamodb:GetItem"]
        """
    private static let orders = "arn:aws:dynamodb:*:*:table/Orders"
    private static let order = #""TableName":"Orders","Key":{"OrderID":{"N":"1"}}"#
    private static let transaction =
        #"{"TransactItems":[{"ConditionCheck":{\#(order),"ConditionExpression":"attribute_exists(a)"}},{"Update":{\#(order),"UpdateExpression":"SET a = :b"}}]}"#

    @Test("Transactions: allowed alone, or blocked")
    func transactions() throws {
        let enclosing = """
            "Condition":{"ForAnyValue:StringEquals":{"dynamodb:EnclosingOperation":["TransactWriteItems","TransactGetItems"]}}
            """
        let only = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":\#(Self.items),"Resource":["\#(Self.orders)"],\#(enclosing)}]}"#
        )
        let blocked = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":\#(Self.items),"Resource":["\#(Self.orders)"],\#(enclosing)},{"Effect":"Allow","Action":\#(Self.items),"Resource":["\#(Self.orders)"]}]}"#
        )
        let get = "{\(Self.order)}"
        #expect(try only.allows("TransactWriteItems", Self.transaction))
        #expect(try only.allows("TransactGetItems", #"{"TransactItems":[{"Get":\#(get)}]}"#))
        #expect(try !only.allows("GetItem", get))
        #expect(try !blocked.allows("TransactWriteItems", Self.transaction))
        #expect(try blocked.allows("GetItem", get))
    }

    @Test("Transactions: information is not returned when a condition fails")
    func conditionCheckFailure() throws {
        let policy = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":\#(Self.items),"Resource":"\#(Self.orders)","Condition":{"StringEqualsIfExists":{"dynamodb:ReturnValues":"NONE"}}}]}"#
        )
        let returning =
            #"{"TransactItems":[{"ConditionCheck":{\#(Self.order),"ConditionExpression":"a = :b","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}"#
        #expect(try policy.allows("TransactWriteItems", Self.transaction))
        #expect(try !policy.allows("TransactWriteItems", returning))
    }

    // MARK: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html

    private static let statements = """
        ["dynamodb:PartiQLInsert","dynamodb:PartiQLUpdate","dynamodb:PartiQLDelete","dynamodb:PartiQLSelect"]
        """
    private static let music = "arn:aws:dynamodb:us-west-2:123456789012:table/Music"
    private static let select = #"{"Statement":"SELECT * FROM Music WHERE Artist='a'"}"#

    @Test("PartiQL: transactions alone, or not at all")
    func partiQLTransactions() throws {
        let enclosing = #""Condition":{"StringEquals":{"dynamodb:EnclosingOperation":["ExecuteTransaction"]}}"#
        let only = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":\#(Self.statements),"Resource":["\#(Self.music)"],\#(enclosing)}]}"#
        )
        let blocked = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":\#(Self.statements),"Resource":["\#(Self.music)"],\#(enclosing)},{"Effect":"Allow","Action":\#(Self.statements),"Resource":["\#(Self.music)"]}]}"#
        )
        let transaction = #"{"TransactStatements":[\#(Self.select)]}"#
        #expect(try only.allows("ExecuteTransaction", transaction))
        #expect(try !only.allows("ExecuteStatement", Self.select))
        #expect(try !blocked.allows("ExecuteTransaction", transaction))
        #expect(try blocked.allows("ExecuteStatement", Self.select))
        #expect(try blocked.allows("BatchExecuteStatement", #"{"Statements":[\#(Self.select)]}"#))
    }

    @Test("PartiQL: statements of one kind; on a table or an index")
    func partiQLKinds() throws {
        let selects = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:PartiQLSelect"],"Resource":["\#(Self.music)"]}]}"#
        )
        #expect(try selects.allows("ExecuteStatement", Self.select))
        #expect(
            try !selects.allows(
                "ExecuteStatement", #"{"Statement":"DELETE FROM Music WHERE Artist='a' AND SongTitle='b'"}"#))
        // All of a batch has to be allowed.
        #expect(
            try !selects.allows(
                "BatchExecuteStatement",
                #"{"Statements":[\#(Self.select),{"Statement":"INSERT INTO Music VALUE {'Artist':'a'}"}]}"#))
        #expect(try !selects.allows("ExecuteStatement", #"{"Statement":"SELECT * FROM Orders WHERE OrderID=1"}"#))
        let index = try UserPolicy(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:PartiQLSelect"],"Resource":["\#(Self.scores)/index/ByGame"]}]}"#
        )
        #expect(
            try index.allows(
                "ExecuteStatement", #"{"Statement":"SELECT * FROM \"GameScores\".\"ByGame\" WHERE GameTitle='Go'"}"#))
        #expect(
            try !index.allows("ExecuteStatement", #"{"Statement":"SELECT * FROM \"GameScores\" WHERE UserId='Go'"}"#))
    }

    @Test("PartiQL: no full table scans")
    func partiQLScans() throws {
        let table = "arn:aws:dynamodb:us-west-2:123456789012:table/WatchList"
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["dynamodb:PartiQLSelect"],"Resource":["\(table)"],
            "Condition":{"Bool":{"dynamodb:FullTableScan":["true"]}}},{"Effect":"Allow","Action":["dynamodb:PartiQLSelect"],
            "Resource":["\(table)"]}]}
            """)
        #expect(
            try policy.allows("ExecuteStatement", #"{"Statement":"SELECT * FROM WatchList WHERE CustomerID='C1'"}"#))
        #expect(try !policy.allows("ExecuteStatement", #"{"Statement":"SELECT * FROM WatchList"}"#))
        #expect(
            try !policy.allows(
                "ExecuteStatement", #"{"Statement":"SELECT * FROM WatchList WHERE CustomerID='C1' OR MovieID='M1'"}"#))
    }

    // MARK: Global tables, exports and imports

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html>
    @Test("A replica may be added in the regions that a policy names")
    func replicas() throws {
        let actions = """
            ["dynamodb:CreateTable","dynamodb:CreateTableReplica","dynamodb:UpdateTable","dynamodb:Query","dynamodb:Scan",
            "dynamodb:UpdateItem","dynamodb:PutItem","dynamodb:GetItem","dynamodb:DeleteItem","dynamodb:BatchWriteItem"]
            """
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"AllowAddingReplicasToSourceTable","Effect":"Allow","Action":[
            "dynamodb:UpdateTable"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":["us-west-2"]}}},
            {"Sid":"AllowCreatingReplicas","Effect":"Allow","Action":\(actions),"Resource":"*","Condition":{"StringEquals":{
            "aws:RequestedRegion":["us-east-2","us-west-1"]}}}]}
            """)
        func add(_ region: String) -> String {
            #"{"TableName":"users","ReplicaUpdates":[{"Create":{"RegionName":"\#(region)"}}]}"#
        }
        let here: [String: ContextValue] = ["aws:requestedregion": .one("us-west-2")]
        #expect(try policy.allows("UpdateTable", add("us-east-2"), here))
        #expect(try !policy.allows("UpdateTable", add("eu-west-1"), here))
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html>
    @Test("A global table with a witness")
    func witness() throws {
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"AllowCreatingUsersGlobalTableWithWitness","Effect":"Allow","Action":[
            "dynamodb:CreateTable","dynamodb:CreateTableReplica","dynamodb:CreateGlobalTableWitness","dynamodb:UpdateTable",
            "dynamodb:Query","dynamodb:Scan","dynamodb:UpdateItem","dynamodb:PutItem","dynamodb:GetItem","dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem"],"Resource":["arn:aws:dynamodb:us-west-2:123456789012:table/users",
            "arn:aws:dynamodb:us-east-2:123456789012:table/users"]}]}
            """)
        let input =
            #"{"TableName":"users","ReplicaUpdates":[{"Create":{"RegionName":"us-east-2"}}],"GlobalTableWitnessUpdates":[{"Create":{"RegionName":"us-east-1"}}]}"#
        #expect(try policy.allows("UpdateTable", input))
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html>
    @Test("An export needs permission for the bucket, too")
    func export() throws {
        func policy(_ bucket: String) throws -> UserPolicy {
            try UserPolicy(
                """
                {"Version":"2012-10-17","Statement":[{"Sid":"AllowDynamoDBExportAction","Effect":"Allow",
                "Action":"dynamodb:ExportTableToPointInTime","Resource":"\(Self.music)"},{"Sid":"AllowS3BucketWrites",
                "Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:PutObject","s3:PutObjectAcl"],
                "Resource":"arn:aws:s3:::\(bucket)/*"}]}
                """)
        }
        let input = #"{"TableArn":"\#(Self.music)","S3Bucket":"exports"}"#
        #expect(try policy("exports").allows("ExportTableToPointInTime", input))
        #expect(try !policy("other").allows("ExportTableToPointInTime", input))
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Requesting.html>
    @Test("An import needs permission to read the bucket")
    func imports() throws {
        let policy = try UserPolicy(
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"AllowDynamoDBImportAction","Effect":"Allow","Action":[
            "dynamodb:ImportTable","dynamodb:DescribeImport"],"Resource":"arn:aws:dynamodb:us-west-2:123456789012:table/my-table*"},
            {"Sid":"AllowS3Access","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],
            "Resource":["arn:aws:s3:::your-bucket/*","arn:aws:s3:::your-bucket"]}]}
            """)
        func input(_ bucket: String) -> String {
            #"{"S3BucketSource":{"S3Bucket":"\#(bucket)"},"InputFormat":"CSV","TableCreationParameters":{"TableName":"my-table"}}"#
        }
        #expect(try policy.allows("ImportTable", input("your-bucket")))
        #expect(try !policy.allows("ImportTable", input("their-bucket")))
        #expect(
            try policy.allows(
                "DescribeImport", #"{"ImportArn":"arn:aws:dynamodb:us-west-2:123456789012:table/my-table/import/01"}"#))
    }
}
