import Directory
import Ledger
import Platform
import S3API
import STSAPI
import Wire

/// Does the import of its id, file by file, with the rights of the role that it names and no others.
struct RunImport: Job {
    static let kind = "CloudTrail::RunImport"
    /// Keys, at a time.
    private static let keys = 200
    /// JSON, in bytes: what a transaction puts at most, about.
    private static let most = 8 << 20
    private static let session = "CloudTrailImport"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        let one = try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard var one = try records.get(LakeImport.self, id), one.status.isActive else { return LakeImport?.none }
            one.status = .inProgress
            try records.put(one)
            return one
        }
        guard var one else { return }
        var work = Work(environment: environment, scope: context.scope)
        var isOver = false
        while !isOver {
            do throws(ImportError) {
                try await work.open(one, session: Self.session)
                while let next = try await work.step(one) { one = next }
                isOver = true
            } catch {
                switch error {
                case .own(let error): throw error
                case .over: return
                case .overtaken:
                    // It may have been stopped, and begun anew, while this went on: then both go on from where it is.
                    guard let now = try await work.current(id), now.status == .inProgress else { return }
                    one = now
                case .refused(let failure):
                    try await work.fail(one, failure)
                    isOver = true
                }
            }
        }
        try await work.end(id, context)
    }

    /// Why an import does not go on.
    enum ImportError: Error {
        /// Gatehouse's own fault: it is tried again later.
        case own(ServiceError)
        /// Its event data store is gone.
        case over
        /// It is not where it was.
        case overtaken
        /// It comes to nothing.
        case refused(ImportFailure)
    }

    /// An import while it goes on.
    private struct Work {
        let environment: Environment
        let scope: Scope
        private var store: EventDataStore?
        private var location: S3Location?
        private var identity: ServiceIdentity?
        private var region = ""

        init(environment: Environment, scope: Scope) {
            (self.environment, self.scope) = (environment, scope)
        }

        private func failure(_ one: LakeImport, _ location: String, _ error: ServiceError) -> ImportFailure {
            ImportFailure(
                importID: one.id, location: location, status: ImportFailure.failed, type: error.code,
                message: error.message, updated: environment.now())
        }

        /// Gets the role, once its trust policy lets CloudTrail have it.
        mutating func open(_ one: LakeImport, session: String) async throws(ImportError) {
            guard let store = environment.lake.store(arn: one.destination), store.status != .pendingDeletion,
                let location = S3Location(one.uri)
            else { throw .over }
            (self.store, self.location, region) = (store, location, one.bucketRegion)
            do throws(ServiceError) {
                _ = try await environment.services(in: store.homeRegion).call(
                    STS.AssumeRole.self,
                    STS.AssumeRole.Input {
                        $0.roleArn = one.roleARN
                        $0.roleSessionName = session
                    }, as: .own(BucketAccess.service, for: store.arn, in: store.accountID))
            } catch {
                guard error.status < 500 else { throw .own(error) }
                throw .refused(failure(one, one.roleARN, error))
            }
            guard let name = ARN(parsing: one.roleARN)?.resource.split(separator: "/").last,
                let role = environment.directory.role(named: String(name), in: store.accountID)
            else {
                throw .refused(
                    failure(one, one.roleARN, ServiceError("AccessDenied", "The role is not there.", status: 403)))
            }
            identity = .assuming(role, session: session, BucketAccess.service, for: store.arn, in: store.accountID)
        }

        /// Takes some files in.
        /// - Returns: the import as it is then; nil: there are no more files.
        func step(_ one: LakeImport) async throws(ImportError) -> LakeImport? {
            var batch = Batch(store: store?.id ?? "")
            var next = one
            if let last = one.retried {
                let failures = try await failures(of: one, after: last)
                for failure in failures {
                    next.retried = failure.location
                    guard failure.status != ImportFailure.succeeded else { continue }
                    if failure.location == one.uri || failure.location == one.roleARN {
                        // It has come this far: that is no failure any more.
                        batch.succeeded(failure, at: environment.now())
                        continue
                    }
                    try await take(failure.location, of: one, into: &batch, retrying: failure)
                    if batch.size >= RunImport.most { break }
                }
                if failures.isEmpty { next.retried = nil }
            } else {
                let page = try await keys(of: one, after: one.marker)
                for key in page {
                    next.marker = key
                    guard ImportedFile.isLog(key, below: location?.prefix ?? ""), ImportedFile.isWithin(key, one) else {
                        continue
                    }
                    let folder = key.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                        .joined(separator: "/")
                    if folder != next.folder {
                        if next.folder != nil { next.statistics.prefixesCompleted += 1 }
                        next.statistics.prefixesFound += 1
                        next.folder = folder
                    }
                    try await take(key, of: one, into: &batch)
                    if batch.size >= RunImport.most { break }
                }
                if page.isEmpty {
                    next.statistics.prefixesCompleted = next.statistics.prefixesFound
                    try await keep(next, after: one, batch)
                    return nil
                }
            }
            return try await keep(next, after: one, batch)
        }

        private func failures(of one: LakeImport, after last: String) async throws(ImportError) -> [ImportFailure] {
            do throws(ServiceError) {
                return try await environment.read(scope) { (records) throws(ServiceError) in
                    try records.list(
                        ImportFailure.self, of: one.id,
                        RowRange(after: last.isEmpty ? nil : .key(RowKey(.text(last)))), limit: RunImport.keys)
                }
            } catch {
                throw .own(error)
            }
        }

        private func keys(of one: LakeImport, after marker: String?) async throws(ImportError) -> [String] {
            guard let location, let identity else { throw .over }
            do throws(ServiceError) {
                let output = try await environment.services(in: region).call(
                    S3.ListObjectsV2.self,
                    S3.ListObjectsV2.Input {
                        $0.bucket = location.bucket
                        if !location.prefix.isEmpty { $0.prefix = location.prefix }
                        $0.startAfter = marker
                        $0.maxKeys = RunImport.keys
                    }, as: identity)
                return (output.contents ?? []).compactMap(\.key)
            } catch {
                guard error.status < 500 else { throw .own(error) }
                throw .refused(failure(one, one.uri, error))
            }
        }

        private func take(
            _ key: String, of one: LakeImport, into batch: inout Batch, retrying old: ImportFailure? = nil
        ) async throws(ImportError) {
            guard let location, let identity, let store else { throw .over }
            do throws(ServiceError) {
                let output = try await environment.services(in: region).call(
                    S3.GetObject.self,
                    S3.GetObject.Input {
                        $0.bucket = location.bucket
                        $0.key = key
                    }, as: identity)
                let oldest = store.oldest(at: environment.now())
                try await batch.append(try ImportedFile.read(output.body ?? .absent)) { time in
                    time >= oldest && Double(time) >= (one.start ?? 0) * 1000
                        && Double(time) <= (one.end ?? .infinity) * 1000
                }
                if let old { batch.succeeded(old, at: environment.now()) }
            } catch {
                guard error.status < 500 || error.code == ImportedFile.unreadable else { throw .own(error) }
                batch.failures.append(failure(one, key, error))
                if old == nil { batch.failed += 1 }
            }
        }

        /// Keeps what was taken in, if the import is still where it was.
        @discardableResult
        private func keep(
            _ next: LakeImport, after one: LakeImport, _ batch: Batch
        ) async throws(ImportError) -> LakeImport {
            guard let store else { throw .over }
            let kept: LakeImport?
            do throws(ServiceError) {
                kept = try await environment.write(scope, requestID: "") {
                    [environment] (records) throws(ServiceError) in
                    guard let current = try records.get(LakeImport.self, one.id), current.status == .inProgress,
                        current.marker == one.marker, current.retried == one.retried
                    else { return nil }
                    let own = records.of(store.scope)
                    guard let now = try own.get(EventDataStore.self, store.id), now.status != .pendingDeletion else {
                        return nil
                    }
                    try own.ingest(batch.chunks, environment)
                    for failure in batch.failures { try records.put(failure) }
                    var next = next
                    next.statistics.filesCompleted += batch.files
                    next.statistics.eventsCompleted += batch.events
                    next.statistics.failedEntries += batch.failed
                    next.updated = environment.now()
                    try records.put(next)
                    return next
                }
            } catch {
                throw .own(error)
            }
            guard let kept else { throw .overtaken }
            return kept
        }

        /// An import as it is now.
        func current(_ id: String) async throws(ServiceError) -> LakeImport? {
            try await environment.read(scope) { (records) throws(ServiceError) in
                try records.get(LakeImport.self, id)
            }
        }

        /// Notes why an import comes to nothing.
        func fail(_ one: LakeImport, _ failure: ImportFailure) async throws(ServiceError) {
            try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                guard var now = try records.get(LakeImport.self, one.id), now.status == .inProgress else { return }
                if try records.get(ImportFailure.self, failure.key, of: one.id)?.status != ImportFailure.failed {
                    now.statistics.failedEntries += 1
                }
                now.updated = failure.updated
                try records.put(failure)
                try records.put(now)
            }
        }

        func end(_ id: String, _ context: JobContext) async throws(ServiceError) {
            let now = environment.now()
            try await context.finish { (records) throws(ServiceError) in
                guard var one = try records.get(LakeImport.self, id), one.status == .inProgress else { return }
                (one.status, one.updated) = (one.statistics.failedEntries > 0 ? .failed : .completed, now)
                try records.put(one)
            }
        }
    }

    /// What one transaction takes in.
    private struct Batch: Sendable {
        let store: String
        var chunks: [EventChunk] = []
        var failures: [ImportFailure] = []
        var failed = 0
        var files = 0
        var events = 0
        var size = 0

        init(store: String) {
            self.store = store
        }

        mutating func succeeded(_ failure: ImportFailure, at time: Double) {
            var failure = failure
            (failure.status, failure.updated) = (ImportFailure.succeeded, time)
            failures.append(failure)
            failed -= 1
        }

        /// Takes the records of a file in.
        /// - Parameter isWanted: asked with the time of each, in milliseconds since 1970.
        mutating func append(
            _ records: [(body: [UInt8], time: Int64)], where isWanted: (Int64) -> Bool
        ) async throws(ServiceError) {
            var made = EventChunks(store: store)
            for record in records where isWanted(record.time) {
                try made.append(record.body, at: record.time)
                events += 1
                size += record.body.count
            }
            chunks += made.finish()
            files += 1
            await Task.yield()
        }
    }
}
