import Policy
import Wire

/// The operations on tables and all that belongs to them: backups, exports, imports, streams, replicas, policies, tags.
///
/// Where AWS's pages name further permissions that the caller needs, they are asked for, too: by CreateTable and UpdateTable
/// for what they do at once, by imports and exports for S3.
struct DynamoDBTables {
    private let input: Structure
    private let names: DynamoDBNames

    init(_ input: Structure, _ names: DynamoDBNames) {
        self.input = input
        self.names = names
    }

    /// nil: the operation is not known.
    func accesses(of operation: String) throws(Unmapped) -> [MappedAccess]? {
        switch operation {
        case "DescribeEndpoints", "DescribeLimits", "ListBackups", "ListContributorInsights", "ListGlobalTables",
            "ListStreams", "ListTables":
            [ask(operation)]
        case "ListExports", "ListImports":
            [
                ask(
                    operation,
                    try input.text("TableArn").map { arn throws(Unmapped) in try names.arn(arn, of: []) } ?? "*")
            ]
        case "CreateBackup", "DeleteTable", "DescribeContinuousBackups", "DescribeKinesisStreamingDestination",
            "DescribeTable", "DescribeTableReplicaAutoScaling", "DescribeTimeToLive",
            "DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination", "UpdateContinuousBackups",
            "UpdateKinesisStreamingDestination", "UpdateTimeToLive":
            [ask(operation, try table)]
        case "DescribeContributorInsights", "UpdateContributorInsights":
            [ask(operation, try tableOrIndex)]
        case "DeleteBackup", "DescribeBackup": [ask(operation, try arn("BackupArn", of: ["backup"]))]
        case "DescribeExport": [ask(operation, try arn("ExportArn", of: ["export"]))]
        case "DescribeImport": [ask(operation, try arn("ImportArn", of: ["import"]))]
        case "DescribeStream", "GetShardIterator": [ask(operation, try arn("StreamArn", of: ["stream"]))]
        case "GetRecords": [ask(operation, try names.stream(ofIterator: try required("ShardIterator")))]
        case "PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy", "ListTagsOfResource":
            [ask(operation, try tableOrStream)]
        case "TagResource": [ask(operation, try tableOrStream, try tags)]
        case "UntagResource": [ask(operation, try tableOrStream, try tagKeys)]
        case "CreateTable": try createTable()
        case "UpdateTable": try updateTable()
        case "UpdateTableReplicaAutoScaling":
            [ask(operation, try table)] + Self.autoScaling.map { MappedAccess(action: "application-autoscaling:\($0)") }
        case "RestoreTableFromBackup": try restoreFromBackup()
        case "RestoreTableToPointInTime": try restoreToPointInTime()
        case "ExportTableToPointInTime": try export()
        case "ImportTable": try importTable()
        case "DescribeGlobalTable", "DescribeGlobalTableSettings": [ask(operation, try globalTable)]
        case "CreateGlobalTable": try createGlobalTable()
        case "UpdateGlobalTable": try updateGlobalTable()
        case "UpdateGlobalTableSettings":
            [ask(operation, try globalTable), ask(operation, try table("GlobalTableName"))]
        default: nil
        }
    }

    // MARK: Resources

    private func ask(
        _ action: String, _ resource: String = "*", _ context: [String: ContextValue] = [:]
    ) -> MappedAccess {
        MappedAccess(action: "dynamodb:\(action)", resource: resource, context: context)
    }

    private func required(_ member: String) throws(Unmapped) -> String {
        guard let text = try input.text(member) else { throw Unmapped("\(member) is missing") }
        return text
    }

    private func table(_ member: String) throws(Unmapped) -> String { try names.table(try required(member)) }

    private var table: String {
        get throws(Unmapped) { try table("TableName") }
    }

    private var tableOrIndex: String {
        get throws(Unmapped) {
            guard let index = try input.text("IndexName") else { return try table }
            return try names.index(index, of: try table)
        }
    }

