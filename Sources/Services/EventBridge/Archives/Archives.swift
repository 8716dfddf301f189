import Directory
import EventBridgeAPI
import EventPatterns
import Ledger
import Platform
import Wire

// Archives. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html>

extension Quota {
    /// No quota of AWS's is known; so many as rules.
    static let eventArchives = Quota("EventArchives", 300)
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func archive(_ name: String) throws(ServiceError) -> StoredArchive {
        guard let archive = try get(StoredArchive.self, name) else {
            throw .notFound("Archive \(name) does not exist.")
        }
        return archive
    }
}

/// An operation on the archive that its request names.
protocol OnArchive: Platform.Operation where InputFields: EventBridge.WithArchiveName {}

extension OnArchive {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess(call.eventsARN("archive/", input.archiveName)))
    }
}

private func check(_ pattern: String?) throws(ServiceError) {
    guard let pattern else { return }
    do throws(PatternError) { _ = try EventPattern(parsing: pattern) } catch { throw .invalidPattern(error) }
}

extension EventBridge.CreateArchive: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.eventsAccess(call.eventsARN("archive/", input.archiveName)), call.eventsAccess(input.eventSourceArn),
        ])
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await FollowHistory.end(call.environment)
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard input.kmsKeyIdentifier == nil else { throw .noKeysOfEvents }
        guard let bus = BusReference(arn: input.eventSourceArn), bus.account == call.accountID,
            bus.region == call.region
        else {
            throw .invalidEvents("Parameter EventSourceArn is not valid: it has to be an event bus of the account.")
        }
        _ = try records.bus(bus)
        guard try records.get(StoredArchive.self, input.archiveName) == nil else {
            throw .alreadyThere("Archive \(input.archiveName) already exists.")
        }
        guard try records.count(StoredArchive.self) < call.quotas[.eventArchives] else { throw .tooManyInEvents }
        try check(input.eventPattern)
        let archive = StoredArchive(
            name: input.archiveName, uniqueID: Identifiers.lowercase(20), accountID: call.accountID,
            region: call.region,
            source: bus.arn, created: call.time, description: input.description, pattern: input.eventPattern,
            retentionDays: input.retentionDays ?? 0)
        try records.put(archive)
        try records.listen(to: bus, from: end, call.environment)
        return Output {
            $0.archiveArn = archive.arn
            $0.state = "ENABLED"
            $0.creationTime = Timestamp(secondsSinceEpoch: archive.created)
        }
    }
}

extension EventBridge.UpdateArchive: WriteOperation, OnArchive {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard (input.kmsKeyIdentifier ?? "").isEmpty else { throw .noKeysOfEvents }
        var archive = try records.archive(input.archiveName)
        try check(input.eventPattern)
        archive.description = input.description ?? archive.description
        archive.pattern = input.eventPattern ?? archive.pattern
        archive.retentionDays = input.retentionDays ?? archive.retentionDays
        try records.put(archive)
        return Output {
            $0.archiveArn = archive.arn
            $0.state = "ENABLED"
            $0.creationTime = Timestamp(secondsSinceEpoch: archive.created)
        }
    }
}

extension EventBridge.DescribeArchive: ReadOperation, OnArchive {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let archive = try records.archive(input.archiveName)
        let (count, bytes) = (
            try records.count(ArchivedEvent.self, of: archive.uniqueID),
            try records.sum("bytes", ArchivedEvent.self, of: archive.uniqueID)
        )
        return Output {
            $0.archiveArn = archive.arn
            $0.archiveName = archive.name
            $0.eventSourceArn = archive.source
            $0.description = archive.description
            $0.eventPattern = archive.pattern
            $0.state = "ENABLED"
            $0.retentionDays = archive.retentionDays
            $0.sizeBytes = bytes
            $0.eventCount = count
            $0.creationTime = Timestamp(secondsSinceEpoch: archive.created)
        }
    }
}

extension EventBridge.ListArchives: ReadOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.namePrefix ?? ""
        let page = try records.page(StoredArchive.self, try EventsPage.paging(input.nextToken, input.limit)) { one in
            one.name.hasPrefix(prefix) && (input.eventSourceArn.map { $0 == one.source } ?? true)
                && (input.state.map { $0 == "ENABLED" } ?? true)
        }
        var archives: [EventBridge.Archive] = []
        for archive in page.items {
            let (count, bytes) = (
                try records.count(ArchivedEvent.self, of: archive.uniqueID),
                try records.sum("bytes", ArchivedEvent.self, of: archive.uniqueID)
            )
            archives.append(
                EventBridge.Archive {
                    $0.archiveName = archive.name
                    $0.eventSourceArn = archive.source
                    $0.state = "ENABLED"
                    $0.retentionDays = archive.retentionDays
                    $0.sizeBytes = bytes
                    $0.eventCount = count
                    $0.creationTime = Timestamp(secondsSinceEpoch: archive.created)
                })
        }
        let all = archives
        return Output {
            $0.archives = all
            $0.nextToken = page.marker
        }
    }
}

extension EventBridge.DeleteArchive: WriteOperation, OnArchive {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let archive = try records.archive(input.archiveName)
        try records.delete(archive)
        try records.schedule(EmptyArchive(archive: archive.uniqueID), id: archive.uniqueID, at: call.time)
        if let bus = BusReference(arn: archive.source) { try records.endListening(to: bus) }
        return Output()
    }
}

/// Takes away the events of an archive that was deleted.
struct EmptyArchive: Job {
    static let kind = "EventBridge::EmptyArchive"

    let archive: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let now = context.environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard try records.deleteAll(ArchivedEvent.self, of: archive) == 256 else { return }
            try records.schedule(self, id: archive, at: now)
        }
    }
}

/// Takes away the events that are older than their archives keep them.
struct ForgetArchivedEvents: RecurringJob {
    static let kind = "EventBridge::ForgetArchivedEvents"
    static let interval = 3_600.0
    private static let part = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        var failure: ServiceError?
        for archive in environment.projection(BusIndex.self).archivesWithRetention where !Task.isCancelled {
            // One that can't be read must not keep all others from being swept.
            do throws(ServiceError) { try await forget(archive, environment) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private func forget(_ archive: StoredArchive, _ environment: Environment) async throws(ServiceError) {
        let scope = Scope(account: archive.accountID, region: archive.region)
        let end = RequestIDs.milliseconds(environment.now() - Double(archive.retentionDays) * 86_400)
        while true {
            let count = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                let old = try records.list(ArchivedEvent.self, of: archive.uniqueID, limit: Self.part)
                    .prefix { RequestIDs.milliseconds($0.event.ingested) < end }
                for one in old { try records.delete(ArchivedEvent.self, one.key, of: archive.uniqueID) }
                return old.count
            }
            guard count == Self.part, !Task.isCancelled else { return }
            await Task.yield()
        }
    }
}
