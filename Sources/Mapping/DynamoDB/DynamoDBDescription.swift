public import Wire

extension DynamoDBRequest {
    /// What is known of an operation's requests before there is one; nil for an operation of another service.
    ///
    /// Of what depends on the elements of a request, each kind is told once.
    public static func description(of operation: OperationShape) -> MappingDescription? {
        guard isDynamoDB(operation) else { return nil }
        let accesses = DynamoDBDescription.accesses(of: operation.name)
        return accesses.isEmpty ? nil : MappingDescription(source: .exact, accesses: accesses)
    }
}

/// The table behind `description(of:)`.
private enum DynamoDBDescription {
    private typealias Access = MappingDescription.Access

    static func accesses(of operation: String) -> [MappingDescription.Access] {
        switch operation {
        case "DescribeEndpoints", "DescribeLimits", "ListBackups", "ListContributorInsights", "ListGlobalTables",
            "ListStreams", "ListTables":
            [ask(operation, "*")]
        case "ListExports", "ListImports": [ask(operation, "{TableArn}", "*")]
        case "CreateBackup", "DeleteTable", "DescribeContinuousBackups", "DescribeKinesisStreamingDestination",
            "DescribeTable", "DescribeTableReplicaAutoScaling", "DescribeTimeToLive",
            "DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination", "UpdateContinuousBackups",
            "UpdateKinesisStreamingDestination", "UpdateTimeToLive":
            [ask(operation, table)]
        case "DescribeContributorInsights", "UpdateContributorInsights": [ask(operation, table, index)]
        case "DeleteBackup", "DescribeBackup": [ask(operation, "{BackupArn}")]
        case "DescribeExport": [ask(operation, "{ExportArn}")]
        case "DescribeImport": [ask(operation, "{ImportArn}")]
        case "DescribeStream", "GetShardIterator": [ask(operation, "{StreamArn}")]
        case "GetRecords": [ask(operation, "{ShardIterator head |}")]
        case "PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy", "ListTagsOfResource":
            [ask(operation, "{ResourceArn}")]
        case "TagResource": [ask(operation, "{ResourceArn}", keys: tags)]
        case "UntagResource": [ask(operation, "{ResourceArn}", keys: [("aws:tagkeys", "{TagKeys}")])]
        default: changes(operation) ?? items(operation)
        }
    }

    // MARK: Tables

    /// Operations that need more than their own action.
    private static func changes(_ operation: String) -> [Access]? {
        switch operation {
        case "CreateTable":
            [
                ask(operation, table, keys: tags), ask("TagResource", table, if: ["if Tags"], keys: tags),
                ask("PutResourcePolicy", table, if: ["if ResourcePolicy"]),
                ask("AssociateTableReplica", "{GlobalTableSourceArn}", if: ["if GlobalTableSourceArn"]),
            ] + (["CreateTableReplica"] + itemActions).map { ask($0, table, if: ["if GlobalTableSourceArn"]) }
        case "UpdateTable": [ask(operation, table)] + replicas
        case "UpdateTableReplicaAutoScaling":
            [ask(operation, table)] + DynamoDBTables.autoScaling.map { ask("application-autoscaling:\($0)", "*") }
        case "RestoreTableFromBackup":
            [ask(operation, "{BackupArn}", target)] + itemActions.map { ask($0, target) }
        case "RestoreTableToPointInTime":
            [ask(operation, arn("table/{SourceTableName}"), "{SourceTableArn}", target)]
                + itemActions.map { ask($0, target) }
        case "ExportTableToPointInTime":
            [ask(operation, "{TableArn}")]
                + ["PutObject", "PutObjectAcl", "AbortMultipartUpload"].map {
                    ask("s3:\($0)", "arn:{partition}:s3:::{S3Bucket}/{S3Prefix}/AWSDynamoDB/")
                }
        case "ImportTable":
            [
                ask(operation, arn("table/{TableCreationParameters.TableName}")),
                ask("s3:ListBucket", "arn:{partition}:s3:::{S3BucketSource.S3Bucket}"),
                ask("s3:GetObject", "arn:{partition}:s3:::{S3BucketSource.S3Bucket}/{S3BucketSource.S3KeyPrefix}"),
            ]
        case "DescribeGlobalTable", "DescribeGlobalTableSettings": [ask(operation, globalTable)]
        case "CreateGlobalTable": [ask(operation, globalTable, replica("ReplicationGroup.RegionName"))]
        case "UpdateGlobalTable":
            [
                ask(
                    operation, globalTable, arn("table/{GlobalTableName}"), replica("ReplicaUpdates.Create.RegionName"),
                    replica("ReplicaUpdates.Delete.RegionName"))
            ]
        case "UpdateGlobalTableSettings": [ask(operation, globalTable, arn("table/{GlobalTableName}"))]
        default: nil
        }
    }