    private var tableOrStream: String {
        get throws(Unmapped) { try arn("ResourceArn", of: ["", "stream"]) }
    }

    private var globalTable: String {
        get throws(Unmapped) { try names.globalTable(try required("GlobalTableName")) }
    }

    private func arn(_ member: String, of kinds: [String], inAnyRegion: Bool = false) throws(Unmapped) -> String {
        try names.arn(try required(member), of: kinds, inAnyRegion: inAnyRegion)
    }

    // MARK: Tags

    /// `aws:RequestTag` and `aws:TagKeys` of the tags that are to be set; nothing where there are none.
    private var tags: [String: ContextValue] {
        get throws(Unmapped) {
            guard case .list(let tags)? = input["Tags"], !tags.isEmpty else { return [:] }
            var context: [String: ContextValue] = [:]
            var keys: [String] = []
            for tag in tags {
                guard case .structure(let tag) = tag, let key = try tag.text("Key"), let value = try tag.text("Value")
                else { throw Unmapped("Tags has a tag without key or value") }
                // Policies don't tell keys apart by the case of ASCII's letters; which value is meant would depend on the order.
                guard context.updateValue(.one(value), forKey: "aws:requesttag/\(Self.lowercased(key))") == nil else {
                    throw Unmapped("Tags has two keys that are the same but for their case")
                }
                keys.append(key)
            }
            context["aws:tagkeys"] = .many(keys)
            return context
        }
    }

