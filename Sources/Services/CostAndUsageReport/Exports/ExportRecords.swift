import Costs
import DataExportsAPI
import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// An export: which columns are delivered where, and how far that is.
struct StoredExport: Record {
    static let kind = "AWS::BCMDataExports::Export"
    static let keepsHistory = false

    /// What the ARN ends with: name and a random part.
    let id: String
    let accountID: String
    let name: String
    /// As `DataExports.Export` in JSON.
    var export: String
    var tags: [Tag] = []
    /// Seconds since 1970, as what follows.
    let created: Double
    var updated: Double
    /// nil: never.
    var delivered: Double?
    /// What the last delivery failed by: `INSUFFICIENT_PERMISSION`; nil: it did not.
    var problem: String?
    /// Tells executions apart.
    var executions: Int64 = 0

    var arn: String { "arn:aws:bcm-data-exports:us-east-1:\(accountID):export/\(id)" }
    var requirements: [Requirement] { [.account(accountID)] }

    static func arn(_ name: String, _ random: String, _ account: String) -> String {
        "arn:aws:bcm-data-exports:us-east-1:\(account):export/\(name)-\(random)"
    }

    /// - Throws: InternalFailure for one that this version can't read.
    func view() throws(ServiceError) -> DataExports.Export {
        DataExports.Export(try Structure(json: export, of: DataExports.ExportFields.shape))
    }

    var status: DataExports.ExportStatus {
        DataExports.ExportStatus {
            $0.statusCode = problem == nil ? "HEALTHY" : "UNHEALTHY"
            $0.statusReason = problem
            $0.createdAt = Timestamp(secondsSinceEpoch: created)
            $0.lastUpdatedAt = Timestamp(secondsSinceEpoch: updated)
            $0.lastRefreshedAt = delivered.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}

/// A delivery of an export.
struct ExportExecution: TableRow {
    static let kind = "AWS::BCMDataExports::Execution"

    let exportID: String
    /// The last first.
    let number: Int64
    /// A UUID.
    let id: String
    /// Seconds since 1970.
    let time: Double
    /// nil: it was delivered.
    let problem: String?
    /// The export as it was then, as `DataExports.Export` in JSON.
    let export: String

    var partition: String { exportID }
    var key: RowKey { RowKey(.descending(number)) }
    var indexes: [RowIndex] { [RowIndex("id", RowKey(.text(id)))] }

    var status: DataExports.ExecutionStatus {
        DataExports.ExecutionStatus {
            $0.statusCode = problem == nil ? "DELIVERY_SUCCESS" : "DELIVERY_FAILURE"
            $0.statusReason = problem
            $0.createdAt = Timestamp(secondsSinceEpoch: time)
            $0.completedAt = Timestamp(secondsSinceEpoch: time)
            $0.lastUpdatedAt = Timestamp(secondsSinceEpoch: time)
        }
    }
}

/// The tags of exports, by their ARNs, for `aws:ResourceTag`.
final class ExportTags: Projection {
    static let kinds: Set<String> = [StoredExport.kind]

    private let tags = Mutex<[String: [Tag]]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let export = try change.decodeAfter(StoredExport.self)
            let arn = "arn:aws:bcm-data-exports:us-east-1:\(change.scope.account):export/\(change.id)"
            tags.withLock { $0[arn] = export?.tags.isEmpty == false ? export?.tags : nil }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        tags.withLock { $0 = [:] }
        try apply(changes)
    }

    func tags(of arn: String) -> [Tag] { tags.withLock { $0[arn] ?? [] } }
}

extension ResourceType {
    /// Exports, with their tags.
    static let ofExports = ResourceType("bcm-data-exports", "export/", hasOwnTagKey: false) { access, _, call in
        let tags = call.environment.projection(ExportTags.self).tags(of: access.resource)
        return tags.isEmpty ? nil : Resource(tags: tags)
    }
}

extension ServiceError {
    static func invalidExport(_ message: String) -> ServiceError { DataExports.Failure.validationException(message) }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func export(_ arn: String) throws(ServiceError) -> StoredExport {
        guard let name = ARN(parsing: arn), name.service == "bcm-data-exports",
            let export = try of(account: name.account).get(StoredExport.self, name.lastPart), export.arn == arn
        else { throw DataExports.Failure.resourceNotFoundException("The export \(arn) does not exist.") }
        return export
    }
}

/// An operation on the export that its request names.
protocol OnExport: Platform.Operation where InputFields: DataExports.WithExportArn {}

extension OnExport {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("bcm-data-exports:\(call.operation)", on: input.exportArn))
    }
}

/// An operation on the tags of an export.
protocol OnExportTags: Platform.Operation where InputFields: DataExports.WithResourceArn {}

extension OnExportTags {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("bcm-data-exports:\(call.operation)", on: input.resourceArn))
    }
}

/// An operation on no export.
protocol OnAllExports: Platform.Operation {}

extension OnAllExports {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("bcm-data-exports:\(call.operation)", on: "*"))
    }
}

extension Paging {
    /// - Throws: ValidationException.
    init<F: PageRequestFields>(exports input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(input) } catch { throw .invalidExport("The next token is invalid.") }
    }
}
