import CostAndUsageReportAPI
import Costs
import Crypto
import FoundationEssentials
import Ledger
import Metering
import Platform
import S3API
import Wire

/// Delivers a report: three times a day the month that is, and once more the one that is over. It is scheduled under the
/// report's name.
/// <https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html>
struct DeliverReport: Job {
    static let kind = "CUR::DeliverReport"
    static var recurs: Bool { true }
    /// Seconds between two.
    static let interval = 8.0 * 3600
    /// How often what a bucket refuses is tried before it waits for the next time.
    private static let tries = 2

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let name = context.id
        let report = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(ReportDefinition.self, name)
        }
        guard let report else { return }
        let now = environment.now()
        var files: [PreparedCall<S3.PutObject>] = []
        var failure: ServiceError?
        do throws(ServiceError) {
            let bill = try await Bill(of: report.accountID, environment)
            for start in Self.months(since: report.delivered ?? report.created, now) {
                files += try await deliver(start, report, bill, environment)
            }
        } catch {
            for file in files { await file.discard() }
            files = []
            guard error.status < 500 || context.attempts + 1 >= Self.tries else { throw error }
            failure = error
            context.report("a report could not be delivered", ["report": report.arn, "error": error.code])
        }
        let (done, error) = (files, failure)
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                guard var own = try records.get(ReportDefinition.self, name) else { return }
                for file in done { _ = try file.complete(in: records) }
                if let error {
                    own.status = error.code == "NoSuchBucket" ? "ERROR_NO_BUCKET" : "ERROR_PERMISSIONS"
                } else {
                    own.status = "SUCCESS"
                    own.delivered = now
                }
                try records.put(own)
                try records.schedule(DeliverReport(), id: name, at: now + Self.interval)
            }
        } catch {
            for file in done { await file.discard() }
            throw error
        }
    }

    /// The months that are to be delivered: that which is, and each that has ended since something was, once more; it is then final. So
    /// what a bucket has refused is delivered when it no longer does.
    static func months(since last: Double?, _ now: Double) -> [CivilDate] {
        CivilDate.months(from: last ?? now, to: now, atMost: MeterRetention.months + 1)
    }

    /// The files of a month.
    private func deliver(
        _ start: CivilDate, _ report: ReportDefinition, _ bill: Bill, _ environment: Environment
    ) async throws(ServiceError) -> [PreparedCall<S3.PutObject>] {
        let definition = try report.view()
        let end = start.month(after: 1)
        let layout = ReportLayout(
            hasResources: definition.additionalSchemaElements.contains("RESOURCES"), tagKeys: bill.names.tagKeys,
            unit: TimeUnit(rawValue: definition.timeUnit) ?? .daily, period: HourRange(start, end),
            payer: bill.names.payer)
        let bucket = ReportBucket(definition, report.accountID, environment)
        let assembly = UUID().uuidString.lowercased()
        let prefix = definition.s3Prefix.isEmpty ? "" : definition.s3Prefix + "/"
        let folder = "\(prefix)\(definition.reportName)/\(start.compact)-\(end.compact)"
        let own = definition.reportVersioning == "OVERWRITE_REPORT" ? folder : "\(folder)/\(assembly)"
        var files: [PreparedCall<S3.PutObject>] = []
        do throws(ServiceError) {
            var keys: [String] = []
            let format = definition.isParquet ? ReportFormat.parquet(environment.parquetProgram) : .csv
            let form = ReportForm(layout, format)
            try await ReportFiles.make(layout, form, format, bill) { (file, number) throws(ServiceError) in
                let key = "\(own)/\(definition.reportName)-\(Self.padded(number)).\(format.ending)"
                files.append(try await bucket.put(file, at: key, type: format.contentType))
                keys.append(key)
            }
            let manifest = manifest(definition, layout, form, assembly, keys, report)
            let name = "\(definition.reportName)-Manifest.json"
            let json = "application/json"
            files.append(try await bucket.put(BodyStream(manifest), at: "\(folder)/\(name)", type: json))
            if own != folder {
                files.append(try await bucket.put(BodyStream(manifest), at: "\(own)/\(name)", type: json))
            }
        } catch {
            for file in files { await file.discard() }
            throw error
        }
        return files
    }

    /// `00001`
    static func padded(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }

    private func manifest(
        _ definition: CostAndUsageReport.ReportDefinition, _ layout: ReportLayout, _ form: ReportForm,
        _ assembly: String, _ keys: [String], _ report: ReportDefinition
    ) -> [UInt8] {
        func stamp(_ hour: Int64) -> String { "\(CivilDate(hour: hour).compact)T000000.000Z" }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("assemblyId", assembly)
        writer.member("account", report.accountID)
        writer.key("columns")
        writer.beginArray()
        for (column, own) in zip(layout.columns, form.columns) {
            writer.beginObject()
            writer.member("category", column.category)
            // In Parquet a column is called by both.
            writer.member("name", definition.isParquet ? own.name : column.name)
            writer.member("type", column.type)
            writer.endObject()
        }
        writer.endArray()
        writer.member("charset", "UTF-8")
        writer.member("compression", definition.compression)
        writer.member("contentType", definition.isParquet ? "Parquet" : "text/csv")
        writer.member("reportId", Self.digest([report.arn, layout.payer]))
        writer.member("reportName", definition.reportName)
        writer.key("billingPeriod")
        writer.beginObject()
        writer.member("start", stamp(layout.period.start))
        writer.member("end", stamp(layout.period.end))
        writer.endObject()
        writer.member("bucket", definition.s3Bucket)
        writer.key("reportKeys")
        writer.beginArray()
        for key in keys { writer.string(key) }
        writer.endArray()
        writer.key("additionalArtifactKeys")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// 64 hexadecimal digits that stand for some texts.
    static func digest(_ texts: [String]) -> String {
        var hash = SHA256()
        for text in texts {
            withUnsafeBytes(of: Int64(text.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(text.utf8))
        }
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
