import CloudTrailAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Imports: starting, stopping and showing them.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-copy-trail-to-lake-eds.html>

extension ServiceError {
    fileprivate static var unknownImport: ServiceError {
        CloudTrail.Failure.importNotFoundException("The specified import was not found.")
    }

    fileprivate static func importSource(_ message: String) -> ServiceError {
        CloudTrail.Failure.invalidImportSourceException(message)
    }
}

extension Structure {
    /// What answers say of an import, whichever operation asks: as many members as its answer has.
    fileprivate mutating func show(_ one: LakeImport) {
        func date(_ time: Double) -> Value { .timestamp(Timestamp(secondsSinceEpoch: time)) }
        self["ImportId"] = .string(one.id)
        self["Destinations"] = [one.destination].wireValue
        self["ImportSource"] =
            CloudTrail.ImportSource {
                $0.s3 = CloudTrail.S3ImportSource {
                    $0.s3LocationUri = one.uri
                    $0.s3BucketRegion = one.bucketRegion
                    $0.s3BucketAccessRoleArn = one.roleARN
                }
            }.wireValue
        self["StartEventTime"] = one.start.map(date)
        self["EndEventTime"] = one.end.map(date)
        self["ImportStatus"] = .string(one.status.rawValue)
        self["CreatedTimestamp"] = date(one.created)
        self["UpdatedTimestamp"] = date(one.updated)
        self["ImportStatistics"] =
            CloudTrail.ImportStatistics {
                $0.prefixesFound = one.statistics.prefixesFound
                $0.prefixesCompleted = one.statistics.prefixesCompleted
                $0.filesCompleted = one.statistics.filesCompleted
                $0.eventsCompleted = one.statistics.eventsCompleted
                $0.failedEntries = one.statistics.failedEntries
            }.wireValue
    }
}

extension CloudTrail.StartImport: WriteOperation {
    /// Whoever starts it gives CloudTrail the rights of the role, and has to be allowed to.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var needs = [Access("cloudtrail:StartImport", on: "*")]
        if let source = input.importSource?.s3 {
            let role = try role(source.s3BucketAccessRoleArn, call)
            needs.append(
                Access(
                    "iam:PassRole", on: role, resourceAccount: call.accountID,
                    context: ["iam:passedtoservice": .one(BucketAccess.service)]))
        }
        return .required(needs)
    }

    private static func role(_ text: String, _ call: Call) throws(ServiceError) -> String {
        guard let arn = ARN(parsing: text), arn.service == "iam", arn.typeAndRest?.type == "role",
            arn.account == call.accountID
        else { throw .importSource("S3BucketAccessRoleArn is not the ARN of a role of the account: \(text)") }
        return text
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard try records.referrerCount(LakeImport.ongoing, to: LakeImport.ongoing) == 0 else {
            throw CloudTrail.Failure.accountHasOngoingImportException(
                "The account has an ongoing import: call StopImport, or wait until it is over.")
        }
        var one: LakeImport
        if let id = input.importId {
            guard input.destinations == nil, input.importSource == nil, input.startEventTime == nil,
                input.endEventTime == nil
            else { throw .parameter("ImportId, with which an import is retried, stands alone.") }
            guard let old = try records.get(LakeImport.self, id) else { throw .unknownImport }
            guard old.status == .failed || old.status == .stopped else {
                throw .parameter(
                    "The import is \(old.status.rawValue): those that are FAILED or STOPPED can be retried.")
            }
            one = old
            _ = try destination([old.destination], call)
            (one.status, one.updated) = (.initializing, call.time)
            if one.statistics.failedEntries > 0 { one.retried = "" }
        } else {
            one = try new(input, call)
        }
        try records.put(one)
        try records.schedule(RunImport(), id: one.id, at: call.time)
        return Output { $0.structure.show(one) }
    }

    private static func new(_ input: Input, _ call: Call) throws(ServiceError) -> LakeImport {
        guard let destinations = input.destinations, let source = input.importSource?.s3 else {
            throw .parameter("A new import needs Destinations and ImportSource; to retry one, specify its ImportId.")
        }
        guard S3Location(source.s3LocationUri) != nil else {
            throw .importSource("S3LocationUri is not a URI as s3://bucket/prefix/: \(source.s3LocationUri)")
        }
        let (start, end) = (input.startEventTime?.secondsSinceEpoch, input.endEventTime?.secondsSinceEpoch)
        guard start ?? 0 <= end ?? .infinity else { throw .parameter("StartEventTime is later than EndEventTime.") }
        return LakeImport(
            id: UUID().uuidString.lowercased(), destination: try destination(destinations, call),
            uri: source.s3LocationUri, bucketRegion: source.s3BucketRegion, roleARN: source.s3BucketAccessRoleArn,
            start: start, end: end, created: call.time, updated: call.time)
    }

    /// - Returns: the ARN of the event data store.
    private static func destination(_ destinations: [String], _ call: Call) throws(ServiceError) -> String {
        let store = try call.seenStore(destinations.first ?? "")
        guard store.accountID == call.accountID else { throw .notManagementAccount }
        guard store.status != .pendingDeletion else { throw .inactiveStore }
        guard store.isOfHistory else {
            throw CloudTrail.Failure.invalidEventDataStoreCategoryException(
                "Trail events can be imported into event data stores of management, data and network activity events.")
        }
        return store.arn
    }
}

extension CloudTrail.StopImport: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:StopImport", on: "*"))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var one = try records.get(LakeImport.self, input.importId) else { throw .unknownImport }
        guard one.status.isActive else {
            throw .parameter("The import can't be stopped: it is \(one.status.rawValue).")
        }
        (one.status, one.updated) = (.stopped, call.time)
        try records.cancel(RunImport.self, id: one.id)
        try records.put(one)
        return Output { [one] in $0.structure.show(one) }
    }
}

extension CloudTrail.GetImport: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:GetImport", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let one = try records.get(LakeImport.self, input.importId) else { throw .unknownImport }
        return Output { $0.structure.show(one) }
    }
}

extension CloudTrail.ListImports: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:ListImports", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let destination = try input.destination.map { text throws(ServiceError) in
            try EventDataStoreName(text, call).arn
        }
        let page = try records.page(LakeImport.self, try Paging(lake: input.nextToken, input.maxResults)) { one in
            (destination ?? one.destination) == one.destination
                && (input.importStatus ?? one.status.rawValue) == one.status.rawValue
        }
        return Output(page) { one in
            var shown = CloudTrail.ImportsListItem()
            shown.structure.show(one)
            return shown
        }
    }
}

extension CloudTrail.ListImportFailures: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:ListImportFailures", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard try records.get(LakeImport.self, input.importId) != nil else {
            // This operation has no error of its own for it.
            throw .parameter("The specified import was not found.")
        }
        let paging = try Paging(lake: input.nextToken, input.maxResults)
        let rows = try records.list(
            ImportFailure.self, of: input.importId,
            RowRange(after: paging.after.map { .key(RowKey(.text($0))) }), limit: paging.limit + 1)
        let shown = Array(rows.prefix(paging.limit))
        let marker = rows.count > shown.count ? shown.last.map { Paging.marker(after: $0.location) } : nil
        return Output(Page(items: shown, marker: marker)) { failure in
            CloudTrail.ImportFailureListItem {
                $0.location = failure.location
                $0.status = failure.status
                $0.errorType = failure.type
                $0.errorMessage = failure.message
                $0.lastUpdatedTime = Timestamp(secondsSinceEpoch: failure.updated)
            }
        }
    }
}