    private static var replicas: [Access] {
        func each(_ actions: [String], _ change: String) -> [Access] {
            let region = "ReplicaUpdates.\(change).RegionName"
            return actions.map { action in
                ask(
                    action, "arn:{partition}:dynamodb:{\(region)}:{account}:table/{TableName}", if: ["if \(region)"],
                    keys: [("aws:requestedregion", "{\(region)}")])
            }
        }
        return each(["CreateTable", "CreateTableReplica"] + itemActions, "Create")
            + each(["DeleteTable", "DeleteTableReplica"], "Delete")
            + ["Create", "Delete"].map { change in
                ask("\(change)GlobalTableWitness", table, if: ["if GlobalTableWitnessUpdates.\(change)"])
            }
    }

    // MARK: Items

    private static func items(_ operation: String) -> [Access] {
        switch operation {
        case "GetItem": [ask(operation, table, keys: leadingKeys("Key") + select)]
        case "PutItem": [ask(operation, table, keys: leadingKeys("Item") + returned)]
        case "UpdateItem", "DeleteItem": [ask(operation, table, keys: leadingKeys("Key") + returned)]
        case "Query":
            [
                ask(
                    operation, table, index,
                    keys: leadingKeys("KeyConditionExpression") + leadingKeys("KeyConditions").prefix(1) + select)
            ]
        case "Scan": [ask(operation, table, index, keys: common + select)]
        case "BatchGetItem":
            [ask(operation, arn("table/{RequestItems key}"), keys: leadingKeys("RequestItems.Keys") + select)]
        case "BatchWriteItem":
            [ask(operation, arn("table/{RequestItems key}"), keys: leadingKeys("RequestItems"))]
        case "TransactGetItems": [element("GetItem", "Get", operation, "Key", select)]
        case "TransactWriteItems":
            [
                element("PutItem", "Put", operation, "Item", returned),
                element("UpdateItem", "Update", operation, "Key", returned),
                element("DeleteItem", "Delete", operation, "Key", returned),
                element("ConditionCheckItem", "ConditionCheck", operation, "Key", returned),
            ]
        case "ExecuteStatement": statements("Statement", [])
        case "BatchExecuteStatement": statements("Statements.Statement", [])
        case "ExecuteTransaction":
            statements("TransactStatements.Statement", [("dynamodb:enclosingoperation", operation)])
        default: []
        }
    }

    private static func element(
        _ action: String, _ member: String, _ operation: String, _ key: String, _ keys: [(String, String)]
    ) -> Access {
        ask(
            action, arn("table/{TransactItems.\(member).TableName}"), if: ["if TransactItems.\(member)"],
            keys: leadingKeys("TransactItems.\(member).\(key)") + keys + [("dynamodb:enclosingoperation", operation)])
    }

    private static func statements(_ member: String, _ keys: [(String, String)]) -> [Access] {
        let table = arn("table/{\(member) table}")
        let common = [("dynamodb:attributes", "{\(member)}"), ("dynamodb:leadingkeys", "{\(member) WHERE}")] + keys
        return [
            ask(
                "PartiQLSelect", table, "\(table)/index/{\(member) index}", if: ["if SELECT", "if EXISTS"],
                keys: common + [("dynamodb:fulltablescan", "{\(member) WHERE}"), ("dynamodb:select", "{\(member)}")]),
            ask("PartiQLInsert", table, if: ["if INSERT"], keys: common),
            ask(
                "PartiQLUpdate", table, if: ["if UPDATE"],
                keys: common + [("dynamodb:returnvalues", "{\(member) RETURNING}")]),
            ask(
                "PartiQLDelete", table, if: ["if DELETE"],
                keys: common + [("dynamodb:returnvalues", "{\(member) RETURNING}")]),
        ]
    }

    // MARK: Parts

    private static func ask(
        _ action: String, _ resources: String..., if conditions: [String] = [], keys: [(String, String)] = []
    ) -> Access {
        Access(
            action: action.contains(":") ? action : "dynamodb:\(action)", resources: resources, conditions: conditions,
            keys: keys.map { MappingDescription.Key(name: $0.0, value: $0.1) }.sorted {
                ($0.name, $0.value) < ($1.name, $1.value)
            })
    }

    private static func arn(_ rest: String) -> String { "arn:{partition}:dynamodb:{region}:{account}:\(rest)" }

    private static func replica(_ region: String) -> String {
        "arn:{partition}:dynamodb:{\(region)}:{account}:table/{GlobalTableName}"
    }

    private static let table = arn("table/{TableName}")
    private static let index = arn("table/{TableName}/index/{IndexName}")
    private static let target = arn("table/{TargetTableName}")
    private static let globalTable = "arn:{partition}:dynamodb::{account}:global-table/{GlobalTableName}"
    private static let itemActions = DynamoDBTables.itemActions
    private static let tags = [("aws:requesttag/…", "{Tags.Value}"), ("aws:tagkeys", "{Tags.Key}")]
    private static let common = [
        ("dynamodb:attributes", "{all that the request names}"),
        ("dynamodb:returnconsumedcapacity", "{ReturnConsumedCapacity}"),
    ]
    private static let select = [("dynamodb:select", "{Select}")]
    private static let returned = [
        ("dynamodb:returnvalues", "{ReturnValues}"), ("dynamodb:returnvalues", "{ReturnValuesOnConditionCheckFailure}"),
    ]

    private static func leadingKeys(_ member: String) -> [(String, String)] {
        [("dynamodb:leadingkeys", "{\(member)}")] + common
    }
}
