import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Log groups. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html>

extension CloudWatchLogs.CreateLogGroup: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(Tag.list(input.tags))
        let arn = LogGroupName(input.logGroupName, call).policyARN
        var create = call.logsAccess(arn, tags)
        create.isOfNewResource = true
        guard !tags.isEmpty else { return .required(create) }
        var tag = create
        tag.action = "logs:TagResource"
        return .required([create, tag])
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedLogGroup {
        var group = LogGroup(
            name: input.logGroupName, uniqueID: call.requestID, accountID: call.accountID, region: call.region,
            created: Int(milliseconds(call.time)), logClass: input.logGroupClass ?? "STANDARD")
        group.tags = try TagRules.ofLogGroups.merge(Tag.list(input.tags), into: [])
        group.isProtected = input.deletionProtectionEnabled ?? false
        if let key = input.kmsKeyId, call.environment.projection(LogsIndex.self).group(group.reference) == nil {
            group.dataKeys = [try await LogKeys.make(key, for: group, call.environment)]
            group.kmsKeyID = group.dataKeys.first?.keyARN
        }
        return PreparedLogGroup(group: group)
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedLogGroup, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard try records.get(LogGroup.self, prepared.group.name) == nil else {
            throw CloudWatchLogs.Failure.resourceAlreadyExistsException("The specified log group already exists")
        }
        try records.put(prepared.group)
        return Output()
    }
}

/// A log group as a request wants it, once KMS has made its key.
public struct PreparedLogGroup: Sendable {
    let group: LogGroup
}

extension CloudWatchLogs.DeleteLogGroup: WriteOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        guard !group.isProtected else { throw .protectedLogGroup }
        for filter in try records.metricFilters(of: group.name) { try records.delete(filter) }
        for filter in try records.subscriptionFilters(of: group.name) { try records.delete(filter) }
        try records.delete(group)
        try records.schedule(EmptyLogGroup(group: group.uniqueID), id: group.uniqueID, at: call.time)
        return Output()
    }
}

extension CloudWatchLogs.PutLogGroupDeletionProtection: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(try LogGroupName(identifier: input.logGroupIdentifier, call).policyARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try LogGroupName(identifier: input.logGroupIdentifier, call)
        var group = try records.logGroup(name)
        group.isProtected = input.deletionProtectionEnabled
        try records.of(name.scope).put(group)
        return Output()
    }
}

extension CloudWatchLogs.DescribeLogGroups: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(LogGroupName("", call).policyARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.includeLinkedAccounts != true, (input.accountIdentifiers ?? []).isEmpty else {
            throw .notImplemented("Gatehouse has no monitoring accounts: ask each account for its log groups.")
        }
        let (prefix, pattern) = (input.logGroupNamePrefix, input.logGroupNamePattern?.lowercased())
        guard prefix == nil || pattern == nil else {
            throw .invalidParameter(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        }
        let identifiers = try input.logGroupIdentifiers.map { texts throws(ServiceError) in
            Set(try texts.map { text throws(ServiceError) in try LogGroupName(identifier: text, call) })
        }
        let page = try page(try LogsPage.paging(input)) { (after, limit) throws(ServiceError) in
            try records.logGroups(prefix ?? "", after: after, limit: limit).map { ($0.name, $0) }
        } where: { group in
            (pattern.map { $0.isEmpty || group.name.lowercased().contains($0) } ?? true)
                && (identifiers?.contains(group.reference) ?? true)
                && (input.logGroupClass.map { $0 == group.logClass } ?? true)
        }
        let views = try page.items.map { (group) throws(ServiceError) in
            try group.view(
                bytes: records.sum("bytes", LogSegment.self, of: group.uniqueID),
                filters: records.metricFilters(of: group.name).count)
        }
        return Output {
            $0.logGroups = views
            $0.nextToken = page.marker
        }
    }
}

