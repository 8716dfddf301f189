import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// An import of users from a CSV file.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html>
struct UserImport: PoolPart, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolUserImportJob"
    static let ofPool = "import-of-pool"

    enum Status: String, Codable, Sendable {
        case created = "Created"
        case pending = "Pending"
        case inProgress = "InProgress"
        case stopping = "Stopping"
        case expired = "Expired"
        case stopped = "Stopped"
        case failed = "Failed"
        case succeeded = "Succeeded"

        var isActive: Bool { self == .pending || self == .inProgress || self == .stopping }
    }

    let poolID: String
    /// `import-…`
    let jobID: String
    let name: String
    let roleARN: String
    /// What allows to upload the file: a part of its URL.
    let token: String
    /// Seconds since 1970.
    let created: Double
    var started: Double?
    var completed: Double?
    var status = Status.created
    /// How many rows of ``ImportPart`` the file has; nil: it was not uploaded, or not to the end.
    var partCount: Int?
    /// How many lines of the file are done, the header among them.
    var lineCount = 0
    var importedCount = 0
    var skippedCount = 0
    var failedCount = 0
    var message: String?

    /// For how many seconds the file can be uploaded.
    static let uploadValidity = 900.0
    /// For how many seconds it can be started.
    static let validity = 86_400.0

    var id: String { Self.id(jobID, of: poolID) }

    static func id(_ jobID: String, of poolID: String) -> String { "\(poolID)/\(jobID)" }

    /// Without its token, so that no log ever shows it.
    var description: String { "UserImport \(id)" }
}

/// A part of the file of an import.
struct ImportPart: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPoolUserImportJob::Part"

    let poolID: String
    let jobID: String
    let number: Int
    /// In base64.
    let bytes: String

    /// In bytes, before they are encoded.
    static let size = 256 << 10

    var partition: String { poolID }
    var key: RowKey { Self.key(jobID, number) }

    static func key(_ jobID: String, _ number: Int) -> RowKey { RowKey(.text(jobID), .number(Int64(number))) }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func userImport(_ jobID: String, of poolID: String) throws(ServiceError) -> UserImport {
        guard let job = try get(UserImport.self, UserImport.id(jobID, of: poolID)) else {
            throw .cognito(.resourceNotFoundException, "User import job \(jobID) does not exist.")
        }
        return job
    }
}

extension MutableRecords {
    /// Deletes the file of an import, or some of it.
    /// - Returns: whether nothing is left.
    func deleteParts(of job: UserImport) throws(ServiceError) -> Bool {
        let most = 16
        let range = RowRange(RowPrefix(.text(job.jobID)))
        let parts = try list(ImportPart.self, of: job.poolID, range, limit: most)
        for part in parts { try delete(ImportPart.self, part.key, of: job.poolID) }
        return parts.count < most
    }
}

extension Environment {
    /// Deletes the file of an import, a few parts at a time.
    func deleteParts(of job: UserImport, in scope: Scope) async throws(ServiceError) {
        var isDone = false
        while !isDone {
            isDone = try await write(scope, requestID: "") { (records) throws(ServiceError) in
                try records.deleteParts(of: job)
            }
        }
    }
}

extension CognitoIDP.UserImportJobType {
    /// The import as it is in answers.
    init(_ job: UserImport, _ environment: Environment) {
        self.init()
        jobName = job.name
        jobId = job.jobID
        userPoolId = job.poolID
        preSignedUrl = ImportUpload.url(of: job, environment.publicAddress.url)
        creationDate = Timestamp(secondsSinceEpoch: job.created)
        startDate = job.started.map { Timestamp(secondsSinceEpoch: $0) }
        completionDate = job.completed.map { Timestamp(secondsSinceEpoch: $0) }
        status = job.status.rawValue
        cloudWatchLogsRoleArn = job.roleARN
        importedUsers = job.importedCount
        skippedUsers = job.skippedCount
        failedUsers = job.failedCount
        completionMessage = job.message
    }
}
