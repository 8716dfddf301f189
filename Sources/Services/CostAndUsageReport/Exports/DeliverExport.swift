import Costs
import DataExportsAPI
import FoundationEssentials
import Ledger
import Metering
import Platform
import S3API
import Wire

/// How exports get into a bucket: as AWS's data exports, as the bucket's policy has to allow.
/// <https://docs.aws.amazon.com/cur/latest/userguide/dataexports-s3-bucket.html>
struct ExportBucket: Sendable {
    static let principal = "bcm-data-exports.amazonaws.com"

    let export: StoredExport
    let destination: DataExports.S3Destination
    let environment: Environment

    init(_ export: StoredExport, _ view: DataExports.Export, _ environment: Environment) {
        self.export = export
        self.environment = environment
        destination = view.destinationConfigurations.s3Destination
    }

    private var identity: ServiceIdentity { .own(Self.principal, for: export.arn, in: export.accountID) }

    /// Asks for the bucket's policy.
    /// - Throws: ValidationException.
    func check() async throws(ServiceError) {
        let bucket = destination.s3Bucket
        do throws(ServiceError) {
            _ = try await environment.services(in: destination.s3Region).call(
                S3.GetBucketPolicy.self, S3.GetBucketPolicy.Input { $0.bucket = bucket }, as: identity)
        } catch {
            guard error.status < 500 else { throw error }
            throw .invalidExport("S3 bucket permission validation failed for the bucket \(bucket).")
        }
    }

    /// Puts a file aside, to be completed in the transaction that tells of it.
    func put(_ body: BodyStream, at key: String, type: String) async throws(ServiceError) -> PreparedCall<S3.PutObject>
    {
        let bucket = destination.s3Bucket
        return try await environment.services(in: destination.s3Region).prepare(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = bucket
                $0.key = key
                $0.contentType = type
                $0.body = body
            }, as: identity)
    }
}

/// Delivers an export, as ``DeliverReport`` does a report. It is scheduled under the export's id.
struct DeliverExport: Job {
    static let kind = "DataExports::DeliverExport"
    static var recurs: Bool { true }
    private static let tries = 2

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let id = context.id
        let export = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(StoredExport.self, id)
        }
        guard let export else { return }
        let now = environment.now()
        let months = DeliverReport.months(since: export.delivered ?? export.created, now)
        let execution = UUID().uuidString.lowercased()
        var files: [PreparedCall<S3.PutObject>] = []
        var failure: ServiceError?
        do throws(ServiceError) {
            let bill = try await Bill(of: export.accountID, environment)
            for start in months { files += try await deliver(start, export, bill, environment, execution, now) }
        } catch {
            for file in files { await file.discard() }
            files = []
            guard error.status < 500 || context.attempts + 1 >= Self.tries else { throw error }
            failure = error
            context.report("an export could not be delivered", ["export": export.arn, "error": error.code])
        }
        let (done, error) = (files, failure)
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                guard var own = try records.get(StoredExport.self, id) else { return }
                for file in done { _ = try file.complete(in: records) }
                own.problem = error.map { $0.status < 500 ? "INSUFFICIENT_PERMISSION" : "INTERNAL_FAILURE" }
                if error == nil { own.delivered = now }
                own.executions += 1
                try records.put(own)
                try records.put(
                    ExportExecution(
                        exportID: id, number: own.executions, id: execution, time: now, problem: own.problem,
                        export: export.export))
                try records.schedule(DeliverExport(), id: id, at: now + DeliverReport.interval)
            }
        } catch {
            for file in done { await file.discard() }
            throw error
        }
    }

    private func deliver(
        _ start: CivilDate, _ export: StoredExport, _ bill: Bill, _ environment: Environment, _ execution: String,
        _ now: Double
    ) async throws(ServiceError) -> [PreparedCall<S3.PutObject>] {
        let view = try export.view()
        let query = try view.query()
        let layout = ReportLayout(
            hasResources: view.hasResources, tagKeys: bill.names.tagKeys, unit: view.unit,
            period: HourRange(start, start.month(after: 1)), payer: bill.names.payer)
        let bucket = ExportBucket(export, view, environment)
        let destination = view.destinationConfigurations.s3Destination
        let period = "BILLING_PERIOD=\(start.text.prefix(7))"
        let root = (destination.s3Prefix.isEmpty ? "" : destination.s3Prefix + "/") + export.name
        let isNew = destination.s3OutputConfigurations.overwrite == "CREATE_NEW_REPORT"
        let folder = isNew ? "\(period)/\(CivilDate(seconds: now).compact)-\(execution)" : period
        let selection = query.selection(of: layout)
        let form = ReportForm(columns: query.header) { selection.fields($0, $1, $2, count: $3, id: $4) }
        let format = view.isParquet ? ReportFormat.parquet(environment.parquetProgram) : .csv
        var files: [PreparedCall<S3.PutObject>] = []
        do throws(ServiceError) {
            var keys: [String] = []
            try await ReportFiles.make(layout, form, format, bill) { (file, number) throws(ServiceError) in
                let name = "\(export.name)-\(DeliverReport.padded(number)).\(format.ending)"
                let key = "\(root)/data/\(folder)/\(name)"
                files.append(try await bucket.put(file, at: key, type: format.contentType))
                keys.append(key)
            }
            let manifest = Self.manifest(query, export, execution, destination.s3Bucket, period, keys)
            let key = "\(root)/metadata/\(folder)/\(export.name)-Manifest.json"
            files.append(try await bucket.put(BodyStream(manifest), at: key, type: "application/json"))
        } catch {
            for file in files { await file.discard() }
            throw error
        }
        return files
    }

    private static func manifest(
        _ query: ExportQuery, _ export: StoredExport, _ execution: String, _ bucket: String, _ period: String,
        _ keys: [String]
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("exportArn", export.arn)
        writer.member("exportName", export.name)
        writer.member("executionId", execution)
        writer.member("account", export.accountID)
        writer.member("partition", period)
        writer.key("columns")
        writer.beginArray()
        for column in query.columns { writer.string(column.name) }
        writer.endArray()
        writer.key("dataFiles")
        writer.beginArray()
        for key in keys { writer.string("s3://\(bucket)/\(key)") }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