extension RecordReading {
    /// Those with names that begin so, in the order of the names.
    /// - Complexity: linear in the limit.
    fileprivate func logGroups(
        _ prefix: String, after: String?, limit: Int
    ) throws(ServiceError) -> [LogGroup] {
        guard !prefix.isEmpty else { return try list(LogGroup.self, after: after, limit: limit) }
        var found: [LogGroup] = []
        var start = prefix
        if let after, after >= prefix {
            start = after
        } else if let exact = try get(LogGroup.self, prefix) {
            found.append(exact)
        }
        found += try list(LogGroup.self, after: start, limit: limit).prefix {
            $0.name.utf8.starts(with: prefix.utf8)
        }
        return Array(found.prefix(limit))
    }
}

extension LogGroup {
    fileprivate func view(bytes: Int, filters: Int) -> CloudWatchLogs.LogGroup {
        CloudWatchLogs.LogGroup {
            $0.logGroupName = name
            $0.creationTime = created
            $0.retentionInDays = retentionInDays
            $0.metricFilterCount = filters
            $0.arn = "\(reference.arn):*"
            $0.logGroupArn = reference.arn
            $0.storedBytes = bytes
            $0.kmsKeyId = kmsKeyID
            $0.dataProtectionStatus = dataProtection == nil ? nil : "ACTIVATED"
            $0.logGroupClass = logClass
            $0.deletionProtectionEnabled = isProtected
        }
    }
}

// MARK: - What is kept, and how

extension CloudWatchLogs.PutRetentionPolicy: WriteOperation, OnLogGroup {
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
    private static let days: Set = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ]

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard days.contains(input.retentionInDays) else {
            throw .invalidParameter(
                "The specified retention is not valid: retentionInDays is one of "
                    + days.sorted().map { String($0) }.joined(separator: ", "))
        }
        var group = try records.logGroup(LogGroupName(input.logGroupName, call))
        group.retentionInDays = input.retentionInDays
        try records.put(group)
        return Output()
    }
}

extension CloudWatchLogs.DeleteRetentionPolicy: WriteOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var group = try records.logGroup(LogGroupName(input.logGroupName, call))
        group.retentionInDays = nil
        try records.put(group)
        return Output()
    }
}

extension Call {
    /// The group whose key a request is about. Keys of query results are not built.
    fileprivate func encryptedGroup(_ name: String?, _ identifier: String?) throws(ServiceError) -> LogGroupName {
        if let identifier, identifier.contains(":query-result:") {
            throw .notImplemented("Gatehouse has no keys of its own for the results of queries.")
        }
        return try logGroup(name: name, identifier: identifier)
    }
}

extension CloudWatchLogs.AssociateKmsKey: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(try call.encryptedGroup(input.logGroupName, input.resourceIdentifier).policyARN))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedLogGroup {
        let name = try call.encryptedGroup(input.logGroupName, input.resourceIdentifier)
        guard var group = call.environment.projection(LogsIndex.self).group(name) else { throw .noSuchLogGroup }
        group.dataKeys.append(try await LogKeys.make(input.kmsKeyId, for: group, call.environment))
        return PreparedLogGroup(group: group)
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedLogGroup, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var group = try records.logGroup(prepared.group.reference)
        guard group.uniqueID == prepared.group.uniqueID, let key = prepared.group.dataKeys.last else {
            throw .noSuchLogGroup
        }
        // All that were ever used stay, since events may be encrypted with them, but of one KMS key one is enough.
        if !group.dataKeys.contains(where: { $0.keyARN == key.keyARN }) { group.dataKeys.append(key) }
        group.kmsKeyID = key.keyARN
        try records.of(group.scope).put(group)
        return Output()
    }
}

extension CloudWatchLogs.DisassociateKmsKey: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(try call.encryptedGroup(input.logGroupName, input.resourceIdentifier).policyARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var group = try records.logGroup(call.encryptedGroup(input.logGroupName, input.resourceIdentifier))
        // The data keys stay: what is encrypted with them can only be read by them.
        group.kmsKeyID = nil
        try records.of(group.scope).put(group)
        return Output()
    }
}