    /// In lower case as condition keys are: of other letters than ASCII's there is none, or a Kelvin sign would be a k.
    private static func lowercased(_ key: String) -> String {
        String(decoding: key.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private var tagKeys: [String: ContextValue] {
        get throws(Unmapped) {
            var keys: [String] = []
            for element in try input.elements("TagKeys") {
                guard case .string(let key) = element else { throw Unmapped("TagKeys has what is no key") }
                keys.append(key)
            }
            return ["aws:tagkeys": .many(keys)]
        }
    }

    // MARK: Tables

    /// The further permissions are on the page of the API: PutResourcePolicy for a policy, TagResource for tags; and on that of
    /// multi-account global tables for a replica of another account's table.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables_MA_security.html>
    private func createTable() throws(Unmapped) -> [MappedAccess] {
        let (table, tags) = (try table, try tags)
        var accesses = [ask("CreateTable", table, tags)]
        if !tags.isEmpty { accesses.append(ask("TagResource", table, tags)) }
        if try input.text("ResourcePolicy") != nil { accesses.append(ask("PutResourcePolicy", table)) }
        if let source = try input.text("GlobalTableSourceArn") {
            accesses.append(ask("AssociateTableReplica", try names.arn(source, of: [], inAnyRegion: true)))
            accesses += (["CreateTableReplica"] + Self.itemActions).map { ask($0, table) }
        }
        return accesses
    }

    /// What is needed on a replica is asked for where the replica is to be, with that region as `aws:RequestedRegion`.
    ///
    /// For a witness the page asks for the permission in all regions that take part, and its examples grant it in those of
    /// the replicas; so it is asked for in this region and in those of the replicas that come and go with it.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html>
    private func updateTable() throws(Unmapped) -> [MappedAccess] {
        let table = try table
        var accesses = [ask("UpdateTable", table)]
        var replicas = [table]
        for (change, region) in try regions("ReplicaUpdates") where change != "Update" {
            let (replica, context) = (try self.replica(of: table, in: region), Self.context(of: region))
            replicas.append(replica)
            let actions =
                change == "Create"
                ? ["CreateTable", "CreateTableReplica"] + Self.itemActions : ["DeleteTable", "DeleteTableReplica"]
            accesses += actions.map { ask($0, replica, context) }
        }
        for (change, _) in try regions("GlobalTableWitnessUpdates") {
            accesses += replicas.map { ask("\(change)GlobalTableWitness", $0, Self.context(of: Self.region(of: $0))) }
        }
        return accesses
    }

    /// The changes in a list of them, as "Create" and "Delete", with their regions.
    private func regions(_ member: String) throws(Unmapped) -> [(change: String, region: String)] {
        guard case .list(let elements)? = input[member] else { return [] }
        var regions: [(change: String, region: String)] = []
        for element in elements {
            let (change, request) = try element.onlyMember(member)
            guard let region = try request.text("RegionName") else { throw Unmapped("\(member) has no RegionName") }
            regions.append((change, region))
        }
        return regions
    }

    /// The table of the same name and account in another region.
    private func replica(of table: String, in region: String) throws(Unmapped) -> String {
        let parts = table.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6 else { throw Unmapped("“\(DynamoDBNames.shown(table))” is not the ARN of a table") }
        let moved = "arn:\(parts[1]):dynamodb:\(region):\(parts[4]):\(parts[5])"
        return try names.arn(moved, of: [], inAnyRegion: true)
    }

    private static func region(of arn: String) -> String {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[3]) : ""
    }

    private static func context(of region: String) -> [String: ContextValue] { ["aws:requestedregion": .one(region)] }

    /// What is done to the items of a replica, or of a table that is restored.
    static let itemActions = [
        "Query", "Scan", "UpdateItem", "PutItem", "GetItem", "DeleteItem", "BatchWriteItem",
    ]

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html>
    static let autoScaling = [
        "DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget", "DescribeScalableTargets",
        "DescribeScalingActivities", "DescribeScalingPolicies", "DescribeScheduledActions", "PutScalingPolicy",
        "PutScheduledAction", "RegisterScalableTarget",
    ]

    // MARK: Backups, exports, imports

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html>
    private func restoreFromBackup() throws(Unmapped) -> [MappedAccess] {
        let target = try table("TargetTableName")
        let backup = try arn("BackupArn", of: ["backup"], inAnyRegion: true)
        return [ask("RestoreTableFromBackup", backup)]
            + (["RestoreTableFromBackup"] + Self.itemActions).map { ask($0, target) }
    }

    /// On the table that is restored, and on the one that comes out.
    private func restoreToPointInTime() throws(Unmapped) -> [MappedAccess] {
        let target = try table("TargetTableName")
        let source: String
        switch (try input.text("SourceTableName"), try input.text("SourceTableArn")) {
        case (let name?, nil): source = try names.table(name)
        case (nil, let arn?): source = try names.arn(arn, of: [], inAnyRegion: true)
        case (nil, nil): throw Unmapped("SourceTableName is missing")
        case (_?, _?): throw Unmapped("The request has both SourceTableName and SourceTableArn")
        }
        return [ask("RestoreTableToPointInTime", source)]
            + (["RestoreTableToPointInTime"] + Self.itemActions).map { ask($0, target) }
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html>
    private func export() throws(Unmapped) -> [MappedAccess] {
        let prefix = try prefix(try input.text("S3Prefix"), "S3Prefix")
        let objects = try bucket(try required("S3Bucket")) + "/" + (prefix.isEmpty ? "" : prefix + "/") + "AWSDynamoDB/"
        return [ask("ExportTableToPointInTime", try arn("TableArn", of: []))]
            + ["PutObject", "PutObjectAcl", "AbortMultipartUpload"].map {
                MappedAccess(action: "s3:\($0)", resource: objects)
            }
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Requesting.html>
    private func importTable() throws(Unmapped) -> [MappedAccess] {
        guard case .structure(let parameters)? = input["TableCreationParameters"],
            let name = try parameters.text("TableName")
        else { throw Unmapped("TableCreationParameters is missing") }
        guard case .structure(let source)? = input["S3BucketSource"], let bucketName = try source.text("S3Bucket")
        else {
            throw Unmapped("S3BucketSource is missing")
        }
        let bucket = try bucket(bucketName)
        let prefix = try prefix(try source.text("S3KeyPrefix"), "S3KeyPrefix")
        return [
            ask("ImportTable", try names.table(name)),
            MappedAccess(action: "s3:ListBucket", resource: bucket),
            MappedAccess(action: "s3:GetObject", resource: "\(bucket)/\(prefix)"),
        ]
    }

    /// What the keys of objects begin with; nothing that is no key, or that a server could resolve to another.
    private func prefix(_ text: String?, _ member: String) throws(Unmapped) -> String {
        guard let text else { return "" }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") }),
            !text.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == "." || $0 == ".." })
        else { throw Unmapped("\(member) is not what keys begin with") }
        return text
    }

    private func bucket(_ name: String) throws(Unmapped) -> String {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0.isWordByte || $0 == 0x2D || $0 == 0x2E }) else {
            throw Unmapped("S3Bucket is not the name of a bucket")
        }
        return "arn:\(names.place.partition):s3:::\(name)"
    }

    // MARK: Global tables of version 2017.11.29

    /// On the global table and on the replica in each region.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gt_IAM.html>
    private func createGlobalTable() throws(Unmapped) -> [MappedAccess] {
        var accesses = [ask("CreateGlobalTable", try globalTable)]
        for element in try input.elements("ReplicationGroup") {
            guard case .structure(let replica) = element, let region = try replica.text("RegionName") else {
                throw Unmapped("ReplicationGroup has a replica without a region")
            }
            accesses.append(
                ask("CreateGlobalTable", try names.table(try required("GlobalTableName"), inRegion: region)))
        }
        return accesses
    }

    private func updateGlobalTable() throws(Unmapped) -> [MappedAccess] {
        var accesses = [
            ask("UpdateGlobalTable", try globalTable), ask("UpdateGlobalTable", try table("GlobalTableName")),
        ]
        for (_, region) in try regions("ReplicaUpdates") {
            accesses.append(
                ask("UpdateGlobalTable", try names.table(try required("GlobalTableName"), inRegion: region)))
        }
        return accesses
    }

    // MARK: Besides

    /// The tables whose keys an operation may change.
    func changedTables(by operation: String) -> [String] {
        let member: String
        switch operation {
        case "CreateTable", "UpdateTable", "DeleteTable": member = "TableName"
        case "RestoreTableFromBackup", "RestoreTableToPointInTime": member = "TargetTableName"
        case "ImportTable":
            guard case .structure(let parameters)? = input["TableCreationParameters"] else { return [] }
            return DynamoDBTables(parameters, names).changedTables(by: "CreateTable")
        default: return []
        }
        guard let table = try? table(member) else { return [] }
        return [table]
    }

    /// The role that AWS makes when an operation is first called.
    func serviceLinkedRole(of operation: String) -> MappedAccess? {
        let service: String
        let name: String
        switch operation {
        case "UpdateTable":
            guard let regions = try? regions("ReplicaUpdates"), regions.contains(where: { $0.change == "Create" })
            else {
                return nil
            }
            (service, name) = ("replication", "AWSServiceRoleForDynamoDBReplication")
        case "CreateGlobalTable": (service, name) = ("replication", "AWSServiceRoleForDynamoDBReplication")
        case "EnableKinesisStreamingDestination":
            (service, name) = ("kinesisreplication", "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication")
        case "UpdateContributorInsights":
            guard case .string("ENABLE")? = input["ContributorInsightsAction"] else { return nil }
            (service, name) = ("contributorinsights", "AWSServiceRoleForDynamoDBCloudWatchContributorInsights")
        default: return nil
        }
        let principal = "\(service).dynamodb.amazonaws.com"
        let place = names.place
        return MappedAccess(
            action: "iam:CreateServiceLinkedRole",
            resource: "arn:\(place.partition):iam::\(place.account):role/aws-service-role/\(principal)/\(name)",
            context: ["iam:awsservicename": .one(principal)])
    }
}
