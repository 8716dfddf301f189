import FoundationEssentials
import Ledger
import Platform
import Wire

/// Imports the users of a file, a hundred in each transaction. What is taken up again goes on after the last.
struct RunUserImport: Job {
    static let kind = "CognitoIDP::RunUserImport"
    private static let batch = 100
    /// As many users as a file may have, and its header.
    private static let mostLines = 500_001

    let poolID: String
    let jobID: String

    private enum End {
        case stopped
        case failed(String)
        case succeeded
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        guard let pool = environment.userPool(poolID), let job = try await job(context) else {
            try await context.finish { _ in }
            return
        }
        let end = try await importUsers(of: job, pool, context)
        try await environment.deleteParts(of: job, in: context.scope)
        let (id, now) = (job.id, environment.clock.now)
        try await context.finish { (records) throws(ServiceError) in
            guard var job = try records.get(UserImport.self, id) else { return }
            switch end {
            case .stopped:
                (job.status, job.message) = (.stopped, "The Import Job was stopped by the developer.")
            case .failed(let reason): (job.status, job.message) = (.failed, reason)
            case .succeeded where job.importedCount == 0 && job.failedCount + job.skippedCount > 0:
                job.status = .failed
                job.message = "Too many users have failed or been skipped during the import."
            case .succeeded: (job.status, job.message) = (.succeeded, "Import Job Completed Successfully.")
            }
            job.completed = now
            job.partCount = nil
            try records.put(job)
        }
    }

    private func job(_ context: JobContext) async throws(ServiceError) -> UserImport? {
        let id = UserImport.id(jobID, of: poolID)
        return try await context.environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(UserImport.self, id)
        }
    }

    private func importUsers(
        of job: UserImport, _ pool: PoolEntry, _ context: JobContext
    ) async throws(ServiceError) -> End {
        var (reader, number, waiting) = (LineReader(), 0, [String?]())
        var columns: [String]?
        for part in 0...(job.partCount ?? 0) {
            var lines = try await self.lines(part, of: job, &reader, context)
            if columns == nil, let header = lines.first {
                columns = header.map(importedFields) ?? []
                guard let columns, Set(columns) == Set(pool.importColumns), columns.count == pool.importColumns.count
                else {
                    return .failed("The header in the CSV does not match the expected headers for the user pool.")
                }
                lines.removeFirst()
                number += 1
            }
            for line in lines {
                number += 1
                guard number <= Self.mostLines else { return .failed("The CSV file has too many users.") }
                // It was done before this was interrupted.
                guard number > job.lineCount else { continue }
                waiting.append(line)
                if waiting.count == Self.batch {
                    if try await store(waiting, columns ?? [], until: number, pool, context) { return .stopped }
                    waiting = []
                }
            }
        }
        guard let columns else { return .failed("The CSV file is empty.") }
        return try await store(waiting, columns, until: number, pool, context) ? .stopped : .succeeded
    }

    private func lines(
        _ part: Int, of job: UserImport, _ reader: inout LineReader, _ context: JobContext
    ) async throws(ServiceError) -> [String?] {
        guard part < job.partCount ?? 0 else { return reader.last() }
        let row = try await context.environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(ImportPart.self, ImportPart.key(job.jobID, part), of: job.poolID)
        }
        return reader.lines(with: row.flatMap { Data(base64Encoded: $0.bytes) }.map(Array.init) ?? [])
    }

    /// Stores the users of some lines.
    /// - Parameter number: of the last line.
    /// - Returns: whether somebody wants the import to stop.
    private func store(
        _ lines: [String?], _ columns: [String], until number: Int, _ pool: PoolEntry, _ context: JobContext
    ) async throws(ServiceError) -> Bool {
        let (id, now) = (UserImport.id(jobID, of: poolID), context.environment.clock.now)
        return try await context.environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard var job = try records.get(UserImport.self, id), job.status != .stopping else { return true }
            job.status = .inProgress
            job.lineCount = max(job.lineCount, number)
            for line in lines where line != "" {
                do throws(ServiceError) {
                    guard let line else { throw .invalidParameter("The line is too long, or no UTF-8.") }
                    let imported = try ImportedUser(line, columns: columns, of: pool, at: now)
                    try records.checkIsFree(imported.name, of: pool, "")
                    try records.put(imported.user, replacing: nil, of: pool)
                    job.importedCount += 1
                } catch {
                    guard error.fault == .sender else { throw error }
                    if error.code == "UsernameExistsException" { job.skippedCount += 1 } else { job.failedCount += 1 }
                }
            }
            try records.put(job)
            return false
        }
    }
}
