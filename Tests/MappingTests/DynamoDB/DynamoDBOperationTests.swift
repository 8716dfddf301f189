import Catalogue
import Mapping
import Policy
import Testing
import Wire

/// Every operation: what it asks for, on what.
struct DynamoDBOperationTests {
    /// A request of an operation, and what it asks for: actions without their prefix, resources within the account's tables.
    struct Sample: Sendable, CustomTestStringConvertible {
        let operation: String
        let input: String
        let asks: [String]
        var testDescription: String { "\(operation) \(input)" }

        init(_ operation: String, _ input: String, _ asks: String...) {
            self.operation = operation
            self.input = input
            self.asks = asks
        }
    }

    static let music = #"{"TableName":"Music"}"#
    static let stream = tableARN("Music") + "/stream/2015-05-11T21:21:33.291"
    static let key = #""Key":{"Artist":{"S":"Acme"},"SongTitle":{"S":"Rocks"}}"#
    static let allItemActions = ["Query", "Scan", "UpdateItem", "PutItem", "GetItem", "DeleteItem", "BatchWriteItem"]

    static let samples: [Sample] = [
        Sample(
            "BatchExecuteStatement", #"{"Statements":[{"Statement":"SELECT * FROM Music WHERE Artist='a'"}]}"#,
            "PartiQLSelect Music"),
        Sample(
            "BatchGetItem",
            #"{"RequestItems":{"Music":{"Keys":[{"Artist":{"S":"a"}}]},"Orders":{"Keys":[{"OrderID":{"N":"1"}}]}}}"#,
            "BatchGetItem Music", "BatchGetItem Orders"),
        Sample(
            "BatchWriteItem",
            #"{"RequestItems":{"Music":[{"PutRequest":{"Item":{"Artist":{"S":"a"}}}},{"DeleteRequest":{"Key":{"Artist":{"S":"b"}}}}]}}"#,
            "BatchWriteItem Music"),
        Sample("CreateBackup", #"{"TableName":"Music","BackupName":"b"}"#, "CreateBackup Music"),
        Sample(
            "CreateGlobalTable",
            #"{"GlobalTableName":"Customers","ReplicationGroup":[{"RegionName":"us-east-1"},{"RegionName":"us-west-1"}]}"#,
            "CreateGlobalTable arn:aws:dynamodb::123456789012:global-table/Customers",
            "CreateGlobalTable arn:aws:dynamodb:us-east-1:123456789012:table/Customers",
            "CreateGlobalTable arn:aws:dynamodb:us-west-1:123456789012:table/Customers"),
        Sample("CreateTable", music, "CreateTable Music"),
        Sample(
            "CreateTable", #"{"TableName":"Music","Tags":[{"Key":"team","Value":"x"}],"ResourcePolicy":"{}"}"#,
            "CreateTable Music", "TagResource Music", "PutResourcePolicy Music"),
        Sample(
            "DeleteBackup", #"{"BackupArn":"\#(tableARN("Music"))/backup/01489173575360-b308cd7d"}"#,
            "DeleteBackup Music/backup/01489173575360-b308cd7d"),
        Sample("DeleteItem", #"{"TableName":"Music",\#(key)}"#, "DeleteItem Music"),
        Sample("DeleteResourcePolicy", #"{"ResourceArn":"\#(stream)"}"#, "DeleteResourcePolicy \(stream)"),
        Sample("DeleteTable", music, "DeleteTable Music"),
        Sample("DescribeBackup", #"{"BackupArn":"\#(tableARN("Music"))/backup/01"}"#, "DescribeBackup Music/backup/01"),
        Sample("DescribeContinuousBackups", music, "DescribeContinuousBackups Music"),
        Sample("DescribeContributorInsights", music, "DescribeContributorInsights Music"),
        Sample(
            "DescribeContributorInsights", #"{"TableName":"Books","IndexName":"Author-index"}"#,
            "DescribeContributorInsights Books/index/Author-index"),
        Sample("DescribeEndpoints", "{}", "DescribeEndpoints *"),
        Sample("DescribeExport", #"{"ExportArn":"\#(tableARN("Music"))/export/01"}"#, "DescribeExport Music/export/01"),
        Sample(
            "DescribeGlobalTable", #"{"GlobalTableName":"G"}"#,
            "DescribeGlobalTable arn:aws:dynamodb::123456789012:global-table/G"),
        Sample(
            "DescribeGlobalTableSettings", #"{"GlobalTableName":"G"}"#,
            "DescribeGlobalTableSettings arn:aws:dynamodb::123456789012:global-table/G"),
        Sample("DescribeImport", #"{"ImportArn":"\#(tableARN("Music"))/import/01"}"#, "DescribeImport Music/import/01"),
        Sample("DescribeKinesisStreamingDestination", music, "DescribeKinesisStreamingDestination Music"),
        Sample("DescribeLimits", "{}", "DescribeLimits *"),
        Sample("DescribeStream", #"{"StreamArn":"\#(stream)"}"#, "DescribeStream \(stream)"),
        Sample("DescribeTable", music, "DescribeTable Music"),
        Sample(
            "DescribeTable", #"{"TableName":"arn:aws:dynamodb:us-west-2:444455556666:table/Shared"}"#,
            "DescribeTable arn:aws:dynamodb:us-west-2:444455556666:table/Shared"),
        Sample("DescribeTableReplicaAutoScaling", music, "DescribeTableReplicaAutoScaling Music"),
        Sample("DescribeTimeToLive", music, "DescribeTimeToLive Music"),
        Sample("DisableKinesisStreamingDestination", music, "DisableKinesisStreamingDestination Music"),
        Sample("EnableKinesisStreamingDestination", music, "EnableKinesisStreamingDestination Music"),
        Sample(
            "ExecuteStatement", #"{"Statement":"DELETE FROM Music WHERE Artist='a' AND SongTitle='b'"}"#,
            "PartiQLDelete Music"),
        Sample(
            "ExecuteTransaction",
            #"{"TransactStatements":[{"Statement":"INSERT INTO Music VALUE {'Artist':'a'}"},{"Statement":"EXISTS(SELECT * FROM Music WHERE Artist='a' AND Awards IS MISSING)"},{"Statement":"UPDATE Orders SET a=1 WHERE OrderID=7"}]}"#,
            "PartiQLInsert Music", "PartiQLSelect Music", "PartiQLUpdate Orders"),
        Sample(
            "ExportTableToPointInTime",
            #"{"TableArn":"\#(tableARN("Music"))","S3Bucket":"my-bucket","S3Prefix":"a/b"}"#,
            "ExportTableToPointInTime Music", "s3:PutObject arn:aws:s3:::my-bucket/a/b/AWSDynamoDB/",
            "s3:PutObjectAcl arn:aws:s3:::my-bucket/a/b/AWSDynamoDB/",
            "s3:AbortMultipartUpload arn:aws:s3:::my-bucket/a/b/AWSDynamoDB/"),
        Sample("GetItem", #"{"TableName":"Music",\#(key)}"#, "GetItem Music"),
        Sample("GetRecords", #"{"ShardIterator":"\#(stream)|1|AAAA"}"#, "GetRecords \(stream)"),
        Sample("GetResourcePolicy", #"{"ResourceArn":"\#(tableARN("Music"))"}"#, "GetResourcePolicy Music"),
        Sample(
            "GetShardIterator", #"{"StreamArn":"\#(stream)","ShardId":"s","ShardIteratorType":"LATEST"}"#,
            "GetShardIterator \(stream)"),
        Sample(
            "ImportTable",
            #"{"S3BucketSource":{"S3Bucket":"b1","S3KeyPrefix":"in/"},"InputFormat":"CSV","TableCreationParameters":{"TableName":"Music"}}"#,
            "ImportTable Music", "s3:ListBucket arn:aws:s3:::b1", "s3:GetObject arn:aws:s3:::b1/in/"),
        Sample("ListBackups", music, "ListBackups *"),
        Sample("ListContributorInsights", "{}", "ListContributorInsights *"),
        Sample("ListExports", "{}", "ListExports *"),
        Sample("ListExports", #"{"TableArn":"\#(tableARN("Music"))"}"#, "ListExports Music"),
        Sample("ListGlobalTables", "{}", "ListGlobalTables *"),
        Sample("ListImports", "{}", "ListImports *"),
        Sample("ListStreams", music, "ListStreams *"),
        Sample("ListTables", "{}", "ListTables *"),
        Sample("ListTagsOfResource", #"{"ResourceArn":"\#(tableARN("Music"))"}"#, "ListTagsOfResource Music"),
        Sample("PutItem", #"{"TableName":"Music","Item":{"Artist":{"S":"a"},"SongTitle":{"S":"b"}}}"#, "PutItem Music"),
        Sample(
            "PutResourcePolicy", #"{"ResourceArn":"\#(tableARN("Music"))","Policy":"{}"}"#, "PutResourcePolicy Music"),
        Sample(
            "Query",
            #"{"TableName":"Music","KeyConditionExpression":"Artist=:a","ExpressionAttributeValues":{":a":{"S":"x"}}}"#,
            "Query Music"),
        Sample(
            "Query",
            #"{"TableName":"GameScores","IndexName":"ByGame","KeyConditionExpression":"GameTitle=:a","ExpressionAttributeValues":{":a":{"S":"x"}}}"#,
            "Query GameScores/index/ByGame"),
        Sample(
            "RestoreTableFromBackup",
            #"{"TargetTableName":"New","BackupArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/Music/backup/01"}"#,
            [
                "RestoreTableFromBackup arn:aws:dynamodb:eu-west-1:123456789012:table/Music/backup/01",
                "RestoreTableFromBackup New",
            ]
                + allItemActions.map { "\($0) New" }),
        Sample(
            "RestoreTableToPointInTime", #"{"SourceTableName":"Music","TargetTableName":"New"}"#,
            ["RestoreTableToPointInTime Music", "RestoreTableToPointInTime New"] + allItemActions.map { "\($0) New" }),
        Sample("Scan", music, "Scan Music"),
        Sample("Scan", #"{"TableName":"Music","IndexName":"ByYear"}"#, "Scan Music/index/ByYear"),
        Sample(
            "TagResource", #"{"ResourceArn":"\#(tableARN("Music"))","Tags":[{"Key":"Team","Value":"x"}]}"#,
            "TagResource Music"),
        Sample(
            "TransactGetItems",
            #"{"TransactItems":[{"Get":{"TableName":"Music",\#(key)}},{"Get":{"TableName":"Orders","Key":{"OrderID":{"N":"1"}}}}]}"#,
            "GetItem Music", "GetItem Orders"),
        Sample(
            "TransactWriteItems",
            #"{"TransactItems":[{"Put":{"TableName":"Music","Item":{"Artist":{"S":"a"}}}},{"Update":{"TableName":"Music",\#(key),"UpdateExpression":"SET a=:b"}},{"Delete":{"TableName":"Music",\#(key)}},{"ConditionCheck":{"TableName":"Music",\#(key),"ConditionExpression":"attribute_exists(a)"}}]}"#,
            "PutItem Music", "UpdateItem Music", "DeleteItem Music", "ConditionCheckItem Music"),
        Sample("UntagResource", #"{"ResourceArn":"\#(tableARN("Music"))","TagKeys":["Team"]}"#, "UntagResource Music"),
        Sample("UpdateContinuousBackups", music, "UpdateContinuousBackups Music"),
        Sample(
            "UpdateContributorInsights",
            #"{"TableName":"Books","IndexName":"Author-index","ContributorInsightsAction":"ENABLE"}"#,
            "UpdateContributorInsights Books/index/Author-index"),
        Sample(
            "UpdateGlobalTable", #"{"GlobalTableName":"G","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]}"#,
            "UpdateGlobalTable arn:aws:dynamodb::123456789012:global-table/G", "UpdateGlobalTable G",
            "UpdateGlobalTable arn:aws:dynamodb:eu-west-1:123456789012:table/G"),
        Sample(
            "UpdateGlobalTableSettings", #"{"GlobalTableName":"G"}"#,
            "UpdateGlobalTableSettings arn:aws:dynamodb::123456789012:global-table/G", "UpdateGlobalTableSettings G"),
        Sample("UpdateItem", #"{"TableName":"Music",\#(key),"UpdateExpression":"SET a=:b"}"#, "UpdateItem Music"),
        Sample("UpdateKinesisStreamingDestination", music, "UpdateKinesisStreamingDestination Music"),
        Sample("UpdateTable", music, "UpdateTable Music"),
        Sample(
            "UpdateTable",
            #"{"TableName":"Music","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}},{"Delete":{"RegionName":"us-east-1"}},{"Update":{"RegionName":"us-east-2"}}]}"#,
            ["UpdateTable Music"]
                + (["CreateTable", "CreateTableReplica"] + allItemActions).map {
                    "\($0) arn:aws:dynamodb:eu-west-1:123456789012:table/Music"
                }
                + ["DeleteTable", "DeleteTableReplica"].map {
                    "\($0) arn:aws:dynamodb:us-east-1:123456789012:table/Music"
                }),
        Sample(
            "UpdateTableReplicaAutoScaling", music,
            ["UpdateTableReplicaAutoScaling Music"]
                + [
                    "DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget",
                    "DescribeScalableTargets",
                    "DescribeScalingActivities", "DescribeScalingPolicies", "DescribeScheduledActions",
                    "PutScalingPolicy",
                    "PutScheduledAction", "RegisterScalableTarget",
                ].map { "application-autoscaling:\($0) *" }),
        Sample("UpdateTimeToLive", music, "UpdateTimeToLive Music"),
    ]

    @Test("Operations ask for what AWS's pages say", arguments: samples)
    func asks(_ sample: Sample) throws {
        let accesses = try #require(try asked(sample.operation, sample.input))
        let found = accesses.map { access in
            let action = access.action.hasPrefix("dynamodb:") ? String(access.action.dropFirst(9)) : access.action
            let prefix = tableARN("")
            let resource =
                access.resource.hasPrefix(prefix) && !access.resource.contains("/stream/")
                ? String(access.resource.dropFirst(prefix.count)) : access.resource
            return "\(action) \(resource)"
        }
        #expect(found.sorted() == sample.asks.sorted())
    }

    @Test("All operations of both models are mapped")
    func everyOperation() throws {
        let sampled = Set(Self.samples.map(\.operation))
        for id in ["dynamodb", "dynamodbstreams"] {
            let service = try #require(ServiceModels.aws.service(id))
            #expect(service.operationNames.filter { !sampled.contains($0) } == [])
        }
    }

    @Test("What is told of an operation before there is a request has what its requests ask for", arguments: samples)
    func descriptions(_ sample: Sample) throws {
        let operation = try dynamoDB(sample.operation).operation
        let description = try #require(DynamoDBRequest.description(of: operation))
        #expect(description.source == .exact)
        #expect(description.coverage != .unmapped)
        for access in try #require(try asked(sample.operation, sample.input)) {
            let told = description.accesses.filter { $0.action == access.action }
            #expect(told.contains { $0.resources.contains { Self.fits(access.resource, $0) } }, "\(access)")
            for key in access.context.keys where !key.hasSuffix("partitionkeyvalues") {
                let name = key.hasPrefix("aws:requesttag/") ? "aws:requesttag/…" : key
                #expect(told.contains { $0.keys.contains { $0.name == name } }, "\(access.action) \(key)")
            }
        }
        let entry = try #require(
            ServiceModels.aws.entry(operation.serviceID == "DynamoDB" ? "dynamodb" : "dynamodbstreams"))
        #expect(RequestMapper().description(of: operation, of: entry) == description)
        #expect(RequestMapper().source(of: operation, of: entry) == .exact)
    }

    /// Whether a resource is one that a description tells of, in which what stands in braces is any text.
    private static func fits(_ resource: String, _ template: String) -> Bool {
        var rest = Substring(resource)
        var pieces = template.split(separator: "{", omittingEmptySubsequences: false).map { piece -> Substring in
            guard let end = piece.firstIndex(of: "}") else { return piece }
            return piece[piece.index(after: end)...]
        }
        let last = pieces.removeLast()
        guard rest.hasPrefix(pieces.first ?? last) else { return false }
        for piece in pieces where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }

    /// Documented elsewhere than on the page that the catalogue is made of.
    private static let elsewhere: Set<String> = [
        // Keys of several attributes: `specifying-conditions.html`.
        "dynamodb:firstpartitionkeyvalues", "dynamodb:secondpartitionkeyvalues", "dynamodb:thirdpartitionkeyvalues",
        "dynamodb:fourthpartitionkeyvalues",
        // `transaction-apis-iam.html`, of ConditionCheckItem.
        "dynamodb:enclosingoperation",
        // The region of a replica, which is another than the request's.
        "aws:requestedregion",
    ]

    @Test(
        "Actions, kinds of resources and condition keys are those of the Service Authorization Reference",
        arguments: samples)
    func catalogue(_ sample: Sample) throws {
        let catalogue = try #require(ServiceCatalogue.aws.service("dynamodb"))
        for access in try #require(try asked(sample.operation, sample.input)) where access.action.hasPrefix("dynamodb:")
        {
            let action = try #require(catalogue.action(access.action.dropFirst(9)), "\(access.action)")
            let kinds = action.resourceTypes.map { catalogue.resourceTypes[$0].name }
            if access.resource == "*" {
                #expect(kinds.isEmpty, "\(access)")
            } else {
                let path = access.resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)[5]
                    .split(separator: "/")
                let kind = path.count == 4 ? String(path[2]) : String(path[0])
                // Tags of streams, and lists of a table's exports and imports, are newer than the catalogue.
                let isNewer = ["ListExports", "ListImports"].contains(action.name)
                #expect(kinds.contains(kind) || isNewer, "\(access)")
            }
            let keys = Set(action.conditionKeys.map { catalogue.conditionKeys[$0].name.lowercased() })
            for key in access.context.keys where !Self.elsewhere.contains(key) {
                let template = key.hasPrefix("aws:requesttag/") ? "aws:requesttag/${tagkey}" : key
                #expect(keys.contains(template), "\(access.action) \(key)")
            }
        }
    }

    @Test("What the documentation shows")
    func example() throws {
        let (operation, place) = (try dynamoDB("GetItem").operation, west)
        let input = try dynamoDBInput("GetItem", #"{"TableName":"Orders","Key":{"OrderID":{"N":"1"}}}"#)
        guard let request = DynamoDBRequest(operation, input, in: place) else { throw MissingOperation() }
        var keys: [String: TableKeys] = [:]
        for table in request.tables { keys[table] = knownTables[table] }  // from a cache, or by DescribeTable
        let asked = request.map(keys: keys)
        guard case .accesses(let accesses, by: .exact) = asked else {
            Issue.record("unmapped")
            return
        }
        #expect(accesses.map(\.resource) == [tableARN("Orders")])
    }

    @Test("Operations of other services are none of DynamoDB's")
    func otherServices() throws {
        let service = try #require(ServiceModels.aws.service("sqs"))
        let operation = try #require(service.operation(named: "ListQueues"))
        #expect(DynamoDBRequest(operation, Structure(try #require(operation.input)), in: west) == nil)
    }

    @Test(
        "Names and ARNs that may mean something else to the endpoint are refused",
        arguments: [
            ("DescribeTable", #"{"TableName":"Music/index/I"}"#), ("DescribeTable", #"{"TableName":"a:b"}"#),
            ("DescribeTable", #"{"TableName":"*"}"#), ("DescribeTable", #"{"TableName":""}"#), ("DescribeTable", "{}"),
            ("DescribeTable", #"{"TableName":"Müsic"}"#),
            // Another region, another partition, another service, no account.
            ("DescribeTable", #"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/Music"}"#),
            ("DescribeTable", #"{"TableName":"arn:aws-cn:dynamodb:us-west-2:123456789012:table/Music"}"#),
            ("DescribeTable", #"{"TableName":"arn:aws:s3:us-west-2:123456789012:table/Music"}"#),
            ("DescribeTable", #"{"TableName":"arn:aws:dynamodb:us-west-2::table/Music"}"#),
            ("DescribeTable", #"{"TableName":"arn:aws:dynamodb:us-west-2:123456789012:table/Music/index/I"}"#),
            ("DescribeTable", #"{"TableName":"arn:aws:dynamodb:us-west-2:123456789012:table/Music/"}"#),
            (
                "Query",
                #"{"TableName":"GameScores","IndexName":"a/b","KeyConditionExpression":"UserId=:a","ExpressionAttributeValues":{":a":{"S":"x"}}}"#
            ),
            (
                "Query",
                #"{"TableName":"GameScores","IndexName":"Unknown","KeyConditionExpression":"UserId=:a","ExpressionAttributeValues":{":a":{"S":"x"}}}"#
            ),
            ("DescribeStream", #"{"StreamArn":"arn:aws:dynamodb:us-west-2:123456789012:table/Music"}"#),
            ("GetRecords", #"{"ShardIterator":"opaque"}"#), ("GetRecords", #"{"ShardIterator":"|1|x"}"#),
            ("DeleteBackup", #"{"BackupArn":"01489173575360-b308cd7d"}"#),
            (
                "TagResource",
                #"{"ResourceArn":"arn:aws:dynamodb:us-west-2:123456789012:table/Music/index/I","Tags":[{"Key":"a","Value":"b"}]}"#
            ),
            (
                "TagResource",
                #"{"ResourceArn":"arn:aws:dynamodb:us-west-2:123456789012:table/Music","Tags":[{"Key":"a","Value":"b"},{"Key":"A","Value":"c"}]}"#
            ),
            (
                "RestoreTableToPointInTime",
                #"{"SourceTableName":"Music","SourceTableArn":"arn:aws:dynamodb:us-west-2:123456789012:table/Other","TargetTableName":"N"}"#
            ),
            (
                "ExportTableToPointInTime",
                #"{"TableArn":"arn:aws:dynamodb:us-west-2:123456789012:table/Music","S3Bucket":"b/*"}"#
            ),
            (
                "ExportTableToPointInTime",
                #"{"TableArn":"arn:aws:dynamodb:us-west-2:123456789012:table/Music","S3Bucket":"b1","S3Prefix":"a/../c"}"#
            ),
            (
                "ImportTable",
                #"{"TableCreationParameters":{"TableName":"Music"},"S3BucketSource":{"S3Bucket":"b1","S3KeyPrefix":"a\u0006"}}"#
            ),
            (
                "ImportTable",
                #"{"TableCreationParameters":{"TableName":"Music"},"S3BucketSource":{"S3Bucket":"b1","S3KeyPrefix":"*"}}"#
            ),
            ("BatchGetItem", #"{"RequestItems":{}}"#), ("BatchWriteItem", #"{"RequestItems":{"Music":[]}}"#),
            (
                "BatchWriteItem",
                #"{"RequestItems":{"Music":[{"PutRequest":{"Item":{"Artist":{"S":"a"}}},"DeleteRequest":{"Key":{"Artist":{"S":"b"}}}}]}}"#
            ),
            ("TransactWriteItems", #"{"TransactItems":[]}"#), ("TransactWriteItems", #"{"TransactItems":[{}]}"#),
            (
                "TransactWriteItems",
                #"{"TransactItems":[{"Put":{"TableName":"Music","Item":{"Artist":{"S":"a"}}},"Delete":{"TableName":"Orders","Key":{"OrderID":{"N":"1"}}}}]}"#
            ),
            ("UpdateTable", #"{"TableName":"Music","ReplicaUpdates":[{"Create":{"RegionName":"eu:west"}}]}"#),
        ])
    func refused(_ operation: String, _ input: String) throws {
        #expect(try refusal(operation, input) != nil)
    }

    @Test("A duplicate key never gets here: the reader refuses it")
    func duplicates() throws {
        #expect(throws: ServiceError.self) {
            try dynamoDBInput("GetItem", #"{"TableName":"Music","TableName":"Orders","Key":{}}"#)
        }
        // Built without the reader, it is refused here.
        var input = try dynamoDBInput("GetItem", #"{"TableName":"Orders"}"#)
        let value = try #require(
            try dynamoDBInput("GetItem", #"{"Key":{"OrderID":{"N":"1"}}}"#)["Key"].flatMap { key -> Value? in
                guard case .map(let entries) = key else { return nil }
                return entries.first?.value
            })
        input["Key"] = .map([MapEntry(key: "OrderID", value: value), MapEntry(key: "OrderID", value: value)])
        let request = try #require(DynamoDBRequest(try dynamoDB("GetItem").operation, input, in: west))
        #expect(request.map(keys: knownTables) == .unmapped(because: "Key has an entry twice"))
    }

    @Test("A tag's key is no other's but for the case of ASCII's letters")
    func tagKeys() throws {
        // The Kelvin sign, whose lower case is a k.
        let input = #"{"ResourceArn":"\#(tableARN("Music"))","Tags":[{"Key":"\\u212Aey","Value":"x"}]}"#
        #expect(try context("TagResource", input)?["aws:requesttag/key"] == nil)
    }

    @Test("The service-linked role of a feature is made when it is first used")
    func serviceLinkedRoles() throws {
        let kinesis = try dynamoDBRequest("EnableKinesisStreamingDestination", Self.music).serviceLinkedRole
        #expect(
            kinesis
                == MappedAccess(
                    action: "iam:CreateServiceLinkedRole",
                    resource:
                        "arn:aws:iam::123456789012:role/aws-service-role/kinesisreplication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBKinesisDataStreamsReplication",
                    context: ["iam:awsservicename": .one("kinesisreplication.dynamodb.amazonaws.com")]))
        let disable = #"{"TableName":"Music","ContributorInsightsAction":"DISABLE"}"#
        #expect(try dynamoDBRequest("UpdateContributorInsights", disable).serviceLinkedRole == nil)
        #expect(try dynamoDBRequest("UpdateTable", Self.music).serviceLinkedRole == nil)
        let replica = #"{"TableName":"Music","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]}"#
        #expect(
            try dynamoDBRequest("UpdateTable", replica).serviceLinkedRole?.context
                == ["iam:awsservicename": .one("replication.dynamodb.amazonaws.com")])
    }

    @Test("Tables whose keys may change are told")
    func changedTables() throws {
        #expect(try dynamoDBRequest("DeleteTable", Self.music).changedTables == [tableARN("Music")])
        let restore = #"{"SourceTableName":"Music","TargetTableName":"New"}"#
        #expect(try dynamoDBRequest("RestoreTableToPointInTime", restore).changedTables == [tableARN("New")])
        let imported = #"{"TableCreationParameters":{"TableName":"Music"}}"#
        #expect(try dynamoDBRequest("ImportTable", imported).changedTables == [tableARN("Music")])
        #expect(try dynamoDBRequest("DescribeTable", Self.music).changedTables == [])
    }
}

extension DynamoDBOperationTests.Sample {
    init(_ operation: String, _ input: String, _ asks: [String]) {
        self.operation = operation
        self.input = input
        self.asks = asks
    }
}
